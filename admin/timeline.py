"""The life of a payment as one list of sentences: its session, itself and its attempts, in the order it happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from admin import formats
from app.models import CheckoutSession, Payment, PaymentAttempt, StatusChange
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
    return events_of(names)


def events_of(names: Mapping[str, str]) -> list[Event]:
    """Return every change of the rows whose ids have these names, newest first."""
    return [_event(change, names[change.subject_id]) for change in reversed(history_of(list(names)))]


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
    """Turn "soft_decline: card_declined" into words; other reasons are words already."""
    kind, _, code = reason.partition(": ")
    if kind in formats.FAILURES:
        return f"{formats.FAILURES[kind]} ({code})"
    return reason
