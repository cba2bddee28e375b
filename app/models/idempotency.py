"""Idempotency keys: a POST repeated with the same key gets the first answer and does nothing again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import ID, Base, Document, UtcDateTime, utc_now


class IdempotencyKey(Base):
    """`resource_id` is minted with the row: a request resumed after a crash makes the same thing, not another."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (UniqueConstraint("api_key_id", "key"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    api_key_id: Mapped[str] = mapped_column(ForeignKey("api_keys.id"))
    key: Mapped[str] = mapped_column(String(255))
    fingerprint: Mapped[str] = mapped_column(String(64))  # sha256 of method, path and body
    resource_id: Mapped[str] = mapped_column(ID)
    locked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # a request is working on it since then
    status_code: Mapped[int | None] = mapped_column(Integer)  # None until answered
    response: Mapped[dict[str, Any] | None] = mapped_column(Document)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)
