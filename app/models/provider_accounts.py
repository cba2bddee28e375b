"""Provider accounts: an adapter's configured credentials; secrets are encrypted before they reach a column."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import ID, Base, Document, UtcDateTime, utc_now


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
    secrets_set_at: Mapped[dict[str, str]] = mapped_column(Document, default=dict)  # when each was typed, ISO 8601
    methods_off: Mapped[list[str]] = mapped_column(Document, default=list)  # that the adapter could, and shall not
    connected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when the provider last answered a test
    revision: Mapped[int] = mapped_column(Integer, default=0)  # counts what people changed
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)


class ProviderAccountChange(Base):
    """What somebody did to an account, when, and to which of its fields: never a value. Rows are only ever added.

    The account may be gone: what was done to it stays on record.
    """

    __tablename__ = "provider_account_changes"
    __table_args__ = (Index("ix_provider_account_changes_account", "account_id", "id"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    account_id: Mapped[str] = mapped_column(ID)
    what: Mapped[str] = mapped_column(String(20))  # a word of app.services.provider_accounts.Did
    fields: Mapped[list[str]] = mapped_column(Document, default=list)  # their labels
    actor: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
