"""The typed catalogue of facts that a rule can test: it feeds the builder, the validation, the engine and the API."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class AttributeType(StrEnum):
    """How an attribute's value is written and which operators suit it."""

    MONEY = "money"  # an integer in minor units of the session's currency (the fact "currency")
    INTEGER = "integer"
    STRING = "string"  # one of the attribute's choices, or free text when it has none
    BOOLEAN = "boolean"
    COUNTRY = "country"  # ISO 3166-1 alpha-2, upper case
    CURRENCY = "currency"  # ISO 4217, upper case
    STRING_LIST = "string_list"
    DATE = "date"  # YYYY-MM-DD


class Operator(StrEnum):
    """How a condition compares; not_equals, not_in, contains_none and is_unknown are exact negations."""

    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    IN = "in"
    NOT_IN = "not_in"
    GREATER_THAN = "greater_than"
    GREATER_OR_EQUAL = "greater_or_equal"
    LESS_THAN = "less_than"
    LESS_OR_EQUAL = "less_or_equal"
    BETWEEN = "between"  # both ends included
    CONTAINS_ANY = "contains_any"
    CONTAINS_NONE = "contains_none"
    IS_KNOWN = "is_known"
    IS_UNKNOWN = "is_unknown"


_PRESENCE = (Operator.IS_KNOWN, Operator.IS_UNKNOWN)
_EQUALITY = (Operator.EQUALS, Operator.NOT_EQUALS)
_MEMBERSHIP = (Operator.IN, Operator.NOT_IN)
_ORDER = (
    Operator.GREATER_THAN,
    Operator.GREATER_OR_EQUAL,
    Operator.LESS_THAN,
    Operator.LESS_OR_EQUAL,
    Operator.BETWEEN,
)

OPERATORS: dict[AttributeType, tuple[Operator, ...]] = {
    AttributeType.MONEY: _ORDER + _EQUALITY + _PRESENCE,
    AttributeType.INTEGER: _EQUALITY + _ORDER + _MEMBERSHIP + _PRESENCE,
    AttributeType.STRING: _EQUALITY + _MEMBERSHIP + _PRESENCE,
    AttributeType.BOOLEAN: _EQUALITY + _PRESENCE,
    AttributeType.COUNTRY: _EQUALITY + _MEMBERSHIP + _PRESENCE,
    AttributeType.CURRENCY: _EQUALITY + _MEMBERSHIP + _PRESENCE,
    AttributeType.STRING_LIST: (Operator.CONTAINS_ANY, Operator.CONTAINS_NONE, *_PRESENCE),
    AttributeType.DATE: _EQUALITY + _ORDER + _PRESENCE,
}


@dataclass(frozen=True)
class Attribute:
    """One fact: its key, its label, its type, the values it may take (None: any) and whether the hub computes it.

    An integer may have a lowest and a highest value: no fact lies beyond, so no condition that asks for one holds.
    A derived attribute (the amount, the flow, what failed so far, ...) cannot be set through the API's `attributes`.
    """

    key: str
    label: str
    type: AttributeType
    choices: tuple[str, ...] | None = None
    help: str = ""
    derived: bool = False
    retired: bool = False  # rules that name it go on; no new condition is offered
    minimum: int | None = None
    maximum: int | None = None

    @property
    def operators(self) -> tuple[Operator, ...]:
        """The operators that suit this attribute, in the order a form shows them."""
        return OPERATORS[self.type]


class Catalogue:
    """Attributes in order, by key. ValueError when a key is used twice."""

    def __init__(self, attributes: Iterable[Attribute]) -> None:
        self._attributes = tuple(attributes)
        self._by_key = {attribute.key: attribute for attribute in self._attributes}
        if len(self._by_key) != len(self._attributes):
            raise ValueError("two attributes share a key")

    def get(self, key: str) -> Attribute | None:
        """The attribute of that key, or None."""
        return self._by_key.get(key)

    def __iter__(self) -> Iterator[Attribute]:
        return iter(self._attributes)

    def __len__(self) -> int:
        return len(self._attributes)

    def with_custom(self, attributes: Iterable[Attribute]) -> "Catalogue":
        """A new catalogue: this one, then the merchant's own attributes. ValueError when a key is taken."""
        return Catalogue((*self._attributes, *attributes))


WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_T = AttributeType

BUILT_IN: tuple[Attribute, ...] = (
    Attribute("amount", "Amount", _T.MONEY, help="What the customer is asked to pay.", derived=True),
    Attribute("currency", "Currency", _T.CURRENCY, derived=True),
    Attribute("country", "Country", _T.COUNTRY, help="The customer's country."),
    Attribute("channel", "Sales channel", _T.STRING, ("online", "in_store", "phone", "app")),
    Attribute("customer_type", "Customer type", _T.STRING, ("consumer", "business")),
    Attribute(
        "product_categories",
        "Product categories",
        _T.STRING_LIST,
        ("physical", "digital", "services", "gift_cards", "travel"),
        "Every category that is in the basket.",
    ),
    Attribute("flow", "Flow", _T.STRING, ("direct", "pay_by_link", "subscription"), derived=True),
    Attribute("locale", "Language", _T.STRING, help="The language of the page, such as en or it.", derived=True),
    Attribute("device", "Device", _T.STRING, ("desktop", "mobile", "tablet")),
    Attribute("returning_customer", "Returning customer", _T.BOOLEAN),
    Attribute(
        "attempts",
        "Number of failed attempts",
        _T.INTEGER,
        help="Failed so far in this session.",
        derived=True,
        minimum=0,
    ),
    Attribute("failed_methods", "Methods that failed", _T.STRING_LIST, help="So far in this session.", derived=True),
    Attribute("failed_accounts", "Providers that failed", _T.STRING_LIST, help="So far in this session.", derived=True),
    Attribute("weekday", "Weekday", _T.STRING, WEEKDAYS, "In the merchant's time zone.", derived=True),
    Attribute(
        "hour",
        "Hour",
        _T.INTEGER,
        help="0 to 23, in the merchant's time zone.",
        derived=True,
        minimum=0,
        maximum=23,
    ),
    Attribute("date", "Date", _T.DATE, help="In the merchant's time zone.", derived=True),
    Attribute(
        "cross_border",
        "Cross-border",
        _T.BOOLEAN,
        help="Whether the customer's country differs from the merchant's.",
        derived=True,
    ),
)

BUILT_IN_CATALOGUE = Catalogue(BUILT_IN)
