"""Events: written in the transaction of what they tell, and handed to whoever wants to know by a job."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.domain.events import EVENTS
from app.models import Event, Payment, PaymentLink, Refund, Renewal, Subscription, db
from app.services import jobs

Subject = Payment | PaymentLink | Refund | Renewal | Subscription

PUBLISH = "publish_event"

# What is told of each noun: enough to act on, and nothing personal.
TOLD: dict[type[Subject], tuple[str, ...]] = {
    Payment: (
        "id", "status", "amount", "currency", "paid", "refunded", "reference", "method", "session_id", "paid_at",
    ),
    Refund: ("id", "status", "payment_id", "attempt_id", "amount", "reason", "failure_code", "created_at", "ended_at"),
    PaymentLink: ("id", "status", "amount", "currency", "reference", "max_payments", "paid_count", "expires_at"),
    Subscription: (
        "id", "status", "amount", "currency", "reference", "collection", "next_due_at", "cancel_at", "ends_at",
        "started_at", "ended_at",
    ),
    Renewal: ("id", "status", "subscription_id", "number", "amount", "due_at", "session_id", "failure_kind"),
}  # fmt: skip


def tell(kind: str, subject: Subject, **more: str | None) -> Event:
    """Add an event about `subject`, as it is now, and `more` of its data to the caller's transaction."""
    if kind not in EVENTS:
        raise ValueError(f"{kind!r} is not in the vocabulary of events.")
    db.session.flush()
    event = Event(kind=kind, subject_id=subject.id, data=snapshot(subject) | more)
    db.session.add(event)
    db.session.flush()
    jobs.enqueue(PUBLISH, event.id)
    return event


def snapshot(subject: Subject) -> dict[str, Any]:
    """Return what is told of `subject`, ready for JSON: times in ISO 8601, amounts in minor units."""
    told = {name: getattr(subject, name) for name in TOLD[type(subject)]}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in told.items()}
