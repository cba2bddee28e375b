"""Second charges: money collected after a payment was paid already, given back whole, apart from its own amounts."""

from __future__ import annotations

from sqlalchemy import select

from app.domain.statuses import AttemptStatus, RefundStatus
from app.models import Payment, PaymentAttempt, Refund, db
from app.services import jobs, refunds
from app.services.transaction import transaction
from app.services.transitions import record_creation


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


def give_back(payment_id: str, *, note: str, actor: str) -> list[Refund]:
    """Ask for every second charge of a payment to be given back; none when that was asked for already.

    What the payment itself collected stays as it is. Above the threshold of refunds a second person agrees first.
    """
    made = []
    with transaction():
        payment = db.session.get_one(Payment, payment_id, with_for_update=True, populate_existing=True)
        for attempt in second_charges(payment):
            refund = Refund(
                payment_id=payment_id,
                attempt_id=attempt.id,
                amount=payment.amount,
                reason="duplicate",
                note=note,
                requested_by=actor,
                needs_approval=refunds.needs_second_person(payment, payment.amount),
            )
            record_creation(refund, actor=actor, reason=note)
            if not refund.needs_approval:
                jobs.enqueue(refunds.REFUND, refund.id)
            made.append(refund)
    return made
