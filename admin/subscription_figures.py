"""The dashboard's figures of subscriptions: counted among those that run, and never further than a badge shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, or_, select

from admin.keyset import count_up_to
from app.domain.statuses import SubscriptionStatus
from app.models import IS_RUNNING, Subscription, utc_now

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class SubscriptionFigures:
    """Counts as they are shown: "0" to "999", or "999+"."""

    active: str
    on_hold: str
    ending: str


def ends_within_a_week() -> ColumnElement[bool]:
    """Return the condition: it runs, and is cancelled or at the end of its last period within seven days."""
    soon = utc_now() + WEEK
    return IS_RUNNING & or_(Subscription.cancel_at <= soon, Subscription.ends_at <= soon)


def subscription_figures() -> SubscriptionFigures:
    """Return the figures as they are now."""
    return SubscriptionFigures(
        active=_count(Subscription.status == SubscriptionStatus.ACTIVE),
        on_hold=_count(Subscription.status == SubscriptionStatus.ON_HOLD),
        ending=_count(ends_within_a_week()),
    )


def _count(condition: ColumnElement[bool]) -> str:
    return count_up_to(select(Subscription.id).where(IS_RUNNING, condition))
