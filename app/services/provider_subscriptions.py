"""Subscriptions that a provider charges by itself: started, told and asked until both sides say the same."""

from __future__ import annotations

from datetime import datetime

import structlog
from sqlalchemy import select, update

from app.domain.asking import REVIEW_AFTER, next_check
from app.domain.statuses import RUNNING_SUBSCRIPTION
from app.models import Renewal, Subscription, db, utc_now
from app.services import jobs, periods, rule_sets
from app.services.alerts import close_alert, raise_alert
from app.services.errors import NotFound
from app.services.provider_terms import (
    AT_LEAST,
    Call,
    call_of,
    charge_ourselves,
    is_charged_there,
    next_sync,
    take_over,
)
from app.services.slots import provider_slot
from app.services.subscription_errors import ProviderSilent, RenewalUnderWay
from app.services.transaction import release, transaction
from app.services.transitions import note
from providers.interface import (
    FailureKind,
    OutcomeUnknown,
    ProviderRefused,
    ProviderSubscription,
    ProviderSubscriptionState,
)

log = structlog.get_logger()

SYNC = "sync_subscription"
UNKNOWN, NOT_TOLD = "subscription_unknown", "subscription_not_adjusted"  # kinds of alerts
ANSWERED = "The provider answered."
ROUNDS = 5  # of asking and telling, before the rest is left for later


def claim_due(limit: int = 200) -> int:
    """Ask for the subscriptions whose provider is to be asked or told to be synchronised; return how many.

    The next time is set at once, on a back-off, so that one that is not answered is asked about again.
    """
    now = utc_now()
    due = (
        select(Subscription.id, Subscription.next_sync_at, Subscription.synced_at, Subscription.started_at)
        .where(Subscription.next_sync_at <= now)
        .order_by(Subscription.next_sync_at, Subscription.id)  # one order for all: nobody waits in a circle
        .limit(limit)
    )
    claimed = 0
    with transaction():
        for row in db.session.execute(due).all():
            later = next_check(row.synced_at or row.started_at or now, now)
            if _set_next_sync(row.id, row.next_sync_at, later):
                jobs.enqueue(SYNC, row.id)
                claimed += 1
    return claimed


def hear(subscription_id: str) -> None:
    """Ask the provider soon: it has just said that something changed, which a question under way may have missed."""
    with transaction():
        periods.lock(subscription_id).next_sync_at = utc_now()
        jobs.enqueue(SYNC, subscription_id)


def sync(subscription_id: str) -> None:
    """Bring the subscription and its provider to the same state; safe at any moment, any number of times.

    Silence says nothing: the provider is asked again, and a person looks after a day. Raises NotFound, Busy.
    """
    subscription = db.session.get(Subscription, subscription_id, populate_existing=True)
    if subscription is None:
        raise NotFound("subscription", subscription_id)
    if subscription.account_id is None:
        return
    seen = subscription.next_sync_at
    if seen is not None and seen <= utc_now():  # not claimed by the clock: what goes wrong here is tried again too
        with transaction():
            seen = next_check(subscription.synced_at or subscription.started_at or seen, utc_now())
            periods.lock(subscription_id).next_sync_at = seen
    release()
    rule_sets.warm_up()
    with provider_slot():
        try:
            truth = _bring_into_step(subscription_id)
        except OutcomeUnknown as unknown:
            _note_silence(subscription_id, unknown.message)
            return
    if truth is None:
        return
    with transaction():
        close_alert(UNKNOWN, subscription_id, note=ANSWERED)
        close_alert(NOT_TOLD, subscription_id, note=ANSWERED)
        subscription = db.session.get_one(Subscription, subscription_id, populate_existing=True)
        _set_next_sync(subscription_id, seen, next_sync(subscription, truth))


def stop(renewal_id: str, *, actor: str) -> None:
    """Let the provider charge nothing of a renewal's subscription any more, so that its customer can pay by link.

    Raises RenewalUnderWay, ProviderSilent: then the provider may still charge, and the customer must not be asked.
    """
    renewal = db.session.get_one(Renewal, renewal_id)
    subscription_id, number = renewal.subscription_id, renewal.number
    with transaction():
        subscription = periods.lock(subscription_id)
        if not subscription.ask_method:
            subscription.ask_method = True  # what the provider gives up from now on is not given up by us
            note(subscription, actor=actor, reason="the provider is to stop: the customer shall choose another method")
    rule_sets.warm_up()
    with provider_slot():
        call = call_of(subscription_id)
        release()
        try:
            call.provider.adjust_subscription(
                call.account, subscription_id, call.trace, amount=call.amount, ends_at=utc_now()
            )
            truth = call.provider.look_up_subscription(call.account, subscription_id, call.trace, from_number=number)
        except (OutcomeUnknown, ProviderRefused) as silent:
            raise ProviderSilent from silent
    if truth is None or truth.state is not ProviderSubscriptionState.ENDED:
        raise ProviderSilent
    take_over(subscription_id, truth)
    if db.session.get_one(Subscription, subscription_id, populate_existing=True).collection == "automatic":
        raise RenewalUnderWay


