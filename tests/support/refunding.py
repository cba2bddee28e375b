"""Payments that were collected at the sandbox, to be given back, and what its books say of it."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from app.domain.statuses import PaymentStatus
from app.models import Payment, Refund, db, utc_now
from app.services import payments, refund_settings
from app.services.attempts import FIRST_CHECK
from app.services.refund_outcomes import OVERTAKEN
from app.services.transaction import transaction
from tests.support.flow import open_session, pay
from tests.support.sandbox import SandboxService

ASKER, OTHER = "user:anna@example.com", "user:ben@example.com"


def collected(sandbox: SandboxService, method: str = "card", **session: Any) -> str:
    """Collect 129.90 EUR, or the session's amount, at the sandbox; the payment's id."""
    attempt = pay(open_session(**session).id, method)
    sandbox.approve(attempt.redirect_url)
    payment = payments.settle(attempt.id).payment
    payment_id, status = payment.id, payment.status
    db.session.rollback()  # nothing stays open that other threads would wait for
    assert status == PaymentStatus.PAID
    return str(payment_id)


def sums(payment_id: str) -> tuple[str, int, int]:
    """(status, refunded, reserved) of a payment as it is stored now."""
    db.session.rollback()
    payment = db.session.get_one(Payment, payment_id)
    told = payment.status, payment.refunded, payment.reserved
    db.session.rollback()
    return told


def refunds_of(payment_id: str) -> list[Refund]:
    """The payment's refunds as they are stored now, oldest first."""
    db.session.rollback()
    return list(db.session.scalars(select(Refund).where(Refund.payment_id == payment_id).order_by(Refund.id)))


def books(sandbox: SandboxService, payment_id: str) -> list[dict[str, Any]]:
    """Every refund that the sandbox knows of a payment."""
    ours = {refund.id for refund in refunds_of(payment_id)}
    known = [refund for name in ("north", "south") for refund in sandbox.ledger(name)["refunds"]]
    return [refund for refund in known if refund["reference"] in ours]


def let_sending_end(refund_id: str, ago: timedelta = 2 * FIRST_CHECK) -> None:
    """Put the last sending of a refund so far back that it can no longer be under way."""
    with transaction():
        past = utc_now() - ago
        sent = update(Refund).where(Refund.id == refund_id, Refund.sent_at.is_not(None))
        db.session.execute(sent.values(sent_at=past, asked_at=past))


def let_answers_arrive(refund_id: str) -> None:
    """Put the end of a refund so far back that no answer from before it can be under way."""
    with transaction():
        ended = update(Refund).where(Refund.id == refund_id, Refund.ended_at.is_not(None))
        db.session.execute(ended.values(ended_at=utc_now() - 2 * OVERTAKEN))


def need_approval_above(amount: int, currency: str = "EUR") -> None:
    """Let refunds above `amount` minor units need a second person."""
    wanted = refund_settings.RefundSettings({currency: amount})
    refund_settings.save(wanted, revision=0, user="operator@example.com")
