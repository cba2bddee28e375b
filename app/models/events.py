"""Events: what happened, told once in the transaction in which it did; messages and webhooks out are made of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.ids import new_id
from app.models.base import ID, Base, Document, UtcDateTime, utc_now


class Event(Base):
    """`kind` is a key of app.domain.events.EVENTS; `data` is the subject as it was then, in the words of the API."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_subject", "subject_id", "created_at"),
        Index("ix_events_created_at", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=lambda: new_id("evt"))
    kind: Mapped[str] = mapped_column(String(60))
    subject_id: Mapped[str] = mapped_column(ID)
    data: Mapped[dict[str, Any]] = mapped_column(Document)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
