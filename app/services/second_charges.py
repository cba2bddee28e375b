"""Second charges: money collected after a payment was paid already, which its own amounts never held."""

from __future__ import annotations

from sqlalchemy import func, select

from app.domain.statuses import AttemptStatus, RefundStatus
from app.models import Payment, PaymentAttempt, Refund, db


def second_charges(payment: Payment) -> list[PaymentAttempt]:
    """Return the charges that came after the one that paid, and are neither given back nor being given back."""
    returned = select(Refund.attempt_id).where(Refund.attempt_id.is_not(None), Refund.status != RefundStatus.FAILED)
    succeeded = (
        select(PaymentAttempt)
        .where(PaymentAttempt.payment_id == payment.id, PaymentAttempt.status == AttemptStatus.SUCCEEDED)
        .order_by(PaymentAttempt.account_id != payment.account_id, PaymentAttempt.ended_at, PaymentAttempt.id)
    )
    taken_back = set(db.session.scalars(returned.where(Refund.payment_id == payment.id)))
    return [attempt for attempt in list(db.session.scalars(succeeded))[1:] if attempt.id not in taken_back]


def given_back(payment: Payment) -> int:
    """Return how much of second charges is given back, or being given back, in minor units."""
    of_these = (Refund.payment_id == payment.id, Refund.attempt_id.is_not(None), Refund.status != RefundStatus.FAILED)
    return int(db.session.scalar(select(func.sum(Refund.amount)).where(*of_these)) or 0)
