"""The one draft of the rules: what its authors have written since the active version, and who approved it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Document, UtcDateTime, utc_now

ONLY = 1  # the id of the only row


class RuleSetDraft(Base):
    """One row that is never deleted, so that `revision` only grows: an old revision can never come to fit again.

    `author`, who wrote last, is None while the draft is a plain copy of version `based_on`; `authors` are all who wrote
    since, and none of them is a second person. An approval holds for one revision.
    """

    __tablename__ = "rule_set_drafts"
    __table_args__ = (
        CheckConstraint("id = 1", name="only_one"),
        CheckConstraint("approved_revision IS NULL OR approved_revision = revision", name="approved_as_it_stands"),
        CheckConstraint(
            "(approved_revision IS NULL) = (approver IS NULL) AND (approver IS NULL) = (approved_at IS NULL)",
            name="approved_by_someone",
        ),
        CheckConstraint(
            "publish_at IS NULL OR (approved_revision IS NOT NULL AND scheduled_by IS NOT NULL)",
            name="scheduled_once_approved",
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    document: Mapped[dict[str, Any]] = mapped_column(Document)
    based_on: Mapped[int | None] = mapped_column(ForeignKey("rule_set_versions.number"))  # None: nothing was published
    revision: Mapped[int] = mapped_column(Integer)
    author: Mapped[str | None] = mapped_column(String(254))
    authors: Mapped[list[str]] = mapped_column(Document, default=list)
    updated_by: Mapped[str] = mapped_column(String(254))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    approved_revision: Mapped[int | None] = mapped_column(Integer)
    approver: Mapped[str | None] = mapped_column(String(254))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    publish_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    scheduled_by: Mapped[str | None] = mapped_column(String(254))
    note: Mapped[str] = mapped_column(Text, default="")  # of the publication that is scheduled
