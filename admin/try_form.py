"""The facts of Try it, as fields of a form: typed in, taken from a session, or those of a customer just now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from werkzeug.datastructures import MultiDict

from admin.builder.typed import (
    Mistyped,
    labels,
    not_known,
    read_amount,
    read_day,
    read_names,
    read_number,
    shown_amount,
    split_list,
)
from app.domain.methods import LABELS
from rules import Attribute, AttributeType, Catalogue, Facts, FactValue, InvalidFacts, coerce
from rules.attributes import WEEKDAYS
from rules.facts import value_fault
from rules.money import DECIMALS

PREFIX = "f_"  # of the names of fields: an own attribute may be called like another field of the page
EMPTY = "-"  # the chip that says that a list is known to hold nothing
FOLLOWS = "follows"  # a fact that follows from another one
FOLLOWING = {"weekday": "date", "cross_border": "country"}
LONGEST = 2_000  # characters of one field
SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("The basket", ("amount", "currency", "product_categories", "flow")),
    ("The customer", ("country", "customer_type", "returning_customer", "cross_border", "locale", "channel", "device")),
    ("The moment", ("date", "weekday", "hour")),
    ("What failed so far", ("attempts", "failed_methods", "failed_accounts")),
)
_YES_NO = {"yes": "Yes", "no": "No"}


@dataclass(frozen=True)
class Field:
    """One attribute's field: its texts as typed, its choices if any, and what is wrong with it."""

    attribute: Attribute
    texts: tuple[str, ...]
    options: Mapping[str, str]
    error: str = ""

    @property
    def name(self) -> str:
        return PREFIX + self.attribute.key

    @property
    def kind(self) -> str:
        """Which field of the page it is: choice, chips, date, number, country, currency, amount or text."""
        match self.attribute.type:
            case AttributeType.STRING_LIST if self.options:
                return "chips"
            case AttributeType.MONEY:
                return "amount"
            case AttributeType.INTEGER:
                return "number"
            case AttributeType.DATE | AttributeType.COUNTRY | AttributeType.CURRENCY:
                return self.attribute.type.value
        return "choice" if self.options else "text"

    @property
    def text(self) -> str:
        return self.texts[0] if self.texts else ""


@dataclass(frozen=True)
class Form:
    """Every field in its section, and the facts unless a field is wrong."""

    sections: list[tuple[str, list[Field]]]
    facts: Facts | None

    @property
    def wrong(self) -> list[Field]:
        return [field for _, fields in self.sections for field in fields if field.error]


@dataclass(frozen=True)
class Surroundings:
    """What the form knows beside what was typed: attributes, accounts by id, and the merchant's country."""

    catalogue: Catalogue
    accounts: Mapping[str, str]
    home: str


def read_form(args: MultiDict[str, str], start: Facts, around: Surroundings) -> Form:
    """Read the fields of an address; where it has none at all, the fields show the facts `start`."""
    typed = any(name.startswith(PREFIX) for name in args)
    currency = args.get(f"{PREFIX}currency", "") if typed else str(start.get("currency", ""))
    codes, _ = read_names(currency[:LONGEST], AttributeType.CURRENCY)
    fields: dict[str, Field] = {}
    raw: dict[str, FactValue] = {}
    for attribute in around.catalogue:
        options = _options(attribute, around)
        if typed:
            texts = tuple(text[:LONGEST] for text in args.getlist(PREFIX + attribute.key)[:100])
        else:
            texts = tuple(_shown(attribute, start.get(attribute.key), str(start.get("currency", "")), options))
        fields[attribute.key] = Field(attribute, texts, options)
        try:
            value = _read(fields[attribute.key], codes[0] if codes else "")
        except Mistyped as mistyped:
            fields[attribute.key] = replace(fields[attribute.key], error=str(mistyped))
        else:
            if value is not None:
                raw[attribute.key] = value
    _follow(fields, raw, around)
    try:
        facts = coerce(around.catalogue, raw)
    except InvalidFacts as invalid:
        for fault in invalid.errors:
            sentence = f"This {fault.message.removesuffix('.')}."
            fields[fault.path] = replace(fields[fault.path], error=sentence)
    broken = any(field.error for field in fields.values())
    return Form(list(_sections(fields)), None if broken else facts)


