"""The relay: hands due outbox rows to the broker, again after a while if nobody finished them."""

from __future__ import annotations

import signal
import threading

import structlog
from kombu.exceptions import OperationalError as BrokerError
from sqlalchemy.exc import SQLAlchemyError

from app.models import db
from app.services import jobs, work
from tasks.celery_app import BACKGROUND, OUTWARD, celery, flask_app

log = structlog.get_logger()

PAUSE = 0.3  # seconds between looks at an empty outbox
PAUSE_AFTER_ERROR = 2.0


def relay_due() -> int:
    """Publish the ids of the jobs that are due; return how many. Two relays never publish the same lease."""
    due = jobs.lease_due()
    for job in due:
        celery.send_task("run_job", args=[job.id], queue=queue_of(job.kind))
    return len(due)


def queue_of(kind: str) -> str | None:
    """Return the queue of this kind of job; None is the default one, where payments wait for nobody."""
    if kind in work.BACKGROUND:
        return BACKGROUND
    return OUTWARD if kind in work.OUTWARD else None


def main() -> None:
    """Relay until the process is asked to stop; a broker or database that is away is waited for."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    while not stop.is_set():
        pause = PAUSE
        with flask_app.app_context():
            try:
                pause = 0.0 if relay_due() else PAUSE
            except (BrokerError, SQLAlchemyError, OSError) as error:
                db.session.rollback()
                log.warning("relay_waits", error=type(error).__name__)
                pause = PAUSE_AFTER_ERROR
        stop.wait(pause)


if __name__ == "__main__":
    main()
