"""The periods of a stored subscription: when each is due, which is the last, and the lock that all who move it take."""

from __future__ import annotations

from datetime import datetime

from app.domain import billing
from app.models import Subscription, db
from app.services.errors import NotFound


def lock(subscription_id: str) -> Subscription:
    """Lock a subscription in the caller's transaction, before any renewal or session of it. Raises NotFound."""
    locked = db.session.get(Subscription, subscription_id, with_for_update=True, populate_existing=True)
    if locked is None:
        raise NotFound("subscription", subscription_id)
    return locked


def due_of(subscription: Subscription, number: int) -> datetime:
    """Return when period `number` of a subscription that has begun falls due."""
    assert subscription.anchor_on is not None, "its first payment is not made yet"
    unit, count = subscription.interval_unit, subscription.interval_count
    return billing.due_at(subscription.anchor_on, number, unit, count, subscription.timezone)


def last_of(subscription: Subscription) -> int | None:
    """Return the number of the last period, or None when there is none."""
    assert subscription.anchor_on is not None, "its first payment is not made yet"
    return billing.last_number(
        subscription.anchor_on,
        subscription.interval_unit,
        subscription.interval_count,
        total_payments=subscription.total_payments,
        ends_on=subscription.ends_on,
    )


def due_if_any(subscription: Subscription, number: int) -> datetime | None:
    """Return when period `number` falls due, or None when it comes after the last one."""
    last = last_of(subscription)
    return due_of(subscription, number) if last is None or number <= last else None


def next_day(subscription: Subscription, now: datetime) -> datetime:
    """Return the next renewal day after `now`, or the end of the last period when no renewal is to come."""
    number = subscription.next_number
    while (due := due_if_any(subscription, number)) is not None:
        if due > now:
            return due
        number += 1
    assert subscription.ends_at is not None, "there is a last period, so it has an end"
    return subscription.ends_at
