"""The merchant's own attributes: facts that a shop sends with a session and that rules may test."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Document, UtcDateTime, one_of, utc_now
from rules import AttributeType


class OwnAttribute(Base):
    """One declared attribute; a row with a `retired_at` is tested by the rules that name it, and by no new one."""

    __tablename__ = "own_attributes"
    __table_args__ = (
        one_of("type", AttributeType),
        CheckConstraint("revision > 0", name="revision_positive"),
    )

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    label: Mapped[str] = mapped_column(String(80))
    type: Mapped[str] = mapped_column(String(20))
    choices: Mapped[list[str] | None] = mapped_column(Document)  # None: any value of the type
    help: Mapped[str] = mapped_column(Text, default="")
    revision: Mapped[int] = mapped_column(Integer, default=1)  # two people may edit it: the second is told
    created_by: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    carried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when a session first carried it