def _bring_into_step(subscription_id: str) -> ProviderSubscription | None:
    """Ask, take over, tell, and ask again until both sides agree; return the provider's last word.

    None when they do not agree, of which a person is told, or nothing is to be agreed on.
    """
    wanted: set[int] = set()
    for _ in range(ROUNDS):
        call = call_of(subscription_id)
        wanted.add(call.amount)
        release()
        try:
            truth = _ask(call, subscription_id)
            if truth is None:
                return None
            take_over(subscription_id, truth, wanted)
            call = call_of(subscription_id)
            wanted.add(call.amount)
            release()
            ends_at = call.end_wanted(truth)
            agreed = (truth.amount, truth.ends_at) == (call.amount, ends_at)
            if agreed or truth.state is ProviderSubscriptionState.ENDED:
                return truth
            call.provider.adjust_subscription(
                call.account, subscription_id, call.trace, amount=call.amount, ends_at=ends_at
            )
        except ProviderRefused as refused:
            _refused(subscription_id, refused)
            return None
    with transaction():
        raise_alert(NOT_TOLD, subscription_id, "The provider was told amount and end, and keeps to others: look there.")
    return None


def _ask(call: Call, subscription_id: str) -> ProviderSubscription | None:
    """Look the subscription up, and start it when the provider has never heard of it and shall."""
    truth = call.provider.look_up_subscription(call.account, subscription_id, call.trace, from_number=call.from_number)
    if truth is not None:
        return truth
    if call.request is None:
        _note_lost(subscription_id)
        return None
    if not call.provider.capabilities(call.account).subscriptions:
        _fall_back(subscription_id, "the provider account charges no subscriptions by itself")
        return None
    return call.provider.start_subscription(call.account, call.request)


def _refused(subscription_id: str, refused: ProviderRefused) -> None:
    """Charge it ourselves when the provider will not start it; tell a person when it will not be changed.

    A technical refusal may pass, so starting is tried again until the first renewal is due.
    """
    failure = refused.failure
    log.warning("subscription_refused", subscription=subscription_id, code=failure.code)
    subscription = db.session.get_one(Subscription, subscription_id, populate_existing=True)
    starting = subscription.provider_reference is None
    due_at = subscription.next_due_at
    passing = failure.kind is FailureKind.TECHNICAL and due_at is not None and due_at > utc_now()
    release()
    if starting and not passing:
        _fall_back(subscription_id, f"the provider refused to ({failure.code}: {failure.message})"[:500])
    elif not starting:
        with transaction():
            why = f"The provider did not accept a change ({failure.code}: {failure.message})."[:500]
            raise_alert(NOT_TOLD, subscription_id, f"{why} It is told again; look there if it stays so.")


def _fall_back(subscription_id: str, why: str) -> None:
    """Let us charge the renewals of a subscription that no provider has begun, and tell a person."""
    with transaction():
        subscription = periods.lock(subscription_id)
        begun = subscription.provider_reference is not None or subscription.collection != "automatic"
        if begun or subscription.status not in RUNNING_SUBSCRIPTION:
            return
        charge_ourselves(subscription, why, actor="system")
        raise_alert("charged_by_us", subscription_id, f"We charge the renewals ourselves: {why}.")


def _note_lost(subscription_id: str) -> None:
    """Ask no more about what is over; alert when the provider no longer knows what it should be charging."""
    with transaction():
        subscription = periods.lock(subscription_id)
        if is_charged_there(subscription) and subscription.provider_reference is not None:
            raise_alert(UNKNOWN, subscription_id, "The provider says that it has no such subscription.")
        else:
            subscription.next_sync_at = None


def _note_silence(subscription_id: str, why: str) -> None:
    log.warning("subscription_unknown", subscription=subscription_id)
    with transaction():
        subscription = periods.lock(subscription_id)
        since = subscription.synced_at or subscription.started_at
        # It is asked once a day while all is well, so its latest answer may be a day older than the first silence.
        if since is not None and utc_now() - since > REVIEW_AFTER + AT_LEAST:
            message = f"The provider has not answered since {since:%d %B, %H:%M} UTC: {why}"
            raise_alert(UNKNOWN, subscription_id, message)


def _set_next_sync(subscription_id: str, seen: datetime | None, later: datetime | None) -> bool:
    """Set when the provider is asked next, unless somebody asked for it meanwhile."""
    unchanged = Subscription.next_sync_at.is_(None) if seen is None else Subscription.next_sync_at == seen
    changed = (
        update(Subscription)
        .where(Subscription.id == subscription_id, unchanged)
        .values(next_sync_at=later)
        .returning(Subscription.id)
        .execution_options(synchronize_session=False)
    )
    return db.session.execute(changed).first() is not None
