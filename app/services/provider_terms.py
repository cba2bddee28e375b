"""What a subscription and the provider that charges it agree on: what we want of it, and what it says taken over."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import select

from app.domain.asking import next_check
from app.domain.statuses import RUNNING_SUBSCRIPTION, SubscriptionStatus
from app.models import Renewal, Subscription, db, utc_now
from app.models.subscriptions import IS_OPEN
from app.services import accounts, jobs, periods, provider_renewals, tokens
from app.services.alerts import raise_alert
from app.services.renewals import ASK
from app.services.subscription_ends import cancellation_reason, end, open_renewals
from app.services.transaction import transaction
from app.services.transitions import note
from providers.interface import (
    AccountConfig,
    Provider,
    ProviderSubscription,
    ProviderSubscriptionState,
    SubscriptionRequest,
    Trace,
)

AT_LEAST = timedelta(days=1)  # however well webhooks work, the provider is asked once a day
AFTER_DUE = timedelta(minutes=10)  # its own scheduler needs a moment


@dataclass(frozen=True)
class Call:
    """All that speaking with the provider needs, read while a transaction was open; `request` None: do not start.

    `is_over`: the provider is to charge nothing any more, as the subscription has ended or we charge it ourselves.
    """

    provider: Provider
    account: AccountConfig
    trace: Trace
    from_number: int
    request: SubscriptionRequest | None
    amount: int
    ends_at: datetime | None
    is_over: bool

    def end_wanted(self, truth: ProviderSubscription) -> datetime | None:
        """Return when it shall end there. Once it is over, nothing gives the provider a later end than it has: it would
        charge what it has been told not to, and we may have charged since."""
        ends = (self.ends_at, truth.ends_at) if self.is_over else (self.ends_at,)
        return min((end for end in ends if end is not None), default=None)


def call_of(subscription_id: str) -> Call:
    """Return how to speak with the provider of a subscription, and what we want of it now."""
    subscription = db.session.get_one(Subscription, subscription_id, populate_existing=True)
    assert subscription.account_id is not None, "it has begun"
    provider, account = accounts.connect(subscription.account_id)
    open_ones = select(Renewal.number).where(Renewal.subscription_id == subscription_id, IS_OPEN)
    oldest_open = db.session.scalar(open_ones.order_by(Renewal.number).limit(1))
    return Call(
        provider,
        account,
        Trace(provider_reference=subscription.provider_reference, asked_at=subscription.started_at),
        from_number=oldest_open or max(subscription.next_number - 1, 2),
        request=_request(subscription),
        amount=subscription.amount,
        ends_at=_end_at_provider(subscription),
        is_over=not is_charged_there(subscription),
    )


def take_over(subscription_id: str, truth: ProviderSubscription, wanted: Collection[int] = ()) -> None:
    """Bring renewals and subscription to what the provider says; saying it again changes nothing.

    The amount that it asks for from now on is believed when it is ours, or among what we `wanted` lately.
    """
    subscription = db.session.get_one(Subscription, subscription_id)
    actor = f"provider:{subscription.account_id}"
    for told in truth.renewals:
        if told.number > 1:  # the first was paid at the checkout
            provider_renewals.take_over(subscription_id, told, actor=actor)
    with transaction():
        subscription = periods.lock(subscription_id)
        subscription.provider_reference = truth.provider_reference
        subscription.synced_at = utc_now()
        if truth.amount in (subscription.amount, *wanted):  # after the renewals: those asked for what was agreed before
            subscription.provider_amount = truth.amount
        if is_charged_there(subscription):
            _conclude(subscription, truth, actor)


def next_sync(subscription: Subscription, truth: ProviderSubscription) -> datetime | None:
    """Return when to ask the provider again; None when it has nothing more to say."""
    now = utc_now()
    waits = [told.due_at for told in truth.renewals if told.failure is None and told.state == "pending"]
    moments = [next_check(min(waits), now)] if waits else []
    if is_charged_there(subscription):
        due_at, cancel_at = subscription.next_due_at, subscription.cancel_at
        moments += [moment + AFTER_DUE for moment in (due_at, *_tries(truth)) if moment is not None and moment > now]
        moments += [next_check(due_at, now)] if due_at is not None and due_at <= now else []
        moments += [max(cancel_at, now + timedelta(seconds=1))] if cancel_at is not None else []
        moments += [now + AT_LEAST] if truth.state is ProviderSubscriptionState.ACTIVE else []
    return min(moments, default=None)


def is_charged_there(subscription: Subscription) -> bool:
    """Tell whether its provider charges the renewals of a running subscription by itself."""
    return subscription.status in RUNNING_SUBSCRIPTION and subscription.collection == "automatic"


def charge_ourselves(subscription: Subscription, why: str, *, actor: str) -> None:
    """Charge the next renewals by the stored token from here on; the caller has locked the subscription."""
    subscription.collection, subscription.next_sync_at = "manual", None
    note(subscription, actor=actor, reason=f"charged by us from now on: {why}")


def _conclude(subscription: Subscription, truth: ProviderSubscription, actor: str) -> None:
    """End what was to end, or charge it ourselves from now on, once the provider has confirmed that it stops."""
    now = utc_now()
    ended = truth.state is ProviderSubscriptionState.ENDED
    stops_at = now if ended else truth.ends_at
    cancel_at, due_at = subscription.cancel_at, subscription.next_due_at
    held = open_renewals(subscription.id)
    if cancel_at is not None and cancel_at <= now:
        if stops_at is not None and stops_at <= now:
            end(subscription, SubscriptionStatus.CANCELLED, actor="system", reason=cancellation_reason(subscription))
    elif subscription.ask_method and (ended or cancel_at is None):
        to_pay = all(renewal.failure_kind and renewal.next_try_at is None for renewal in held)
        if to_pay and stops_at is not None and (ended or due_at is None or stops_at <= due_at):
            charge_ourselves(subscription, "the customer chooses another method", actor=actor)
            for renewal in held:
                jobs.enqueue(ASK, renewal.id)
    elif cancel_at is not None or not ended or due_at is None or held:
        return
    elif truth.ends_at == due_at:  # as we had asked: the provider heard too late that it shall go on
        charge_ourselves(subscription, "the provider had ended it when it was to go on", actor=actor)
        raise_alert("charged_by_us", subscription.id, "It goes on, but its provider had ended it by then.")
    else:
        end(subscription, SubscriptionStatus.CANCELLED, actor=actor, reason="the provider ended it, unasked")
        raise_alert("ended_by_provider", subscription.id, "The provider ended this subscription; nobody here asked it.")


def _end_at_provider(subscription: Subscription) -> datetime | None:
    """Return when the provider is to end: on the day of a cancellation, or before the customer chooses anew."""
    if subscription.status not in RUNNING_SUBSCRIPTION:
        return subscription.ended_at
    if subscription.collection == "manual":
        return utc_now()
    days = (subscription.cancel_at, subscription.next_due_at if subscription.ask_method else None)
    return min((day for day in days if day is not None), default=None)


def _request(subscription: Subscription) -> SubscriptionRequest | None:
    """Return what starts the subscription at its provider; None when it has begun there or is not to."""
    to_start = is_charged_there(subscription) and subscription.provider_reference is None
    if not to_start or subscription.next_due_at is None or subscription.token is None:
        return None
    assert subscription.anchor_on is not None, "it has begun"
    assert subscription.method is not None, "it was paid"
    return SubscriptionRequest(
        subscription_id=subscription.id,
        token=tokens.reveal(subscription.token),
        method=subscription.method,
        amount=subscription.amount,
        currency=subscription.currency,
        interval_unit=subscription.interval_unit,
        interval_count=subscription.interval_count,
        anchor_on=subscription.anchor_on,
        timezone=subscription.timezone,
        first_number=subscription.next_number,
        first_due_at=subscription.next_due_at,
        last_number=periods.last_of(subscription),
        reference=subscription.reference,
        description=current_app.config["JUNCTION"].theme.name,
        customer_email=subscription.customer_email,
    )


def _tries(truth: ProviderSubscription) -> list[datetime | None]:
    return [told.next_try_at for told in truth.renewals]
