"""Facts about one session: each value checked against its attribute's type, nothing guessed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from babel import Locale

from rules.attributes import Attribute, AttributeType, Catalogue
from rules.money import DECIMALS

FactValue = int | str | bool | tuple[str, ...]
Facts = Mapping[str, FactValue]  # an attribute that is missing has no key

MAX_STRING = 255
MAX_ITEMS = 50
MAX_INTEGER = 2**63 - 1

# Regions that are no country: the European Union, the eurozone, the United Nations, outlying, pseudo and unknown ones.
_NO_COUNTRY = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}
COUNTRIES = frozenset(code for code in map(str, Locale("en").territories) if len(code) == 2) - _NO_COUNTRY
CURRENCIES = frozenset(DECIMALS)

_KNOWN = {
    AttributeType.COUNTRY: (COUNTRIES, "must be a two-letter country code in capitals, such as IT"),
    AttributeType.CURRENCY: (CURRENCIES, "must be a three-letter currency code in capitals, such as EUR"),
}


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field: its path and a sentence that says how to put it right."""

    path: str
    message: str


class InvalidFacts(ValueError):
    """Facts that cannot be used; `errors` holds at least one FieldError."""

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        self.errors = errors
        super().__init__("; ".join(f"{error.path}: {error.message}" for error in errors))


def coerce(catalogue: Catalogue, raw: Mapping[str, object]) -> Facts:
    """A read-only mapping of the facts that are present; None means missing. InvalidFacts names every wrong key.

    Nothing is converted: "10" is no integer, 1 is no boolean; a list becomes a tuple.
    """
    facts: dict[str, FactValue] = {}
    errors: list[FieldError] = []
    for key, value in raw.items():
        attribute = catalogue.get(key) if isinstance(key, str) else None
        if attribute is None:
            errors.append(FieldError(str(key)[:MAX_STRING], "no such attribute; leave it out or declare it first"))
        elif value is not None:
            fault = value_fault(attribute, value)
            if fault is not None:
                errors.append(FieldError(key, fault))
            elif isinstance(value, (list, tuple)):
                facts[key] = tuple(value)
            elif isinstance(value, (bool, int, str)):
                facts[key] = value
    if errors:
        raise InvalidFacts(tuple(errors))
    return MappingProxyType(facts)


def recorded(raw: Mapping[str, object]) -> Facts:
    """Facts that were checked when they were recorded, read as they are: the catalogue may have changed since then.

    A list becomes a tuple; None means missing, and so does what no attribute can hold.
    """
    facts: dict[str, FactValue] = {}
    for key, value in raw.items():
        if isinstance(value, (list, tuple)):
            facts[key] = tuple(map(str, value))
        elif isinstance(value, (bool, int, str)):
            facts[key] = value
    return MappingProxyType(facts)


def value_fault(attribute: Attribute, value: object) -> str | None:
    """What is wrong with a fact's value, as a sentence with the fix, or None."""
    match attribute.type:
        case AttributeType.BOOLEAN:
            return None if isinstance(value, bool) else "must be true or false"
        case AttributeType.MONEY | AttributeType.INTEGER:
            return integer_fault(attribute, value) or _bound_fault(attribute, value)
        case AttributeType.STRING_LIST:
            return _list_fault(attribute, value)
        case _:
            return text_fault(attribute, value)


def integer_fault(attribute: Attribute, value: object) -> str | None:
    """What is wrong with an integer or an amount in minor units, or None; a condition may name one beyond all facts."""
    if not isinstance(value, int) or isinstance(value, bool):
        unit = " of minor units (cents)" if attribute.type is AttributeType.MONEY else ""
        return f"must be a whole number{unit}, not in quotes"
    lowest = 0 if attribute.type is AttributeType.MONEY else -MAX_INTEGER
    if not lowest <= value <= MAX_INTEGER:
        return f"must be between {lowest} and {MAX_INTEGER}"
    return None


def _bound_fault(attribute: Attribute, value: object) -> str | None:
    lowest, highest = attribute.minimum, attribute.maximum
    low = -MAX_INTEGER if lowest is None else lowest
    high = MAX_INTEGER if highest is None else highest
    if not isinstance(value, int) or low <= value <= high:
        return None
    return f"must be {lowest} or more" if highest is None else f"must be between {low} and {high}"


def text_fault(attribute: Attribute, value: object) -> str | None:
    """What is wrong with one string (or one item of a list) of this attribute, or None."""
    if not isinstance(value, str):
        return "must be a text"
    if len(value) > MAX_STRING:
        return f"must be at most {MAX_STRING} characters long"
    if attribute.choices is not None and value not in attribute.choices:
        return "must be one of " + ", ".join(attribute.choices)
    if not is_storable(value):
        return "must not hold characters that no text has, such as NUL"
    if attribute.type in _KNOWN:
        known, words = _KNOWN[attribute.type]
        return None if value in known else words
    if attribute.type is AttributeType.DATE and not is_iso_date(value):
        return "must be a date such as 2026-01-31"
    return None


def is_storable(value: str) -> bool:
    """Whether a database can hold the text: no NUL and no lone surrogate."""
    return "\x00" not in value and not any("\ud800" <= character <= "\udfff" for character in value)


def is_iso_date(value: str) -> bool:
    """Whether the text is a day of the calendar written YYYY-MM-DD."""
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _list_fault(attribute: Attribute, value: object) -> str | None:
    if not isinstance(value, (list, tuple)):
        return "must be a list of texts"
    if len(value) > MAX_ITEMS:
        return f"must hold at most {MAX_ITEMS} values"
    faults = (text_fault(attribute, item) for item in value)
    return next((f"each value {fault}" for fault in faults if fault is not None), None)
