"""The life of a payment as one list of sentences: its session, itself, its attempts and refunds, as it happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from admin import formats
from app.models import CheckoutSession, Payment, PaymentAttempt, Refund, StatusChange
from app.services.payments import history_of


@dataclass(frozen=True)
class Event:
    """One change: what happened, who did it and why, as words; `pill` shows where it led."""

    at: datetime
    what: str
    pill: formats.Pill
    who: str
    why: str


def timeline_of(
    session: CheckoutSession, payment: Payment | None = None, attempts: Sequence[PaymentAttempt] = ()
) -> list[Event]:
    """Return everything that happened, newest first."""
    names = {session.id: "Checkout session"}
    if payment is not None:
        names[payment.id] = "Payment"
    for number, attempt in enumerate(attempts, 1):
        through = f"{formats.method(attempt.method)} through {formats.account(attempt.account_id)}"
        names[attempt.id] = f"Attempt {number}, {through}"
    given_back = payment.refunds if payment is not None else []
    names |= {refund.id: _refund_name(refund) for refund in given_back}
    return _with_approvals(events_of(names), given_back)


def refund_events(refund: Refund) -> list[Event]:
    """Return everything that happened to one refund, newest first."""
    return _with_approvals(events_of({refund.id: _refund_name(refund)}), [refund])


def events_of(names: Mapping[str, str]) -> list[Event]:
    """Return every change of the rows whose ids have these names, newest first."""
    return [_event(change, names[change.subject_id]) for change in reversed(history_of(list(names)))]


def _refund_name(refund: Refund) -> str:
    return f"Refund of {formats.money(refund.amount, refund.payment.currency)}"


def _with_approvals(events: list[Event], refunds: Sequence[Refund]) -> list[Event]:
    approved = formats.Pill("Approved", "good", "check")
    agreed = [
        Event(refund.approved_at, _refund_name(refund), approved, formats.actor(refund.approved_by), "")
        for refund in refunds
        if refund.approved_at is not None and refund.approved_by is not None
    ]
    return sorted([*events, *agreed], key=lambda event: event.at, reverse=True) if agreed else events


def _event(change: StatusChange, name: str) -> Event:
    kind = formats.SUBJECTS.get(change.subject, change.subject)
    return Event(
        at=change.at,
        what=name,
        pill=formats.pill(kind, change.to_status),
        who=formats.actor(change.actor),
        why=_why(change.reason),
    )


def _why(reason: str) -> str:
    """Turn "soft_decline: card_declined" and "renewal 2: soft_decline" into words; other reasons are words already."""
    kind, _, code = reason.partition(": ")
    if kind in formats.FAILURES:
        return f"{formats.FAILURES[kind]} ({code})" if code else formats.FAILURES[kind]
    return f"{kind}: {formats.FAILURES[code].lower()}" if code in formats.FAILURES else reason
