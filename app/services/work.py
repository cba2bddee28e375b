"""What each kind of job does, and what the clock asks for: the whole of the hub's asynchronous work."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from app.models import db
from app.services import (
    attempts,
    draft_publishing,
    idempotency,
    inbox,
    jobs,
    payments,
    replay_slices,
    replays,
    sessions,
)
from app.services.transaction import transaction

log = structlog.get_logger()

SETTLE = "settle_attempt"


def _settle(attempt_id: str) -> None:
    payments.settle(attempt_id)


HANDLERS: dict[str, Callable[[str], None]] = {
    SETTLE: _settle,
    inbox.APPLY: inbox.apply,
    draft_publishing.PUBLISH: draft_publishing.publish_scheduled,
    replays.REPLAY: replay_slices.replay_slice,
}
BACKGROUND = frozenset({replays.REPLAY})  # kinds that take long and can wait: a queue and a worker of their own


def run_job(job_id: str) -> None:
    """Do one job: finished when its handler returns, put off or put in quarantine when it raises."""
    work = jobs.begin(job_id)
    if work is None:
        return
    kind, subject_id = work
    try:
        HANDLERS[kind](subject_id)
    except Exception as error:  # whatever it is, the row remembers it and the worker goes on
        db.session.rollback()
        log.exception("job_failed", job=job_id, kind=kind, subject=subject_id)
        jobs.fail(job_id, f"{type(error).__name__}: {error}")
    else:
        jobs.finish(job_id)


def sweep() -> int:
    """Ask for every live attempt whose check is due to be settled; return how many."""
    due = attempts.claim_due()
    with transaction():
        for attempt_id in due:
            jobs.enqueue(SETTLE, attempt_id)
    return len(due)


def housekeep() -> None:
    """Expire overdue sessions and forget what is no longer needed."""
    sessions.expire_overdue()
    idempotency.forget_old()
    jobs.forget_done()
    inbox.forget_applied()
    replays.tidy_up()
