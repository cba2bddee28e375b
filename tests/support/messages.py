"""Events told and messages written of them, for tests that look at what people are sent."""

from typing import Any

from sqlalchemy import select

from app.domain.statuses import PaymentStatus
from app.models import Event, Message, Payment, db, utc_now
from app.services import events, messages
from app.services.transaction import transaction
from tests.support.rows import (
    payment_row,
    session_row,
)

ADA = {"email": "ada@example.com", "name": "Ada Rossi"}


def told(kind: str, subject: Any, **data: Any) -> Event:
    """An event of `kind` about `subject`, stored; its job is left out, so that the test hands it over itself."""
    with transaction():
        event = events.tell(kind, subject)
        event.data = event.data | data
    return event


def written(kind: str, subject: Any, **data: Any) -> list[Message]:
    """The messages that such an event makes."""
    event = told(kind, subject, **data)
    messages.write_for(event)
    if kind == "payment.failed":
        messages.tell_of_failure(event.id)
    db.session.rollback()
    return list(db.session.scalars(select(Message).where(Message.event_id == event.id).order_by(Message.channel)))


def a_paid_payment(locale: str = "it", **customer: str) -> Payment:
    with transaction():
        session = session_row(locale=locale, customer=ADA | customer)
        return payment_row(session, status=PaymentStatus.PAID, method="bank_transfer", paid_at=utc_now())
