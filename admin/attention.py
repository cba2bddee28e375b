"""Which payments need a person: found from the few alerts and unknown attempts, never by reading the payments."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select

from app.domain.statuses import AttemptStatus
from app.models import IS_LIVE, Alert, Payment, PaymentAttempt, Refund, db

MOST = 500  # of each; when there is more, the newest alerts and any of the attempts


def is_needed() -> ColumnElement[bool]:
    """Return the condition: an attempt whose outcome is unknown, or an open alert on it, an attempt or a refund."""
    open_alerts = select(Alert.subject_id).where(Alert.resolved_at.is_(None)).order_by(Alert.created_at.desc())
    subjects = list(db.session.scalars(open_alerts.limit(MOST)))
    is_unknown = PaymentAttempt.status == AttemptStatus.UNKNOWN
    unknown = select(PaymentAttempt.payment_id).where(IS_LIVE, is_unknown).limit(MOST)
    alerted = select(PaymentAttempt.payment_id).where(PaymentAttempt.id.in_(subjects))
    refunded = select(Refund.payment_id).where(Refund.id.in_(subjects))
    payment_ids = {*db.session.scalars(unknown), *db.session.scalars(alerted), *db.session.scalars(refunded), *subjects}
    return Payment.id.in_(payment_ids)
