"""Refunds: money given back; its amount is reserved on the payment until the provider has answered."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, CheckConstraint, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.ids import new_id
from app.domain.statuses import RefundStatus
from app.models.base import ID, Base, UtcDateTime, one_of, utc_now

_OPEN = text("status IN ('requested', 'pending')")
_NOT_FAILED = text("status != 'failed'")


class Refund(Base):
    """The id is also our reference at the provider and the source of its idempotency key.

    `requested`: nobody has heard from the provider yet, or somebody must approve it first; `asked_at` tells when the
    provider was first asked, `sent_at` when it was last asked to do it: whoever asks again claims that moment first.
    A refund that was turned down has failed with the code `rejected`.
    """

    __tablename__ = "refunds"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("(status = 'failed') = (failure_code IS NOT NULL)", name="failure_exactly_when_failed"),
        CheckConstraint("NOT needs_approval OR asked_at IS NULL OR approved_at IS NOT NULL", name="asked_if_approved"),
        one_of("status", RefundStatus),
        Index("ix_refunds_open", "created_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_refunds_created_at", "created_at", "id"),
        Index("ix_refunds_ended_at", "ended_at"),
        Index(
            "uq_refunds_second_charge",
            "attempt_id",
            unique=True,
            sqlite_where=_NOT_FAILED,
            postgresql_where=_NOT_FAILED,
        ),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=lambda: new_id("re"))
    payment_id: Mapped[str] = mapped_column(ForeignKey("payments.id"), index=True)
    attempt_id: Mapped[str | None] = mapped_column(
        ForeignKey("payment_attempts.id")
    )  # a second charge, given back whole
    status: Mapped[str] = mapped_column(String(20), default=RefundStatus.REQUESTED)
    amount: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(40), default="other")  # a key of app.domain.refunds.REASONS
    note: Mapped[str] = mapped_column(Text, default="")  # the requester's own words
    requested_by: Mapped[str] = mapped_column(String(100), default="system")  # an actor, as in the status history
    needs_approval: Mapped[bool] = mapped_column(Boolean, default=False)  # above the threshold when it was requested
    approved_by: Mapped[str | None] = mapped_column(String(100))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    provider_reference: Mapped[str | None] = mapped_column(String(255))
    failure_kind: Mapped[str | None] = mapped_column(String(30))
    failure_code: Mapped[str | None] = mapped_column(String(100))
    failure_message: Mapped[str | None] = mapped_column(Text)
    checks: Mapped[int] = mapped_column(Integer, default=0)  # times the provider was asked
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    unanswered_since: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the provider gave no answer since then
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    payment = relationship("Payment", back_populates="refunds")
    attempt = relationship("PaymentAttempt")
