"""Webhooks out: where a merchant wants to be told of which events, and how each telling went."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.ids import new_id
from app.models.base import ID, Base, Document, UtcDateTime, utc_now

_WAITING = text("next_try_at IS NOT NULL")
_DELIVERED = text("delivered_at IS NOT NULL")
_GIVEN_UP = text("given_up_at IS NOT NULL")


class WebhookEndpoint(Base):
    """`event_types` are keys of app.domain.events.EVENTS, empty for all. Two sealed secrets hold while rotating."""

    __tablename__ = "webhook_endpoints"

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=lambda: new_id("we"))
    url: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(String(200), default="")
    event_types: Mapped[list[str]] = mapped_column(Document, default=list)
    encrypted_secret: Mapped[str] = mapped_column(Text)
    encrypted_old_secret: Mapped[str | None] = mapped_column(Text)
    old_secret_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    disabled_reason: Mapped[str] = mapped_column(String(200), default="")
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # its log is kept


class EventDelivery(Base):
    """One event to one endpoint, once; a replay by a person is a round of its own."""

    __tablename__ = "event_deliveries"
    __table_args__ = (
        UniqueConstraint("event_id", "endpoint_id"),
        CheckConstraint("delivered_at IS NULL OR given_up_at IS NULL", name="one_end"),
        CheckConstraint(
            "(next_try_at IS NULL) = (delivered_at IS NOT NULL OR given_up_at IS NOT NULL)", name="waits_until_its_end"
        ),
        Index("ix_event_deliveries_endpoint", "endpoint_id", "created_at"),
        *(
            Index(f"ix_event_deliveries_{column}", "endpoint_id", column, sqlite_where=those, postgresql_where=those)
            for column, those in (("next_try_at", _WAITING), ("delivered_at", _DELIVERED), ("given_up_at", _GIVEN_UP))
        ),
        Index("ix_event_deliveries_created_at", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=lambda: new_id("evd"))
    event_id: Mapped[str] = mapped_column(ForeignKey("events.id"))
    endpoint_id: Mapped[str] = mapped_column(ForeignKey("webhook_endpoints.id"))
    round: Mapped[int] = mapped_column(Integer, default=1)  # counts replays
    tried_count: Mapped[int] = mapped_column(Integer, default=0)  # in this round, the one under way included
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    round_began_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)  # with its first try
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=utc_now)  # None once it has ended
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    given_up_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    event = relationship("Event")
    endpoint = relationship("WebhookEndpoint")
    tries = relationship("EventDeliveryTry", order_by="EventDeliveryTry.id")


class EventDeliveryTry(Base):
    """One POST to an endpoint; `http_status` is None when there was no reply."""

    __tablename__ = "event_delivery_tries"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    delivery_id: Mapped[str] = mapped_column(ForeignKey("event_deliveries.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    http_status: Mapped[int | None] = mapped_column(Integer)
    milliseconds: Mapped[int] = mapped_column(Integer)
    detail: Mapped[str] = mapped_column(Text, default="")  # the error, or the reply's beginning
