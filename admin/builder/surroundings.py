"""What a form is filled in against: attributes, methods and accounts, and the widget that suits each attribute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from babel.numbers import get_territory_currencies
from flask import current_app

from admin import reading
from app.domain.methods import LABELS
from app.services import accounts
from app.services.catalogue import catalogue
from app.services.transaction import release
from rules import BUILT_IN_CATALOGUE, AccountLimits, Attribute, AttributeType, Catalogue, Describer


class Widget(StrEnum):
    """How a condition's value is put in: it serves every operator of its attribute's type."""

    CHIPS = "chips"  # check boxes, one for each choice
    SWITCH = "switch"  # yes or no
    NAMES = "names"  # chosen ones as check boxes, and a field for more
    AMOUNT = "amount"
    NUMBER = "number"
    DAY = "day"


@dataclass(frozen=True)
class Surroundings:
    """`methods` are labels by id; `currency` is the one a new amount begins with."""

    catalogue: Catalogue
    methods: Mapping[str, str]
    accounts: Mapping[str, AccountLimits]
    describer: Describer  # in the reader's language
    currency: str = "EUR"

    @cached_property
    def account_labels(self) -> dict[str, str]:
        """How people call each account."""
        return {key: limits.label or key for key, limits in self.accounts.items()}

    def choices(self, key: str) -> dict[str, str] | None:
        """Return the labels of the values that an attribute may have; None where there is no such list."""
        attribute = self.catalogue.get(key)
        if attribute is None:
            return None
        if attribute.type is AttributeType.BOOLEAN:
            return {"true": "Yes", "false": "No"}
        own = {"failed_methods": dict(self.methods), "failed_accounts": self.account_labels}
        if attribute.key in own:
            return own[attribute.key]
        return None if attribute.choices is None else {value: _words(value) for value in attribute.choices}

    def widget(self, key: str) -> Widget:
        """Return the widget of an attribute; one that is not in the catalogue has names."""
        attribute = self.catalogue.get(key)
        match attribute.type if attribute else None:
            case AttributeType.MONEY:
                return Widget.AMOUNT
            case AttributeType.INTEGER:
                return Widget.NUMBER
            case AttributeType.DATE:
                return Widget.DAY
            case AttributeType.BOOLEAN:
                return Widget.SWITCH
        return Widget.NAMES if self.choices(key) is None else Widget.CHIPS

    def offered_attributes(self) -> Iterator[tuple[str, list[Attribute]]]:
        """Yield the attributes of a new condition, with a heading: the hub's, then the merchant's; none retired."""
        live = [attribute for attribute in self.catalogue if not attribute.retired]
        own = [attribute for attribute in live if BUILT_IN_CATALOGUE.get(attribute.key) is None]
        yield "Every hub has", [attribute for attribute in live if attribute not in own]
        if own:
            yield "Your own", own


def surroundings() -> Surroundings:
    """Return what this hub has; nothing stays open in the database."""
    country = current_app.config["JUNCTION"].merchant_country
    currencies = get_territory_currencies(country)
    currency = currencies[0] if currencies else "EUR"
    found = Surroundings(catalogue(), LABELS, accounts.limits(), reading.describer(), currency)
    release()
    return found


def _words(value: str) -> str:
    text = value.replace("_", " ")
    return text[:1].upper() + text[1:]
