"""The words that sentences about rules are made of, and the English ones; rules.languages has every language."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rules.attributes import WEEKDAYS, AttributeType, Operator
from rules.spec import GroupKind

_O, _T = Operator, AttributeType


@dataclass(frozen=True)
class Phrases:
    """Every template of one language; names in braces are filled in.

    Where a language puts the verb of a dependent clause last, its templates mark the verb as in "the price [is] high";
    the mark | says where it goes when that is not the very end.
    """

    operators: dict[Operator, str]
    typed: dict[tuple[AttributeType, Operator], str]  # where a type says it better
    single: dict[Operator, str]  # where a list holds one value
    between: dict[Operator, tuple[str, str]]  # what stands between the values of a list, and before the last
    own: str  # an attribute without a name in `attributes`: {label}, or {lower} with a small first letter
    own_list: str
    yes: str
    no: str
    unknown: str
    nothing: str  # an empty list
    all_of: str
    any_of: str
    none_of_one: str
    none_of: str
    always: str
    always_do: str
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
    headings: dict[GroupKind, str]
    attributes: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # label and name in a sentence, by key
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # by key and value
    day: str = "long"  # Babel's name of the form of dates


ENGLISH = Phrases(
    operators={
        _O.EQUALS: "{attribute} is {value}",
        _O.NOT_EQUALS: "{attribute} is not {value}",
        _O.IN: "{attribute} is one of {value}",
        _O.NOT_IN: "{attribute} is none of {value}",
        _O.GREATER_THAN: "{attribute} is more than {value}",
        _O.GREATER_OR_EQUAL: "{attribute} is at least {value}",
        _O.LESS_THAN: "{attribute} is less than {value}",
        _O.LESS_OR_EQUAL: "{attribute} is at most {value}",
        _O.BETWEEN: "{attribute} is between {low} and {high}",
        _O.CONTAINS_ANY: "{attribute} include any of {value}",
        _O.CONTAINS_NONE: "{attribute} include none of {value}",
        _O.IS_KNOWN: "{attribute} is known",
        _O.IS_UNKNOWN: "{attribute} is not known",
    },
    typed={
        (_T.MONEY, _O.GREATER_THAN): "{attribute} is over {value}",
        (_T.MONEY, _O.LESS_THAN): "{attribute} is under {value}",
        (_T.DATE, _O.GREATER_THAN): "{attribute} is after {value}",
        (_T.DATE, _O.GREATER_OR_EQUAL): "{attribute} is {value} or later",
        (_T.DATE, _O.LESS_THAN): "{attribute} is before {value}",
        (_T.DATE, _O.LESS_OR_EQUAL): "{attribute} is {value} or earlier",
        (_T.BOOLEAN, _O.EQUALS): "“{attribute}” is {value}",
        (_T.BOOLEAN, _O.NOT_EQUALS): "“{attribute}” is not {value}",
        (_T.STRING_LIST, _O.IS_KNOWN): "{attribute} are known",
        (_T.STRING_LIST, _O.IS_UNKNOWN): "{attribute} are not known",
    },
    single={
        _O.IN: "{attribute} is {value}",
        _O.NOT_IN: "{attribute} is not {value}",
        _O.CONTAINS_ANY: "{attribute} include {value}",
        _O.CONTAINS_NONE: "{attribute} do not include {value}",
    },
    between={},
    own="the {lower}",
    own_list="the {lower}",
    yes="yes",
    no="no",
    unknown="not known",
    nothing="none",
    all_of=" and ",
    any_of=" or ",
    none_of_one="it is not so that {items}",
    none_of="none of these holds: {items}",
    always="always",
    always_do="always {action}",
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
    headings={
        GroupKind.ALL: "All of these",
        GroupKind.ANY: "Any of these",
        GroupKind.NONE: "None of these",
    },
    choices={"weekday": {day: day.capitalize() for day in WEEKDAYS}},
)
