"""Checkout sessions: what a shop asked to collect, and the facts the rules may test."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.ids import new_id
from app.domain.money import MAX_AMOUNT
from app.domain.statuses import SessionStatus
from app.models.base import ID, Base, Document, UtcDateTime, one_of, utc_now


class CheckoutSession(Base):
    """One hosted page that leads to one payment. `amount` is in minor units of `currency`.

    One that belongs to a subscription or came from a link names it; foreign keys there would close a circle.
    """

    __tablename__ = "checkout_sessions"
    __table_args__ = (
        CheckConstraint(f"amount > 0 AND amount <= {MAX_AMOUNT}", name="amount_positive"),
        one_of("status", SessionStatus),
        Index("ix_checkout_sessions_status_expires_at", "status", "expires_at"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=lambda: new_id("cs"))
    status: Mapped[str] = mapped_column(String(20), default=SessionStatus.OPEN)
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    reference: Mapped[str] = mapped_column(String(100), index=True)
    flow: Mapped[str] = mapped_column(String(20), default="direct")
    subscription_id: Mapped[str | None] = mapped_column(ID, index=True)
    payment_link_id: Mapped[str | None] = mapped_column(ID, index=True)
    customer: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)  # email, name, country, type, returning
    attributes: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)  # the shop's own facts, already typed
    items: Mapped[list[dict[str, Any]]] = mapped_column(Document, default=list)  # {name, quantity, amount}
    locale: Mapped[str] = mapped_column(String(20), default="en")
    success_url: Mapped[str] = mapped_column(Text)
    failure_url: Mapped[str] = mapped_column(Text)
    api_key_id: Mapped[str | None] = mapped_column(ForeignKey("api_keys.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    terms_accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    payment = relationship("Payment", back_populates="session", uselist=False)
    decisions = relationship("DecisionRecord", back_populates="session", order_by="DecisionRecord.sequence")
    attempts = relationship("PaymentAttempt", back_populates="session", order_by="PaymentAttempt.started_at")
    renewal = relationship("Renewal", back_populates="session", uselist=False)
    subscription = relationship(
        "Subscription",
        primaryjoin="foreign(CheckoutSession.subscription_id) == Subscription.id",
        viewonly=True,
    )
    payment_link = relationship(
        "PaymentLink",
        primaryjoin="foreign(CheckoutSession.payment_link_id) == PaymentLink.id",
        back_populates="sessions",
    )
