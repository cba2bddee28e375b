"""What refunds may refuse: each says what is left and how to put it right."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.money import DECIMALS, format_money
from app.services.errors import Refusal


def in_words(amount: int, currency: str) -> str:
    """Return e.g. "€20.28"; a currency that the hub does not know keeps its minor units."""
    return format_money(amount, currency, "en") if currency in DECIMALS else f"{amount} {currency}"


class NothingCollected(Refusal):
    code = "not_paid"

    @property
    def message(self) -> str:
        return "This payment collected nothing, so there is nothing to give back."


@dataclass
class TooMuch(Refusal):
    """More than is left was asked for; `reserved` is held by refunds that are under way."""

    left: int
    reserved: int
    currency: str
    status = 422
    code = "amount_too_large"
    field = "amount"

    @property
    def message(self) -> str:
        under_way = f" ({in_words(self.reserved, self.currency)} is being given back already)" if self.reserved else ""
        if self.left == 0:
            return f"Nothing is left to give back{under_way}."
        return f"Only {in_words(self.left, self.currency)} is left to give back{under_way}: ask for that or less."


@dataclass
class RefundsUnsupported(Refusal):
    provider: str
    code = "refunds_unsupported"

    @property
    def message(self) -> str:
        return f"{self.provider} gives no money back through this hub. Give it back in the provider's own system."


@dataclass
class PartialUnsupported(Refusal):
    provider: str
    paid: int
    currency: str
    status = 422
    code = "partial_refunds_unsupported"
    field = "amount"

    @property
    def message(self) -> str:
        return f"{self.provider} gives back whole payments only: ask for {in_words(self.paid, self.currency)}."


class SamePerson(Refusal):
    status = 403
    code = "second_person_needed"

    @property
    def message(self) -> str:
        return (
            "Whoever asked for a refund cannot agree to it: it is above the amount for which two people are needed. "
            "Let somebody else approve it."
        )


class NotWaiting(Refusal):
    code = "not_waiting_for_approval"

    @property
    def message(self) -> str:
        return "This refund does not wait for approval, or no longer does. Load it again to see where it stands."
