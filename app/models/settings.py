"""Settings that operators change while the hub runs; what is not set has the default of its service."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Document, UtcDateTime, utc_now


class Setting(Base):
    """One group of settings that operators change at run time: a key of app.services.settings."""

    __tablename__ = "settings"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[dict[str, Any]] = mapped_column(Document)
    revision: Mapped[int] = mapped_column(Integer, default=1)
    updated_by: Mapped[str] = mapped_column(String(254))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
