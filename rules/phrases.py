"""The words that sentences about rules are made of, by language; a language is one more entry."""

from dataclasses import dataclass

from rules.attributes import AttributeType, Operator

_O, _T = Operator, AttributeType


@dataclass(frozen=True)
class Phrases:
    """Every template of one language; names in braces are filled in."""

    operators: dict[Operator, str]
    typed: dict[tuple[AttributeType, Operator], str]  # where a type says it better
    single: dict[Operator, str]  # where a list holds one value
    yes: str
    no: str
    all_of: str
    any_of: str
    none_of_one: str
    none_of: str
    always: str
    when: str
    valid: dict[tuple[bool, bool], str]  # by whether there is a first and a last day
    offer: str
    offer_nothing: str
    experiment: str  # {offer} and {other} are whole offers, {share} a whole number of percent
    through: str
    then: str
    weighted: str
    weighted_or: str
    hide: str
    put_first: str
    route: str
    strong_all: str
    strong: str
    notice: str


ENGLISH = Phrases(
    operators={
        _O.EQUALS: "the {attribute} is {value}",
        _O.NOT_EQUALS: "the {attribute} is not {value}",
        _O.IN: "the {attribute} is one of {value}",
        _O.NOT_IN: "the {attribute} is none of {value}",
        _O.GREATER_THAN: "the {attribute} is more than {value}",
        _O.GREATER_OR_EQUAL: "the {attribute} is at least {value}",
        _O.LESS_THAN: "the {attribute} is less than {value}",
        _O.LESS_OR_EQUAL: "the {attribute} is at most {value}",
        _O.BETWEEN: "the {attribute} is between {low} and {high}",
        _O.CONTAINS_ANY: "the {attribute} include any of {value}",
        _O.CONTAINS_NONE: "the {attribute} include none of {value}",
        _O.IS_KNOWN: "the {attribute} is known",
        _O.IS_UNKNOWN: "the {attribute} is not known",
    },
    typed={
        (_T.MONEY, _O.GREATER_THAN): "the {attribute} is over {value}",
        (_T.MONEY, _O.LESS_THAN): "the {attribute} is under {value}",
        (_T.DATE, _O.GREATER_THAN): "the {attribute} is after {value}",
        (_T.DATE, _O.GREATER_OR_EQUAL): "the {attribute} is {value} or later",
        (_T.DATE, _O.LESS_THAN): "the {attribute} is before {value}",
        (_T.DATE, _O.LESS_OR_EQUAL): "the {attribute} is {value} or earlier",
        (_T.BOOLEAN, _O.EQUALS): "“{attribute}” is {value}",
        (_T.BOOLEAN, _O.NOT_EQUALS): "“{attribute}” is not {value}",
        (_T.STRING_LIST, _O.IS_KNOWN): "the {attribute} are known",
        (_T.STRING_LIST, _O.IS_UNKNOWN): "the {attribute} are not known",
    },
    single={
        _O.IN: "the {attribute} is {value}",
        _O.NOT_IN: "the {attribute} is not {value}",
        _O.CONTAINS_ANY: "the {attribute} include {value}",
        _O.CONTAINS_NONE: "the {attribute} do not include {value}",
    },
    yes="yes",
    no="no",
    all_of=" and ",
    any_of=" or ",
    none_of_one="it is not so that {items}",
    none_of="none of these holds: {items}",
    always="always",
    when="when {condition}, {action}",
    valid={
        (True, True): "from {first} to {last}, {sentence}",
        (True, False): "from {first}, {sentence}",
        (False, True): "until {last}, {sentence}",
    },
    offer="offer {methods}",
    offer_nothing="offer nothing",
    experiment="{offer} – or, as an experiment for {share}% of the sessions, {other}",
    through="{method} through {accounts}",
    then=", then ",
    weighted="{account} ({percent}%)",
    weighted_or=" or ",
    hide="hide {methods}",
    put_first="put {methods} first",
    route="send {plan}",
    strong_all="ask for strong authentication",
    strong="ask for strong authentication for {methods}",
    notice="show the notice “{text}”",
)

PHRASES = {"en": ENGLISH}
