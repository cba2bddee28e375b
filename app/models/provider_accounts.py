"""Provider accounts: an adapter's configured credentials; secrets are encrypted before they reach a column."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Document, UtcDateTime, utc_now


class ProviderAccount(Base):
    """`id` is the word rules use, e.g. `sandbox_north`; `encrypted_secrets` is a MultiFernet token of a JSON object."""

    __tablename__ = "provider_accounts"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    provider: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(100))
    enabled: Mapped[bool] = mapped_column(Boolean, default=True)
    in_outage: Mapped[bool] = mapped_column(Boolean, default=False)
    live: Mapped[bool] = mapped_column(Boolean, default=False)  # False: no real money moves
    settings: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    encrypted_secrets: Mapped[str] = mapped_column(Text, default="")
    methods_off: Mapped[list[str]] = mapped_column(Document, default=list)  # that the adapter could, and shall not
    connected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when the provider last answered a test
    revision: Mapped[int] = mapped_column(Integer, default=0)  # counts what people changed
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
