"""Refunds: money given back; its amount is reserved on the payment until the provider has answered."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.ids import new_id
from app.domain.statuses import RefundStatus
from app.models.base import ID, Base, UtcDateTime, one_of, utc_now


class Refund(Base):
    __tablename__ = "refunds"
    __table_args__ = (CheckConstraint("amount > 0", name="amount_positive"), one_of("status", RefundStatus))

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=lambda: new_id("re"))
    payment_id: Mapped[str] = mapped_column(ForeignKey("payments.id"), index=True)
    status: Mapped[str] = mapped_column(String(20), default=RefundStatus.REQUESTED)
    amount: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text, default="")
    provider_reference: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    payment = relationship("Payment", back_populates="refunds")
