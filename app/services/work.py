"""What each kind of job does, and what the clock asks for: the whole of the hub's asynchronous work."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from app.domain.asking import SOONEST
from app.models import Event, db, utc_now
from app.services import (
    attempts,
    draft_publishing,
    event_deliveries,
    events,
    idempotency,
    inbox,
    jobs,
    message_sending,
    messages,
    payment_link_clock,
    payment_links,
    payments,
    reconciliation,
    refund_outcomes,
    refund_settling,
    refunds,
    replay_slices,
    replays,
    sessions,
    subscription_clock,
    webhook_endpoints,
)
from app.services.errors import Busy
from app.services.transaction import transaction

log = structlog.get_logger()

SETTLE = "settle_attempt"


def _settle(attempt_id: str) -> None:
    payments.settle(attempt_id)


# Each may be called again for the same event.
EVENT_HANDLERS: tuple[Callable[[Event], None], ...] = (
    payment_links.close_over,
    event_deliveries.fan_out,
    messages.write_for,
)


def _look_at_ended_refund(refund_id: str) -> None:
    refund_settling.settle(refund_id)


def _publish(event_id: str) -> None:
    event = db.session.get_one(Event, event_id)
    for handle in EVENT_HANDLERS:
        handle(event)


HANDLERS: dict[str, Callable[[str], None]] = {
    SETTLE: _settle,
    events.PUBLISH: _publish,
    event_deliveries.DELIVER: event_deliveries.deliver_due,
    inbox.APPLY: inbox.apply,
    messages.SEND: message_sending.send,
    messages.TELL_FAILURE: messages.tell_of_failure,
    refunds.REFUND: refund_settling.run,
    refund_outcomes.LOOK_AGAIN: _look_at_ended_refund,
    draft_publishing.PUBLISH: draft_publishing.publish_scheduled,
    replays.REPLAY: replay_slices.replay_slice,
    reconciliation.COMPARE: reconciliation.compare_run,
    **subscription_clock.HANDLERS,
}
# Kinds that take long and can wait have a queue and a worker of their own.
BACKGROUND = frozenset({replays.REPLAY, reconciliation.COMPARE})
# Kinds that wait for the systems of others than providers, which may be slow: likewise.
OUTWARD = frozenset({event_deliveries.DELIVER, messages.SEND})


def run_job(job_id: str) -> None:
    """Do one job: finished when its handler returns, put off or put in quarantine when it raises."""
    work = jobs.begin(job_id)
    if work is None:
        return
    kind, subject_id = work
    try:
        HANDLERS[kind](subject_id)
    except jobs.NotYet as later:
        db.session.rollback()
        jobs.put_off(job_id, later.due_at)
    except Busy:  # every slot for provider calls is taken: nothing was done, nothing has failed
        db.session.rollback()
        jobs.put_off(job_id, utc_now() + SOONEST)
    except Exception as error:  # whatever it is, the row remembers it and the worker goes on
        db.session.rollback()
        log.exception("job_failed", job=job_id, kind=kind, subject=subject_id)
        jobs.fail(job_id, f"{type(error).__name__}: {error}")
    else:
        jobs.finish(job_id)


def sweep() -> int:
    """Ask for every live attempt whose check is due to be settled; return how many."""
    event_deliveries.wake()
    due = attempts.claim_due()
    with transaction():
        for attempt_id in due:
            jobs.enqueue(SETTLE, attempt_id)
    subscription_clock.sweep()
    return len(due)


def housekeep() -> None:
    """Expire overdue sessions, expire payment links and remind of them, and forget what is no longer needed."""
    sessions.expire_overdue()
    subscription_clock.housekeep()
    payment_link_clock.expire_due()
    payment_link_clock.remind_due()
    idempotency.forget_old()
    jobs.forget_done()
    inbox.forget_applied()
    messages.forget_old()
    replays.tidy_up()
    webhook_endpoints.forget_old_secrets()
    event_deliveries.forget_old()
    refund_settling.take_up_forgotten()
    reconciliation.enqueue_due()
