"""Reconciliation: each day's comparison of a provider's report with our payments, and the breaks it found."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.ids import new_id
from app.models.base import ID, Base, Document, UtcDateTime, utc_now


class ReconciliationRun(Base):
    """One account and one day (in UTC), compared as often as asked; the latest comparison is what it holds."""

    __tablename__ = "reconciliation_runs"
    __table_args__ = (
        UniqueConstraint("account_id", "day"),
        Index("ix_reconciliation_runs_created_at", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=lambda: new_id("recon"))
    account_id: Mapped[str] = mapped_column(ForeignKey("provider_accounts.id"))
    day: Mapped[date] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    compared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    theirs: Mapped[int] = mapped_column(Integer, default=0)  # lines of the report
    ours: Mapped[int] = mapped_column(Integer, default=0)
    matched: Mapped[int] = mapped_column(Integer, default=0)
    error: Mapped[str] = mapped_column(Text, default="")  # why the latest try gave no comparison

    account = relationship("ProviderAccount")
    breaks = relationship("ReconciliationBreak", back_populates="run", order_by="ReconciliationBreak.created_at")


class ReconciliationBreak(Base):
    """One difference; it is resolved by a person with a note, or by a later comparison that no longer finds it."""

    __tablename__ = "reconciliation_breaks"
    __table_args__ = (
        UniqueConstraint("run_id", "kind", "reference"),
        CheckConstraint(
            "kind IN ('missing_here', 'missing_there', 'amount_differs', 'state_differs')", name="kind_known"
        ),
        CheckConstraint("(resolved_at IS NULL) = (resolved_by IS NULL)", name="resolved_by_somebody"),
        Index("ix_reconciliation_breaks_created_at", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=lambda: new_id("brk"))
    run_id: Mapped[str] = mapped_column(ForeignKey("reconciliation_runs.id"))
    kind: Mapped[str] = mapped_column(String(20))
    reference: Mapped[str] = mapped_column(String(255))  # our attempt or refund, else the provider's own reference
    theirs: Mapped[dict[str, Any] | None] = mapped_column(Document)
    ours: Mapped[dict[str, Any] | None] = mapped_column(Document)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resolved_by: Mapped[str | None] = mapped_column(String(254))
    note: Mapped[str] = mapped_column(Text, default="")

    run = relationship("ReconciliationRun", back_populates="breaks")
