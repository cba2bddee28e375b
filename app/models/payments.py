"""Payments: the merchant's intent to collect one amount, and what came of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.ids import new_id
from app.domain.statuses import PaymentStatus
from app.models.base import ID, Base, UtcDateTime, one_of, utc_now


class Payment(Base):
    """Amounts in minor units. `paid` is what was collected; `reserved` is held by refunds not yet settled."""

    __tablename__ = "payments"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("paid = 0 OR paid = amount", name="paid_whole"),
        CheckConstraint("refunded >= 0 AND reserved >= 0 AND refunded + reserved <= paid", name="refunds_within_paid"),
        CheckConstraint(
            "(status IN ('paid', 'partially_refunded', 'refunded')) = (paid > 0)", name="paid_exactly_when_status_says"
        ),
        one_of("status", PaymentStatus),
        Index("ix_payments_status_created_at", "status", "created_at"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=lambda: new_id("pay"))
    session_id: Mapped[str] = mapped_column(ForeignKey("checkout_sessions.id"), unique=True)
    status: Mapped[str] = mapped_column(String(20), default=PaymentStatus.CREATED)
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    reference: Mapped[str] = mapped_column(String(100), index=True)
    customer_email: Mapped[str | None] = mapped_column(String(254), index=True)
    paid: Mapped[int] = mapped_column(BigInteger, default=0)
    refunded: Mapped[int] = mapped_column(BigInteger, default=0)
    reserved: Mapped[int] = mapped_column(BigInteger, default=0)
    method: Mapped[str | None] = mapped_column(String(40))  # of the latest attempt, then of the one that paid
    account_id: Mapped[str | None] = mapped_column(ForeignKey("provider_accounts.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    session = relationship("CheckoutSession", back_populates="payment")
    attempts = relationship("PaymentAttempt", back_populates="payment", order_by="PaymentAttempt.started_at")
    refunds = relationship("Refund", back_populates="payment", order_by="Refund.created_at")
