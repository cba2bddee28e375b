"""Telling an endpoint again: one delivery, everything since a moment, or a test."""

from __future__ import annotations

from datetime import datetime

import structlog
from sqlalchemy import select, update

from app.models import Event, EventDelivery, WebhookEndpoint, db, utc_now
from app.services import event_deliveries, jobs
from app.services.errors import FieldsRefused, NotFound
from app.services.transaction import transaction
from app.services.webhook_endpoints import get_endpoint
from app.services.webhook_errors import EndpointOff, StillWaiting, TooManyEvents

log = structlog.get_logger()

TEST = "webhook_endpoint.test"  # told to one endpoint on request; no type that anybody registers for
MOST_EVENTS = 10_000
AT_ONCE = 200  # in one transaction, so that payments never wait for long


def get_delivery(delivery_id: str) -> EventDelivery:
    """Return a delivery. Raises NotFound."""
    delivery = db.session.get(EventDelivery, delivery_id)
    if delivery is None:
        raise NotFound("event delivery", delivery_id)
    return delivery


def replay(delivery_id: str, *, actor: str) -> EventDelivery:
    """Begin a new round of a delivery that has ended. Raises NotFound, EndpointOff, StillWaiting."""
    with transaction():
        delivery = get_delivery(delivery_id)
        _on(delivery.endpoint_id)
        if not _begin_round([delivery.id]):
            raise StillWaiting
        jobs.enqueue(event_deliveries.DELIVER, delivery.endpoint_id)
    log.info("event_delivery_replayed", delivery=delivery_id, actor=actor)
    return get_delivery(delivery_id)


def replay_since(endpoint_id: str, moment: datetime, *, everything: bool = False, actor: str) -> int:
    """Tell an endpoint what it wants to know and was not told since `moment`, or `everything`; return how many events.

    That includes what happened while it was off. Raises NotFound, EndpointOff, TooManyEvents, FieldsRefused.
    """
    endpoint = _on(endpoint_id)
    if moment < utc_now() - event_deliveries.KEPT:
        days = event_deliveries.KEPT.days
        raise FieldsRefused({"since": f"Choose a moment of the last {days} days: what was told before is forgotten."})
    if moment > utc_now():
        raise FieldsRefused({"since": "Choose a moment that has passed."})
    since = select(Event.id).where(Event.created_at >= moment, Event.kind != TEST)
    if endpoint.event_types:
        since = since.where(Event.kind.in_(endpoint.event_types))
    delivered = select(EventDelivery.event_id).where(
        EventDelivery.endpoint_id == endpoint_id,
        EventDelivery.next_try_at.is_not(None)
        if everything
        else (EventDelivery.next_try_at.is_not(None) | EventDelivery.delivered_at.is_not(None)),
    )
    wanted = since.where(Event.id.not_in(delivered)).order_by(Event.created_at, Event.id).limit(MOST_EVENTS + 1)
    with transaction():
        ids = list(db.session.scalars(wanted))
    if len(ids) > MOST_EVENTS:
        raise TooManyEvents(MOST_EVENTS)
    for start in range(0, len(ids), AT_ONCE):
        with transaction():
            _tell_again(_on(endpoint_id), ids[start : start + AT_ONCE])
    log.info("events_replayed", endpoint=endpoint_id, since=moment.isoformat(), events=len(ids), actor=actor)
    return len(ids)


def send_test(endpoint_id: str, *, actor: str) -> EventDelivery:
    """Tell one endpoint of an event made up for it. Raises NotFound, EndpointOff."""
    with transaction():
        endpoint = _on(endpoint_id)
        said = {"id": endpoint.id, "message": "A test that somebody sent on purpose. Nothing happened."}
        event = Event(kind=TEST, subject_id=endpoint.id, data=said)
        db.session.add(event)
        db.session.flush()
        event_deliveries.add(event, endpoint)
        delivery = db.session.scalars(select(EventDelivery).where(EventDelivery.event_id == event.id)).one()
    log.info("webhook_test_sent", endpoint=endpoint_id, actor=actor)
    return delivery


def _on(endpoint_id: str) -> WebhookEndpoint:
    endpoint = get_endpoint(endpoint_id)
    if endpoint.disabled_at is not None:
        raise EndpointOff(endpoint.disabled_reason)
    return endpoint


def _tell_again(endpoint: WebhookEndpoint, event_ids: list[str]) -> None:
    old = select(EventDelivery.id).where(
        EventDelivery.endpoint_id == endpoint.id, EventDelivery.event_id.in_(event_ids)
    )
    _begin_round(list(db.session.scalars(old)))
    for event in db.session.scalars(select(Event).where(Event.id.in_(event_ids))).all():
        event_deliveries.add(event, endpoint)
    jobs.enqueue(event_deliveries.DELIVER, endpoint.id)


def _begin_round(delivery_ids: list[str]) -> bool:
    """Let deliveries that have ended be tried anew, in the caller's transaction; False when none of them had."""
    now = utc_now()
    begun = db.session.execute(
        update(EventDelivery)
        .where(EventDelivery.id.in_(delivery_ids), EventDelivery.next_try_at.is_(None))
        .values(
            round=EventDelivery.round + 1,
            tried_count=0,
            round_began_at=now,
            next_try_at=now,
            delivered_at=None,
            given_up_at=None,
        )
        .returning(EventDelivery.id)
        .execution_options(synchronize_session=False)
    ).all()
    db.session.expire_all()
    return bool(begun)
