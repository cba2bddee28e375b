"""Deliveries of events to webhook endpoints: one row for each event and endpoint, sent by one worker at a time.

Work is asked for by endpoint, not by delivery: a job sends what is due to one endpoint, one after the other, so that
a slow endpoint never holds more than one thread. The order of events is not promised.
"""

from __future__ import annotations

import json
import random
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import current_app
from sqlalchemy import ColumnElement, delete, exists, select, update
from standardwebhooks import Webhook

from app.domain.events import EVENTS
from app.domain.ids import new_id
from app.models import Event, EventDelivery, EventDeliveryTry, WebhookEndpoint, db, utc_now
from app.services import alerts, jobs, webhook_endpoints
from app.services.inserts import insert_once
from app.services.transaction import transaction
from app.services.webhook_posting import Outcome, post

DELIVER = "deliver_events"  # to the endpoint that the job names
GONE = 410
DISABLED = "webhook_endpoint_disabled"  # the kind of alert

# Pauses after each try that failed; the last try is made when three days are over.
SCHEDULE = (
    timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=5),
    timedelta(hours=10), timedelta(hours=14), timedelta(hours=20), timedelta(hours=24),
)  # fmt: skip
GIVE_UP_AFTER = timedelta(days=3)
LEAST_TRIES = 5  # however long the hub itself was away meanwhile
LONGEST_WISH = timedelta(hours=24)  # of a Retry-After
CLAIM = timedelta(seconds=60)  # longer than a POST may take; what a killed worker was sending comes back after it
TURN_SECONDS = 8.0  # then the next endpoint has its turn; with the last POST it ends within a job's lease
KEPT = timedelta(days=90)  # deliveries that have ended, with their tries
REST = timedelta(seconds=2)  # for an endpoint that did not reply, before the next of its deliveries

AT_ONCE = 5  # endpoints that one process tells at a time: slow ones leave threads for what customers are sent
_SLOTS = threading.BoundedSemaphore(AT_ONCE)

# In which state a delivery is, with the condition of each.
STATES: dict[str, ColumnElement[bool]] = {
    "waiting": EventDelivery.next_try_at.is_not(None),
    "delivered": EventDelivery.delivered_at.is_not(None),
    "given_up": EventDelivery.given_up_at.is_not(None),
}


def state_of(delivery: EventDelivery) -> str:
    """Return the key of STATES that fits."""
    if delivery.delivered_at is not None:
        return "delivered"
    return "given_up" if delivery.given_up_at is not None else "waiting"


@dataclass(frozen=True)
class Sending:
    """What one POST needs; `round` and `number` tell this try from any other of the same delivery."""

    delivery_id: str
    round: int
    number: int
    url: str
    headers: dict[str, str]
    body: bytes


def fan_out(event: Event) -> None:
    """Have each endpoint that is on and wants this kind of event told of it, once, however often this is called."""
    if event.kind not in EVENTS:
        return
    with transaction():
        for endpoint in webhook_endpoints.list_endpoints():
            if endpoint.disabled_at is None and wants(endpoint, event.kind):
                add(event, endpoint)


def wants(endpoint: WebhookEndpoint, kind: str) -> bool:
    """Tell whether the endpoint is told of this kind of event; one that names none is told of all."""
    return not endpoint.event_types or kind in endpoint.event_types


def add(event: Event, endpoint: WebhookEndpoint) -> bool:
    """Add a delivery and the job for it to the caller's transaction; False when there is one already."""
    now = utc_now()
    values = {
        "id": new_id("evd"), "event_id": event.id, "endpoint_id": endpoint.id, "round": 1, "tried_count": 0,
        "created_at": now, "round_began_at": now, "next_try_at": now,
    }  # fmt: skip
    added = insert_once(EventDelivery, values, unique=["event_id", "endpoint_id"])
    if added:
        jobs.enqueue(DELIVER, endpoint.id)
    return added


def body_of(event: Event) -> bytes:
    """Return what is sent of an event: the same bytes with each try."""
    told = {"type": event.kind, "timestamp": event.created_at.astimezone(UTC).isoformat(), "data": event.data}
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()


def deliver_due(endpoint_id: str) -> None:
    """Send what is due to an endpoint, one at a time, until nothing is or its turn is over. Raises jobs.NotYet then.

    It is put off likewise while as many endpoints as may be are being told.
    """
    if not _SLOTS.acquire(blocking=False):
        raise jobs.NotYet(utc_now() + REST)
    try:
        _deliver_due(endpoint_id)
    finally:
        _SLOTS.release()


def _deliver_due(endpoint_id: str) -> None:
    until = time.monotonic() + TURN_SECONDS
    while sending := _claim_next(endpoint_id):
        allowed = current_app.config["JUNCTION"].webhook_allowed_networks
        outcome = post(sending.url, sending.headers, sending.body, allowed)
        _record(sending, endpoint_id, outcome)
        if outcome.http_status is None or time.monotonic() > until:
            if _is_due(endpoint_id):
                raise jobs.NotYet(utc_now() + (REST if outcome.http_status is None else timedelta()))
            return


def wake() -> None:
    """Ask for the work of every endpoint to which something is due: what was put off, and what a crash left."""
    due = select(EventDelivery.endpoint_id).where(EventDelivery.next_try_at <= utc_now()).distinct()
    with transaction():
        for endpoint_id in db.session.scalars(due).all():
            jobs.enqueue(DELIVER, endpoint_id)


