"""Subscriptions: made with their first checkout, changed from the next period, cancelled on the renewal day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from flask import current_app

from app.domain import billing
from app.domain.ids import new_id
from app.domain.money import MAX_AMOUNT, format_money
from app.domain.statuses import RUNNING_SUBSCRIPTION, SubscriptionStatus
from app.models import CheckoutSession, Renewal, Subscription, db, utc_now
from app.services import events, periods, rule_sets
from app.services.errors import FieldRefused, NotFound
from app.services.sessions import NewSession, add_session
from app.services.subscription_errors import CancellationOver, NoRenewalLeft, NothingStored, NotRunning
from app.services.transaction import transaction
from app.services.transitions import note, record_creation

COLLECTIONS = ("automatic", "manual")
MOST_OF = {"day": 1095, "week": 156, "month": 36, "year": 3}  # an interval of three years at most
MOST_PAYMENTS = 1000
LATEST_END = timedelta(days=50 * 366)


@dataclass(frozen=True, kw_only=True)
class NewSubscription:
    """How often to pay: every `interval_count` `interval_unit`s (day, week, month, year), until `total_payments` were
    made (the first counts) or no period begins any more on or before `ends_on`. `collection` says who charges."""

    interval_unit: str
    interval_count: int = 1
    total_payments: int | None = None
    ends_on: date | None = None
    collection: str = "automatic"


@dataclass(frozen=True)
class Upcoming:
    """A renewal that is to come; `amount` in minor units."""

    number: int
    due_at: datetime
    amount: int


def create(
    wanted: NewSubscription,
    checkout: NewSession,
    *,
    actor: str,
    api_key_id: str | None = None,
    session_id: str | None = None,
) -> CheckoutSession:
    """Store a subscription with the checkout session of its first payment; return that session.

    With `session_id` of one that exists, return that one. Raises FieldRefused, rules.InvalidFacts: nothing is stored.
    """
    zone = current_app.config["JUNCTION"].merchant_timezone
    _check(wanted, zone)
    rule_sets.warm_up()
    session_id = session_id or new_id("cs")
    with transaction():
        known = db.session.get(CheckoutSession, session_id)
        if known is not None:
            return known
        subscription = Subscription(
            **vars(wanted),
            id=new_id("sub"),
            amount=checkout.amount,
            currency=checkout.currency,
            reference=checkout.reference,
            customer_email=checkout.customer.get("email"),
            customer=checkout.customer,
            locale=checkout.locale,
            timezone=zone,
        )
        record_creation(subscription, actor=actor)
        first = replace(checkout, flow="subscription", subscription_id=subscription.id)
        session = add_session(first, session_id, actor=actor, api_key_id=api_key_id)
        renewal = Renewal(
            subscription_id=subscription.id,
            number=1,
            amount=checkout.amount,
            due_at=session.created_at,
            session_id=session_id,
        )
        record_creation(renewal, actor=actor)
    return session


def get(subscription_id: str) -> Subscription:
    """Return a subscription. Raises NotFound."""
    subscription = db.session.get(Subscription, subscription_id)
    if subscription is None:
        raise NotFound("subscription", subscription_id)
    return subscription


def request_cancellation(subscription_id: str, *, actor: str, reason: str = "") -> Subscription:
    """Let the subscription end on its next renewal day, which is not charged any more; asking twice is once.

    Raises NotFound, NotRunning.
    """
    with transaction():
        subscription = _lock_running(subscription_id)
        if subscription.cancel_at is None:
            now = utc_now()
            subscription.cancel_at = periods.next_day(subscription, now)
            subscription.cancel_requested_by, subscription.cancel_requested_at = actor, now
            subscription.cancel_reason = reason
            _tell_provider(subscription)
            day = billing.local_day(subscription.cancel_at, subscription.timezone)
            why = f": {reason}" if reason else ""
            note(subscription, actor=actor, reason=f"to be cancelled on {day:%d %B %Y}{why}")
            events.tell("subscription.cancellation_scheduled", subscription)
    return subscription


def withdraw_cancellation(subscription_id: str, *, actor: str) -> Subscription:
    """Let a subscription that waits for its cancellation go on. Raises NotFound, NotRunning, CancellationOver."""
    with transaction():
        subscription = _lock_running(subscription_id)
        if subscription.cancel_at is None or subscription.cancel_at <= utc_now():
            raise CancellationOver
        subscription.cancel_at = subscription.cancel_requested_by = subscription.cancel_requested_at = None
        subscription.cancel_reason, subscription.ending_told_at = "", None
        _tell_provider(subscription)
        note(subscription, actor=actor, reason="its cancellation was withdrawn")
        events.tell("subscription.cancellation_withdrawn", subscription)
    return subscription


def change(
    subscription_id: str, *, amount: int | None = None, ask_method: bool | None = None, actor: str
) -> Subscription:
    """Change what holds from the next period on: what a renewal asks for, in minor units, and whether the customer
    pays the next one by link, by a method that is kept from then on.

    A renewal that is open already keeps its amount. Raises NotFound, NotRunning, NoRenewalLeft, NothingStored,
    FieldRefused.
    """
    if amount is not None and not 0 < amount <= MAX_AMOUNT:
        raise FieldRefused("amount", f"Write an amount in minor units from 1 to {MAX_AMOUNT}.")
    with transaction():
        subscription = _lock_running(subscription_id)
        if subscription.next_due_at is None:
            raise NoRenewalLeft(subscription.ends_at)
        if amount is not None and amount != subscription.amount:
            old, new = (format_money(value, subscription.currency, "en") for value in (subscription.amount, amount))
            subscription.amount = amount
            note(subscription, actor=actor, reason=f"from the next renewal on {new} instead of {old}")
        if ask_method is not None and ask_method != subscription.ask_method:
            if not ask_method and subscription.token_id is None:
                raise NothingStored
            subscription.ask_method = ask_method
            how = "paid by link, by a method of the customer's choice" if ask_method else "charged as before"
            note(subscription, actor=actor, reason=f"the next renewal is {how}")
        _tell_provider(subscription)
    return subscription


def next_renewal(subscription: Subscription) -> Upcoming | None:
    """Return the renewal that comes next, or None when none does."""
    return next(iter(upcoming(subscription, 1)), None)


def upcoming(subscription: Subscription, count: int = 6) -> list[Upcoming]:
    """Return the next renewals in order, at most `count`; of one whose first payment is not made, as if it were today.

    None of them is due on or after the day of a cancellation.
    """
    if subscription.status not in (SubscriptionStatus.CREATED, *RUNNING_SUBSCRIPTION):
        return []
    number = subscription.next_number
    anchor = subscription.anchor_on
    if anchor is None:
        anchor, number = billing.local_day(utc_now(), subscription.timezone), 2
    unit, every = subscription.interval_unit, subscription.interval_count
    last = billing.last_number(
        anchor, unit, every, total_payments=subscription.total_payments, ends_on=subscription.ends_on
    )
    found: list[Upcoming] = []
    while len(found) < count and (last is None or number <= last):
        due_at = billing.due_at(anchor, number, unit, every, subscription.timezone)
        if subscription.cancel_at is not None and due_at >= subscription.cancel_at:
            break
        found.append(Upcoming(number, due_at, subscription.amount))
        number += 1
    return found


def _lock_running(subscription_id: str) -> Subscription:
    subscription = periods.lock(subscription_id)
    if subscription.status not in RUNNING_SUBSCRIPTION:
        raise NotRunning(subscription.status)
    return subscription


def _tell_provider(subscription: Subscription) -> None:
    """Let the provider that charges by itself be told within seconds, by the clock."""
    if subscription.collection == "automatic":
        subscription.next_sync_at = utc_now()


def _check(wanted: NewSubscription, zone: str) -> None:
    most = MOST_OF.get(wanted.interval_unit)
    if most is None:
        raise FieldRefused("subscription.interval", f"Use one of {', '.join(MOST_OF)}.")
    if not 1 <= wanted.interval_count <= most:
        raise FieldRefused(
            "subscription.interval_count", f"Use a number from 1 to {most}: an interval is three years at most."
        )
    if wanted.total_payments is not None and not 1 <= wanted.total_payments <= MOST_PAYMENTS:
        raise FieldRefused("subscription.total_payments", f"Use a number from 1 to {MOST_PAYMENTS}, or leave it out.")
    if wanted.collection not in COLLECTIONS:
        raise FieldRefused("subscription.collection", f"Use one of {', '.join(COLLECTIONS)}.")
    today = billing.local_day(utc_now(), zone)
    if wanted.ends_on is not None and not today <= wanted.ends_on <= today + LATEST_END:
        raise FieldRefused("subscription.ends_on", "Use a day from today on, at most 50 years away, or leave it out.")
