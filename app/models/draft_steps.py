"""The last steps of the draft: what it was before each change, so that a change can be undone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Document, UtcDateTime, utc_now


class DraftStep(Base):
    """The draft as it was at `revision`, before `author` did `what` to it. Only the latest are kept."""

    __tablename__ = "draft_steps"

    revision: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    document: Mapped[dict[str, Any]] = mapped_column(Document)
    what: Mapped[str] = mapped_column(String(300))
    author: Mapped[str] = mapped_column(String(254))  # of the change that followed
    authors: Mapped[list[str]] = mapped_column(Document, default=list)  # who had written before it; empty: nobody yet
    based_on: Mapped[int | None] = mapped_column(Integer)  # the version that the draft was begun from
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
