"""Refunds in words: where one stands, why it failed, and what a person may do about it."""

from __future__ import annotations

from dataclasses import dataclass

from flask_security import current_user

from admin import formats
from admin.roles import may
from app.domain.refunds import REASONS
from app.models import Payment, Refund
from app.services import refunds
from app.services.errors import Refusal

WAITS = formats.Pill("Waits for approval", "warn", "person")
TURNED_DOWN = formats.Pill("Turned down", "quiet", "cross")
SILENT = formats.Pill("No answer yet", "warn", "question")


@dataclass(frozen=True)
class Shown:
    """A refund as pages show it. `through` names method and provider; `why` says why it failed, or what it waits for.

    The flags say what the person signed in may do.
    """

    refund: Refund
    pill: formats.Pill
    amount: str
    reason: str
    through: str
    why: str
    may_approve: bool
    may_reject: bool
    may_ask: bool


def shown(refund: Refund) -> Shown:
    """Return the refund with its words, and what the person signed in may do with it."""
    waits = refunds.waits_for_approval(refund)
    return Shown(
        refund=refund,
        pill=pill_of(refund),
        amount=formats.money(refund.amount, refund.payment.currency),
        reason=REASONS.get(refund.reason, formats.words(refund.reason)),
        through=_through(refund),
        why=_why(refund),
        may_approve=waits and may("refunds.approve") and refund.requested_by != actor(),
        may_reject=waits and (may("refunds.approve") or refund.requested_by == actor()),
        may_ask=not waits and refund.ended_at is None and may("payments.settle"),
    )


def pill_of(refund: Refund) -> formats.Pill:
    """Return how the refund's status is shown."""
    if refunds.waits_for_approval(refund):
        return WAITS
    if refund.failure_code == "rejected":
        return TURNED_DOWN
    if refund.unanswered_since is not None and refund.ended_at is None:
        return SILENT
    return formats.pill("refund", refund.status)


def actor() -> str:
    """Return how the person signed in is named in histories."""
    return f"user:{current_user.email}"[:100]


def why_not(payment: Payment, amount: int | None = None) -> str:
    """Return why nothing, or not this amount, can be given back; empty when it can."""
    try:
        refunds.check_possible(payment, refunds.left_of(payment) if amount is None else amount)
    except Refusal as refusal:
        return refusal.message
    return ""


def _through(refund: Refund) -> str:
    charge = refund.attempt or refund.payment
    second = ", of a second charge" if refund.attempt is not None else ""
    return f"{formats.method(charge.method)} through {formats.account(charge.account_id)}{second}"


def _why(refund: Refund) -> str:
    if refunds.waits_for_approval(refund):
        return "Nothing is sent until somebody other than the person who asked agrees."
    if refund.failure_code == "rejected":
        return refund.failure_message or ""
    if refund.failure_code is not None:
        kind = formats.FAILURES.get(refund.failure_kind or "", formats.words(refund.failure_kind or "failed"))
        return f"{kind}: {refund.failure_message or refund.failure_code} Nothing was given back."
    if refund.ended_at is None and refund.unanswered_since is not None:
        return "The provider did not answer. It is asked again until it does; the amount stays held meanwhile."
    return ""
