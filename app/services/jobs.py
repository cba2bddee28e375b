"""The outbox: work is written beside the change that asks for it, handed out by lease, and never lost.

A job that fails is tried again with back-off; at the fifth failure it is put in quarantine for a person.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, func, select, update

from app.domain.ids import new_id
from app.models import Job, db, utc_now
from app.services.inserts import insert_once
from app.services.texts import without_details
from app.services.transaction import transaction

LEASE = timedelta(seconds=30)  # longer than a provider call may take; a killed worker's job comes back after it
MAX_ATTEMPTS = 5


def enqueue(kind: str, subject_id: str, *, due_at: datetime | None = None) -> None:
    """Ask, in the caller's transaction, for `kind` to be done to `subject_id`; asking twice while it waits is once."""
    now = utc_now()
    insert_once(
        Job,
        {
            "id": new_id("job"),
            "kind": kind,
            "subject_id": subject_id,
            "due_at": due_at or now,
            "created_at": now,
            "attempts": 0,
        },
        unique=["kind", "subject_id"],
        where=Job.done_at.is_(None) & Job.quarantined_at.is_(None),
    )


class NotYet(Exception):
    """Raised by a handler that has done what it could for now: the job is due again at `due_at`, and has not failed."""

    def __init__(self, due_at: datetime) -> None:
        super().__init__(f"due again at {due_at:%Y-%m-%d %H:%M:%S} UTC")
        self.due_at = due_at


class Leased(NamedTuple):
    """A job that is due and leased to the caller."""

    id: str
    kind: str


def lease_due(limit: int = 50) -> list[Leased]:
    """Return jobs that are due, each leased to the caller: nobody else gets it until LEASE has passed."""
    now = utc_now()
    with transaction():
        due = (
            select(Job.id)
            .where(Job.done_at.is_(None), Job.quarantined_at.is_(None), Job.due_at <= now)
            .order_by(Job.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        taken = db.session.execute(
            update(Job)
            .where(Job.id.in_(due.scalar_subquery()), Job.due_at <= now)
            .values(due_at=now + LEASE)
            .returning(Job.id, Job.kind)
            .execution_options(synchronize_session=False)
        ).all()
    return [Leased(*row) for row in taken]


def begin(job_id: str) -> tuple[str, str] | None:
    """Count a try and return (kind, subject id), or None when the job is done or in quarantine.

    A job that ended its worker each time never reports a failure: it is put in quarantine here.
    """
    waiting = (Job.id == job_id, Job.done_at.is_(None), Job.quarantined_at.is_(None))
    now = utc_now()
    with transaction():
        row = db.session.execute(
            update(Job)
            .where(*waiting, Job.attempts < MAX_ATTEMPTS)
            .values(attempts=Job.attempts + 1, due_at=now + LEASE)
            .returning(Job.kind, Job.subject_id)
            .execution_options(synchronize_session=False)
        ).first()
        if row is None:
            ended = func.coalesce(Job.last_error, "It never came back from a worker.")
            db.session.execute(update(Job).where(*waiting).values(quarantined_at=now, last_error=ended))
    return None if row is None else (row.kind, row.subject_id)


def finish(job_id: str) -> None:
    """Mark the job done, even when it took so long that it was given up meanwhile: no person has to look then."""
    with transaction():
        not_done = update(Job).where(Job.id == job_id, Job.done_at.is_(None))
        db.session.execute(not_done.values(done_at=utc_now(), quarantined_at=None))


def put_off(job_id: str, due_at: datetime) -> None:
    """Let the job run again at `due_at`, with all its tries."""
    with transaction():
        not_done = update(Job).where(Job.id == job_id, Job.done_at.is_(None))
        db.session.execute(not_done.values(due_at=due_at, attempts=0, quarantined_at=None))


def bring_forward(kind: str, subject_id: str) -> None:
    """Ask, in the caller's transaction, for work that may be waiting for later to be done now."""
    enqueue(kind, subject_id)
    waiting = (Job.kind == kind, Job.subject_id == subject_id, Job.done_at.is_(None), Job.quarantined_at.is_(None))
    now = utc_now()
    db.session.execute(update(Job).where(*waiting, Job.due_at > now + LEASE).values(due_at=now))


def fail(job_id: str, error: str) -> None:
    """Put the job off with back-off (2, 4, 8, 16 s), or into quarantine at the fifth try."""
    with transaction():
        job = db.session.get(Job, job_id, with_for_update=True)
        if job is None or job.done_at is not None:
            return
        job.last_error = without_details(error)[:2000]
        if job.attempts >= MAX_ATTEMPTS:
            job.quarantined_at = utc_now()
        else:
            job.due_at = utc_now() + timedelta(seconds=2**job.attempts)


def retry(job_id: str) -> None:
    """Take a job out of quarantine: a person has mended what was wrong. One that waits anew already is done with."""
    with transaction():
        job = db.session.get(Job, job_id, with_for_update=True)
        if job is None or job.quarantined_at is None or job.done_at is not None:
            return
        twin = select(Job.id).where(
            Job.kind == job.kind,
            Job.subject_id == job.subject_id,
            Job.done_at.is_(None),
            Job.quarantined_at.is_(None),
        )
        if db.session.scalar(twin.limit(1)) is not None:
            job.done_at = utc_now()
        else:
            job.due_at, job.attempts = utc_now(), 0
        job.quarantined_at = None


def overdue(older_than: timedelta) -> int:
    """Count waiting jobs that have been due for longer than `older_than`."""
    late = utc_now() - older_than
    waiting = db.session.scalar(
        select(func.count())
        .select_from(Job)
        .where(Job.done_at.is_(None), Job.quarantined_at.is_(None), Job.created_at < late, Job.due_at < late)
    )
    return waiting or 0


def forget_done(older_than: timedelta = timedelta(days=7)) -> None:
    """Delete jobs that were done long ago."""
    with transaction():
        db.session.execute(delete(Job).where(Job.done_at < utc_now() - older_than))