def _sections(fields: dict[str, Field]) -> Iterator[tuple[str, list[Field]]]:
    rest = dict(fields)
    for title, keys in SECTIONS:
        yield title, [rest.pop(key) for key in keys if key in rest]
    if rest:
        yield "Other facts", list(rest.values())


def _options(attribute: Attribute, around: Surroundings) -> Mapping[str, str]:
    """Return what a field lets people choose from, by value; nothing where they type."""
    match attribute:
        case Attribute(key="failed_methods"):
            return LABELS
        case Attribute(key="failed_accounts"):
            return around.accounts
        case Attribute(type=AttributeType.BOOLEAN):
            options = _YES_NO
        case _:
            options = {choice: choice.replace("_", " ").capitalize() for choice in attribute.choices or ()}
    if attribute.key in FOLLOWING:
        return {FOLLOWS: f"As the {FOLLOWING[attribute.key]} says"} | options
    if attribute.type is AttributeType.STRING_LIST and options:
        return options | {EMPTY: "None of them"}
    return options


def _shown(attribute: Attribute, value: FactValue | None, currency: str, options: Mapping[str, str]) -> Iterator[str]:
    """Yield the texts that `_read` reads back as `value`."""
    match value:
        case None:
            pass
        case bool():
            yield "yes" if value else "no"
        case int() if attribute.type is AttributeType.MONEY and currency in DECIMALS:
            yield shown_amount(value, currency)
        case str() if attribute.type is AttributeType.COUNTRY and "," not in labels(attribute.type).get(value, ""):
            yield labels(attribute.type).get(value, value)
        case tuple():
            yield from value if options else (", ".join(f'"{item}"' if "," in item else item for item in value),)
            if not value and EMPTY in options:
                yield EMPTY
        case _:
            yield str(value)


def _read(field: Field, currency: str) -> FactValue | None:
    """Return the fact that a field says, None for not known. Raises Mistyped."""
    attribute, text = field.attribute, field.text.strip()
    if attribute.type is AttributeType.STRING_LIST:
        return _read_list(field)
    if not text or text == FOLLOWS:
        return None
    if field.options and text not in field.options:
        raise Mistyped("Choose one of the list.")
    match attribute.type:
        case AttributeType.MONEY:
            if not currency:
                raise Mistyped("Say the currency too: an amount means nothing without it.")
            return read_amount(text, currency)
        case AttributeType.INTEGER:
            number = read_number(text)
            fault = value_fault(attribute, number)
            if fault is not None:
                raise Mistyped(f"This {fault}.")
            return number
        case AttributeType.BOOLEAN:
            return text == "yes"
        case AttributeType.DATE:
            return read_day(text)
        case AttributeType.COUNTRY | AttributeType.CURRENCY:
            codes, unknown = read_names(text, attribute.type)
            if unknown or len(codes) != 1:
                raise Mistyped(not_known(unknown, attribute.type) if unknown else "Name one only.")
            return codes[0]
    return text


def _read_list(field: Field) -> tuple[str, ...] | None:
    """Return a list: nothing chosen is not known, but of what the hub computes itself it is an empty list."""
    if not field.options:
        items = tuple(split_list(field.text))
        return items or None
    chosen = tuple(dict.fromkeys(text for text in field.texts if text in field.options and text != EMPTY))
    if len(chosen) < len({*field.texts} - {EMPTY}):
        raise Mistyped("Choose from the list.")
    return chosen if chosen or EMPTY in field.texts or field.attribute.derived else None


def _follow(fields: Mapping[str, Field], raw: dict[str, FactValue], around: Surroundings) -> None:
    """Add the facts that follow from others, where the form leaves it to them."""
    day, country = raw.get("date"), raw.get("country")
    if fields["weekday"].text == FOLLOWS and isinstance(day, str):
        raw["weekday"] = WEEKDAYS[date.fromisoformat(day).weekday()]
    if fields["cross_border"].text == FOLLOWS and country is not None:
        raw["cross_border"] = country != around.home
