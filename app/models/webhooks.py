"""Webhook deliveries: the inbox. Stored once per account and event, answered, then applied by a job."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.ids import new_id
from app.models.base import ID, Base, UtcDateTime, utc_now

_WAITING = text("applied_at IS NULL")


class WebhookDelivery(Base):
    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("account_id", "event_id"),
        Index("ix_webhook_deliveries_waiting", "received_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_webhook_deliveries_applied_at", "applied_at"),
        Index("ix_webhook_deliveries_account_received", "account_id", "received_at"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=lambda: new_id("whd"))
    account_id: Mapped[str] = mapped_column(ForeignKey("provider_accounts.id"))
    event_id: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(100))
    attempt_id: Mapped[str | None] = mapped_column(ID, index=True)
    refund_id: Mapped[str | None] = mapped_column(ID)
    subscription_id: Mapped[str | None] = mapped_column(ID)
    body: Mapped[str] = mapped_column(Text)  # the evidence, as it was signed
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
