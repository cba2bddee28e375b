"""Decisions: what the rules said for a session, each time they were asked, and from which facts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.ids import new_id
from app.models.base import ID, Base, Document, UtcDateTime, utc_now


class DecisionRecord(Base):
    """Append-only. `sequence` is the number of failed attempts the decision already knew of."""

    __tablename__ = "decisions"
    __table_args__ = (
        UniqueConstraint("session_id", "sequence"),
        CheckConstraint("arm IN ('a', 'b')", name="arm_known"),
        # With the session's id, the figures of the rules are counted from the index alone: its rows are narrow.
        Index("ix_decisions_rule_id_created_at_session_id", "rule_id", "created_at", "session_id"),
        Index("ix_decisions_created_at_id", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=lambda: new_id("dec"))
    session_id: Mapped[str] = mapped_column(ForeignKey("checkout_sessions.id"))
    sequence: Mapped[int] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(ForeignKey("rule_set_versions.number"))
    rule_id: Mapped[str | None] = mapped_column(String(100))  # None: the default offer
    arm: Mapped[str | None] = mapped_column(String(1))  # of the rule's experiment, where it has one
    facts: Mapped[dict[str, Any]] = mapped_column(Document)
    outcome: Mapped[dict[str, Any]] = mapped_column(Document)  # rules.Decision as JSON
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)

    session = relationship("CheckoutSession", back_populates="decisions")
