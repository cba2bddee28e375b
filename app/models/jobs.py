"""Jobs: the transactional outbox. A row is written with the change that asks for the work, and relayed later."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.ids import new_id
from app.models.base import ID, Base, UtcDateTime, utc_now

_WAITING = text("done_at IS NULL AND quarantined_at IS NULL")
_QUARANTINED = text("quarantined_at IS NOT NULL")


class Job(Base):
    """Work of one `kind` on one row. The broker only carries the id; this row is the truth."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_due", "due_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_jobs_quarantined", "quarantined_at", sqlite_where=_QUARANTINED, postgresql_where=_QUARANTINED),
        Index("ix_jobs_done_at", "done_at"),
        Index("uq_jobs_waiting", "kind", "subject_id", unique=True, sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=lambda: new_id("job"))
    kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[str] = mapped_column(ID)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)  # moved forward while a worker has it
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    quarantined_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # failed too often: a person looks
