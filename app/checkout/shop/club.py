"""The coffee club: what the sample shop sells by subscription, with everything a customer may choose about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.checkout.shop.goods import RATES
from app.domain.money import DECIMALS


class Every(NamedTuple):
    """How often a parcel comes: `number` times `unit` (day, week, month, year); `euros` is its price in cents."""

    label: LazyString
    unit: str
    number: int
    euros: int


EVERY: dict[str, Every] = {
    "day": Every(_l("Every day"), "day", 1, 90),
    "week": Every(_l("Every week"), "week", 1, 4_90),
    "month": Every(_l("Every month"), "month", 1, 9_90),
    "quarter": Every(_l("Every 3 months"), "month", 3, 27_90),
    "year": Every(_l("Every year"), "year", 1, 99_00),
}
PARCELS: dict[str, LazyString] = {
    "": _l("Until I cancel"),
    "3": _l("3 parcels"),
    "12": _l("12 parcels"),
}
CHARGED_BY: dict[str, LazyString] = {
    "automatic": _l("The payment service, by itself"),
    "manual": _l("The shop, with what was saved"),
}
MEMBER = "ada@example.com"


def labels() -> list[tuple[str, LazyString]]:
    """Return each way of EVERY with what it is called, for a drop-down."""
    return [(key, every.label) for key, every in EVERY.items()]


@dataclass(frozen=True)
class Plan:
    """What was chosen: keys of EVERY, PARCELS and CHARGED_BY, and the address that receipts go to."""

    every: str = "month"
    parcels: str = ""
    charged_by: str = "automatic"
    member: str = MEMBER

    @property
    def query(self) -> dict[str, str]:
        """The plan as query parameters; `read_plan` reads them back."""
        return {name: value for name, value in vars(self).items() if value}

    def price(self, currency: str) -> int:
        """Return the price of one parcel in minor units, on a round tenth where the currency has decimals."""
        whole = Decimal(EVERY[self.every].euros) / 100 * Decimal(RATES[currency])
        rounded = whole.quantize(Decimal("0.1") if DECIMALS[currency] else Decimal("1"))
        return max(int(rounded.scaleb(DECIMALS[currency])), 1)


def read_plan(args: Mapping[str, str]) -> Plan:
    """Read a plan from form fields; what is missing or is no choice has its usual value."""

    def one_of(name: str, choices: Mapping[str, object], usual: str) -> str:
        value = args.get(name, usual)
        return value if value in choices else usual

    member = args.get("member", MEMBER).strip()
    return Plan(
        every=one_of("every", EVERY, "month"),
        parcels=one_of("parcels", PARCELS, ""),
        charged_by=one_of("charged_by", CHARGED_BY, "automatic"),
        member=member if member.isprintable() and len(member) <= 254 else "",
    )
