"""Rule set versions, which never change, and the record of which one was active when."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Document, UtcDateTime, one_of, utc_now


class RuleSetVersion(Base):
    """A published rule set in its JSON form."""

    __tablename__ = "rule_set_versions"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    document: Mapped[dict[str, Any]] = mapped_column(Document)
    sha256: Mapped[str] = mapped_column(String(64))
    author: Mapped[str] = mapped_column(String(254))  # who wrote last
    authors: Mapped[list[str]] = mapped_column(Document, default=list)  # all who wrote since the version before
    approver: Mapped[str | None] = mapped_column(String(254))  # None: published from a file, without the draft
    note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)


class ActivationKind(StrEnum):
    """Why a version became active: for the first time, or again."""

    PUBLISH = "publish"
    ROLLBACK = "rollback"


class RuleSetActivation(Base):
    """The newest row names the active version; going back to an older version is a new row."""

    __tablename__ = "rule_set_activations"
    __table_args__ = (one_of("kind", ActivationKind),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    version: Mapped[int] = mapped_column(ForeignKey("rule_set_versions.number"))
    kind: Mapped[str] = mapped_column(String(20))
    actor: Mapped[str] = mapped_column(String(254))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