def forget_old(older_than: timedelta = KEPT, most: int = 500) -> None:
    """Delete deliveries that ended long ago, with their tries: a few at a time, so that nobody waits."""
    long_ago = utc_now() - older_than
    ended = (
        EventDelivery.created_at < long_ago,
        EventDelivery.round_began_at < long_ago,
        EventDelivery.next_try_at.is_(None),
    )
    with transaction():
        ids = list(db.session.scalars(select(EventDelivery.id).where(*ended).limit(most)))
        db.session.execute(delete(EventDeliveryTry).where(EventDeliveryTry.delivery_id.in_(ids)))
        db.session.execute(delete(EventDelivery).where(EventDelivery.id.in_(ids)))


def next_try(delivery: EventDelivery, wish: timedelta | None, now: datetime) -> datetime | None:
    """Return when a delivery that failed is tried again, or None when it is given up."""
    end = delivery.round_began_at + GIVE_UP_AFTER
    if now >= end and delivery.tried_count >= LEAST_TRIES:
        return None
    pause = SCHEDULE[min(delivery.tried_count, len(SCHEDULE)) - 1]
    pause *= random.uniform(0.9, 1.1)  # noqa: S311 - spreads the load, keeps no secret
    later = now + max(pause, min(wish or timedelta(), LONGEST_WISH))
    return later if now >= end else min(later, end)


def _claim_next(endpoint_id: str) -> Sending | None:
    """Take the delivery that is due for longest, so that no other worker sends it while this one does."""
    now = utc_now()
    due = (
        select(EventDelivery.id)
        .where(EventDelivery.endpoint_id == endpoint_id, EventDelivery.next_try_at <= now)
        .order_by(EventDelivery.next_try_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    with transaction():
        claimed = db.session.execute(
            update(EventDelivery)
            .where(EventDelivery.id == due.scalar_subquery(), EventDelivery.next_try_at <= now)
            .values(next_try_at=now + CLAIM, tried_count=EventDelivery.tried_count + 1)
            .returning(EventDelivery.id)
            .execution_options(synchronize_session=False)
        ).first()
        if claimed is None:
            return None
        delivery = db.session.get_one(EventDelivery, claimed.id, populate_existing=True)
        if delivery.endpoint.disabled_at or delivery.endpoint.removed_at:  # added while it was switched off
            webhook_endpoints.give_up_waiting(endpoint_id)
            return None
        if delivery.tried_count == 1:
            delivery.round_began_at = now
        return _sending(delivery, now)


def _sending(delivery: EventDelivery, now: datetime) -> Sending:
    body = body_of(delivery.event)
    moment = now.astimezone(UTC)  # the library takes any other zone's clock for UTC
    signatures = [
        Webhook(secret).sign(delivery.event_id, moment, body.decode())
        for secret in webhook_endpoints.signing_secrets(delivery.endpoint, now)
    ]
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Junction-Webhooks/1",
        "webhook-id": delivery.event_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
    return Sending(delivery.id, delivery.round, delivery.tried_count, delivery.endpoint.url, headers, body)


def _record(sending: Sending, endpoint_id: str, outcome: Outcome) -> None:
    """Log the try, and end or put off its delivery unless a person has begun a new round of it meanwhile."""
    now = utc_now()
    with transaction():
        if not outcome.taken:  # it may be switched off below, and whoever does that locks it before its deliveries
            now_at = select(WebhookEndpoint.url).where(WebhookEndpoint.id == endpoint_id)
            same_address = db.session.scalar(now_at.with_for_update(key_share=True)) == sending.url
        db.session.add(
            EventDeliveryTry(
                delivery_id=sending.delivery_id, at=now, http_status=outcome.http_status,
                milliseconds=outcome.milliseconds, detail=outcome.detail,
            )
        )  # fmt: skip
        delivery = db.session.get_one(EventDelivery, sending.delivery_id, populate_existing=True)
        later = None if outcome.taken else next_try(delivery, outcome.retry_after, now)
        ended = {"delivered_at": now if outcome.taken else None, "given_up_at": None if outcome.taken or later else now}
        mine = update(EventDelivery).where(
            EventDelivery.id == sending.delivery_id,
            EventDelivery.round == sending.round,
            EventDelivery.tried_count == sending.number,
        )
        if not outcome.taken:  # what was taken is delivered, also when it was given up meanwhile
            mine = mine.where(EventDelivery.next_try_at.is_not(None))
        applied = db.session.execute(
            mine.values(next_try_at=later, **ended)
            .returning(EventDelivery.id)
            .execution_options(synchronize_session=False)
        ).first()
        if outcome.http_status == GONE and same_address:
            _disable(endpoint_id, "It answered 410 Gone: nobody wants these events there any more.")
        elif applied and ended["given_up_at"] and not _delivered_since(endpoint_id, now - GIVE_UP_AFTER):
            _disable(endpoint_id, "Every delivery failed for three days.")


def _disable(endpoint_id: str, reason: str) -> None:
    if webhook_endpoints.switch_off(endpoint_id, reason):
        message = f"A webhook endpoint was switched off. {reason} What it missed can be replayed when it is on again."
        alerts.raise_alert(DISABLED, endpoint_id, message)


def _delivered_since(endpoint_id: str, moment: datetime) -> bool:
    recent = (EventDelivery.endpoint_id == endpoint_id, EventDelivery.delivered_at >= moment)
    return bool(db.session.scalar(select(exists().where(*recent))))


def _is_due(endpoint_id: str) -> bool:
    due = (EventDelivery.endpoint_id == endpoint_id, EventDelivery.next_try_at <= utc_now())
    with transaction():
        return bool(db.session.scalar(select(exists().where(*due))))
