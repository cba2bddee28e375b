"""How subscriptions end: cancelled on their day, expired after the last period or unpaid, aborted; and told before."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Select, exists, or_, select, update

from app.domain.statuses import RUNNING_SUBSCRIPTION, RenewalStatus, SessionStatus, SubscriptionStatus
from app.models import IS_RUNNING, CheckoutSession, Renewal, Subscription, db, utc_now
from app.models.subscriptions import IS_OPEN, IS_UNPAID
from app.services import events, periods
from app.services.renewal_settings import renewal_settings
from app.services.sessions import live_attempt
from app.services.transaction import transaction
from app.services.transitions import move

_OPEN_OF = exists().where(Renewal.subscription_id == Subscription.id, IS_OPEN)


def end(subscription: Subscription, to: SubscriptionStatus, *, actor: str, reason: str) -> None:
    """End a running subscription, locked by the caller, with the renewals that are still open.

    Money of theirs that is under way is counted when it arrives, and a person is alerted then. A provider that charges
    by itself is told at once.
    """
    now = utc_now()
    charged_there = subscription.collection == "automatic" and subscription.account_id is not None
    for renewal in open_renewals(subscription.id):
        move(renewal, RenewalStatus.VOID, actor=actor, reason=reason, next_try_at=None, ended_at=now)
        close_session(renewal)
    move(
        subscription,
        to,
        actor=actor,
        reason=reason,
        ended_at=now,
        next_due_at=None,
        next_sync_at=now if charged_there else None,
    )


def open_renewals(subscription_id: str) -> list[Renewal]:
    """Lock and return the open renewals of a subscription that the caller has locked, in order of number."""
    query = select(Renewal).where(Renewal.subscription_id == subscription_id, IS_OPEN).order_by(Renewal.number)
    return list(db.session.scalars(query.with_for_update().execution_options(populate_existing=True)))


def close_session(renewal: Renewal) -> None:
    """Let nobody begin to pay a renewal any more: its session's time is over."""
    now = utc_now()
    over = update(CheckoutSession).where(CheckoutSession.id == renewal.session_id, CheckoutSession.expires_at > now)
    db.session.execute(over.values(expires_at=now))


def cancel_due(limit: int = 200) -> int:
    """Cancel the subscriptions that we charge and whose renewal day has come; return how many.

    What fell due before that day is still opened and charged first, however late we are; one that is on hold by then,
    or that its customer has not paid by link, is not waited for. Those that a provider charges are cancelled when it
    confirms: see `provider_subscriptions`.
    """
    due = select(Subscription.id).where(
        IS_RUNNING, Subscription.cancel_at <= utc_now(), Subscription.collection == "manual"
    )
    ended = 0
    for subscription_id in _read(due.order_by(Subscription.cancel_at).limit(limit)):
        with transaction():
            subscription = periods.lock(subscription_id)
            ended += _cancel(subscription)
    return ended


def expire_due(limit: int = 200) -> int:
    """Expire the subscriptions whose last period is over and collected; return how many."""
    over = select(Subscription.id).where(
        IS_RUNNING, Subscription.ends_at <= utc_now(), Subscription.next_due_at.is_(None), ~_OPEN_OF
    )
    ended = 0
    for subscription_id in _read(over.order_by(Subscription.ends_at).limit(limit)):
        with transaction():
            subscription = periods.lock(subscription_id)
            running = subscription.status in RUNNING_SUBSCRIPTION and subscription.next_due_at is None
            if running and not open_renewals(subscription_id):
                end(subscription, SubscriptionStatus.EXPIRED, actor="system", reason="its last period is over")
                ended += 1
    return ended


def expire_unpaid(limit: int = 200) -> int:
    """Expire the subscriptions whose first checkout expired unpaid; return how many."""
    expired = (
        exists()
        .where(Renewal.subscription_id == Subscription.id, CheckoutSession.id == Renewal.session_id)
        .where(CheckoutSession.status == SessionStatus.EXPIRED)
    )
    unpaid = select(Subscription.id).where(IS_UNPAID, expired).order_by(Subscription.created_at)
    ended = 0
    for subscription_id in _read(unpaid.limit(limit)):
        with transaction():
            subscription = periods.lock(subscription_id)
            if subscription.status == SubscriptionStatus.CREATED:
                reason = "its first payment was not made in time"
                end(subscription, SubscriptionStatus.EXPIRED, actor="system", reason=reason)
                ended += 1
    return ended


def tell_ending_soon(limit: int = 200) -> int:
    """Tell once that a subscription is about to end; return how many were told of."""
    now = utc_now()
    soon = now + timedelta(days=renewal_settings().ending_soon_days)
    ending = (
        IS_RUNNING,
        Subscription.ending_told_at.is_(None),
        or_(Subscription.cancel_at.between(now, soon), Subscription.ends_at.between(now, soon)),
    )
    told = 0
    for subscription_id in _read(select(Subscription.id).where(*ending).limit(limit)):
        with transaction():
            first = update(Subscription).where(Subscription.id == subscription_id, *ending)
            first = first.values(ending_told_at=now).returning(Subscription.id)
            if db.session.execute(first.execution_options(synchronize_session=False)).first() is not None:
                subscription = db.session.get_one(Subscription, subscription_id, populate_existing=True)
                events.tell("subscription.ending_soon", subscription)
                told += 1
    return told


def _cancel(subscription: Subscription) -> bool:
    now = utc_now()
    cancel_at, next_due_at = subscription.cancel_at, subscription.next_due_at
    if subscription.status not in RUNNING_SUBSCRIPTION or cancel_at is None or cancel_at > now:
        return False
    if subscription.status == SubscriptionStatus.ACTIVE:
        held = open_renewals(subscription.id)
        owed = next_due_at is not None and next_due_at < cancel_at
        if any(map(_is_under_way, held)) or (owed and not held):
            return False
    end(subscription, SubscriptionStatus.CANCELLED, actor="system", reason=cancellation_reason(subscription))
    return True


def _is_under_way(renewal: Renewal) -> bool:
    """Tell whether a renewal is about to be charged or being paid, rather than waiting for its customer to come."""
    return renewal.next_try_at is not None or live_attempt(renewal.session_id) is not None


def cancellation_reason(subscription: Subscription) -> str:
    """Return who asked for the cancellation and why, for the history."""
    why = f": {subscription.cancel_reason}" if subscription.cancel_reason else ""
    return f"asked for by {subscription.cancel_requested_by}{why}"


def _read(query: Select[str]) -> list[str]:
    """Return the ids in a transaction that ends with the reading: each is then moved in one of its own."""
    with transaction():
        return list(db.session.scalars(query))
