"""Replays: a draft asked again about the sessions of the last days, a slice of them at a time."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.ids import new_id
from app.models.base import ID, Base, Document, UtcDateTime, utc_now


class Replay(Base):
    """The draft as it stood at `revision` beside the version that was active, over sessions opened in [since, until).

    With `as_of` they are asked about as if it were that day. `step` counts the slices that are done; the cursor is the
    last session looked at, and `figures` hold exactly the sessions up to it. A replay that ended has a `finished_at` or
    a `cancelled_at`; one that broke down an `error` too.
    """

    __tablename__ = "replays"
    __table_args__ = (
        CheckConstraint("finished_at IS NULL OR cancelled_at IS NULL", name="ends_once"),
        CheckConstraint("replayed >= 0 AND step >= 0 AND total >= 0", name="counts_up"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=lambda: new_id("rpl"))
    document: Mapped[dict[str, Any]] = mapped_column(Document)
    revision: Mapped[int] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(ForeignKey("rule_set_versions.number"))
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    as_of: Mapped[date | None] = mapped_column(Date)
    total: Mapped[int] = mapped_column(Integer, default=0)
    replayed: Mapped[int] = mapped_column(Integer, default=0)
    step: Mapped[int] = mapped_column(Integer, default=0)
    cursor_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cursor_id: Mapped[str | None] = mapped_column(ID)
    figures: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    error: Mapped[str | None] = mapped_column(Text)
    requested_by: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_by: Mapped[str | None] = mapped_column(String(254))
