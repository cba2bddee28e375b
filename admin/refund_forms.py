"""The form that asks for a refund: typed as people write money, answered beside the field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from admin.builder.typed import Mistyped, read_amount, shown_amount
from admin.refund_words import why_not
from app.domain.ids import is_id, new_id
from app.domain.money import DECIMALS
from app.domain.refunds import REASONS
from app.models import Payment
from app.services import refunds


@dataclass
class RefundForm:
    """What was typed, and what it means: `amount` in minor units, 0 while it cannot be read; errors by field.

    `refund_id` is made with the form, so that sending it twice asks once.
    """

    typed: str
    reason: str = "requested_by_customer"
    note: str = ""
    refund_id: str = ""
    amount: int = 0
    errors: dict[str, str] = field(default_factory=dict)


def blank(payment: Payment) -> RefundForm:
    """Return the form as it is first shown: all that is left."""
    left = refunds.left_of(payment)
    return RefundForm(typed=_plain(left, payment.currency), amount=left, refund_id=new_id("re"))


def read(payment: Payment, posted: Mapping[str, str]) -> RefundForm:
    """Return what was posted for `payment`, with an error beside each field that needs another look."""
    given = RefundForm(
        typed=posted.get("amount", "").strip(),
        reason=posted.get("reason", ""),
        note=" ".join(posted.get("note", "").split()),
        refund_id=posted.get("refund_id", ""),
    )
    if not is_id("re", given.refund_id):
        given.refund_id = new_id("re")
    try:
        given.amount = read_amount(given.typed, payment.currency)
    except Mistyped as mistyped:
        given.errors["amount"] = str(mistyped)
    else:
        wrong = "Write an amount above zero." if given.amount < 1 else why_not(payment, given.amount)
        if wrong:
            given.errors["amount"] = wrong
    if given.reason not in REASONS:
        given.errors["reason"] = "Choose a reason."
    if len(given.note) > refunds.LONGEST_NOTE or not given.note.isprintable():
        given.errors["note"] = f"Use at most {refunds.LONGEST_NOTE} characters of plain text."
    return given


def _plain(amount: int, currency: str) -> str:
    return shown_amount(amount, currency) if currency in DECIMALS else str(amount)
