"""Subscriptions that Stripe charges by itself: started once, told amount and end, found again.

What the SDK raises is passed on: `client.writing` and `client.reading` say what it means. Only the call that starts one
has an idempotency key of ours. The others may be made again as they are, and must then have an effect: by a key that
stays the same, Stripe would answer for a day what it answered first, be it a 500, and hear no wish to go back.
"""

from datetime import UTC, datetime
from typing import NoReturn

import stripe

from providers.interface import (
    NO_TRACE,
    Failure,
    FailureKind,
    OutcomeUnknown,
    ProviderRefused,
    ProviderRenewal,
    ProviderSubscription,
    ProviderSubscriptionState,
    SubscriptionRequest,
    Trace,
)
from providers.stripe import renewals, subscription_params
from providers.stripe.calendar import Calendar
from providers.stripe.client import found, reading
from providers.stripe.lists import PAGE, every
from providers.stripe.methods import method_of
from providers.stripe.money import from_stripe
from providers.stripe.subscription_params import ENDS_AT
from providers.stripe.values import SUBSCRIPTION, ident, moment, ours, text, whole

ENDED = ("canceled", "incomplete_expired")


def start(client: stripe.StripeClient, request: SubscriptionRequest) -> ProviderSubscription:
    """Let Stripe charge the renewals; see `Provider.start_subscription`.

    Stripe takes only a first day that is at most one interval away. For somebody who subscribed before the hour at
    which periods are billed, that is from that hour on: until then this is refused as technical, and works later.
    """
    known = reading(lambda: look_up(client, request.subscription_id))
    if known is not None:
        return known
    if "subscription" not in method_of(request.method, request.amount, request.currency).can.flows:
        _refuse(FailureKind.HARD_DECLINE, "unsupported_method", "Stripe cannot charge it without the customer.")
    try:
        calendar = Calendar.of_request(request)
        params = subscription_params.creation(request, calendar)
    except ValueError as wrong:
        _refuse(FailureKind.HARD_DECLINE, "unsupported_subscription", str(wrong))
    now, first_at = datetime.now(UTC), calendar.billed_at(request.first_number)
    if first_at <= now:
        _refuse(FailureKind.TECHNICAL, "too_late", "The first period has come before Stripe was told of it.")
    if now < calendar.billed_at(request.first_number - 1):
        _refuse(FailureKind.TECHNICAL, "too_early", "Stripe takes it only once the period before has begun.")
    _make_product(client, request)
    key = f"junction-subscription-{request.subscription_id}"
    made = client.v1.subscriptions.create(params, {"idempotency_key": key})
    name = ident(made.id)
    if moment(made.billing_cycle_anchor) != first_at:
        reading(lambda: client.v1.subscriptions.cancel(name))
        _refuse(FailureKind.HARD_DECLINE, "unsupported_subscription", "Stripe would have begun on another day.")
    return reading(lambda: look_up(client, request.subscription_id, Trace(provider_reference=name)) or _vanished())


def adjust(
    client: stripe.StripeClient, subscription_id: str, trace: Trace, *, amount: int, ends_at: datetime | None
) -> ProviderSubscription:
    """Set amount and end; see `Provider.adjust_subscription`."""
    known = reading(lambda: _find(client, subscription_id, trace))
    if known is None:
        _refuse(FailureKind.TECHNICAL, "unknown_subscription", "Stripe knows no such subscription.")
    name = ident(known.id)
    if known.status not in ENDED:
        calendar, now = reading(lambda: _calendar_of(known)), datetime.now(UTC)
        stops_at = calendar.stops_at(ends_at)
        if ends_at is not None and stops_at is not None and min(ends_at, stops_at) <= now:
            reading(lambda: _end_now(client, name))
        elif change := subscription_params.change(known, calendar, amount, ends_at):
            client.v1.subscriptions.update(name, change)
    return reading(lambda: _read(_find(client, subscription_id, Trace(provider_reference=name)) or _vanished()))


def look_up(
    client: stripe.StripeClient, subscription_id: str, trace: Trace = NO_TRACE, *, from_number: int = 1
) -> ProviderSubscription | None:
    """The subscription and its renewals; see `Provider.look_up_subscription`."""
    known = _find(client, subscription_id, trace)
    if known is None:
        return None
    return _read(known, renewals.of(client, known, _calendar_of(known), from_number))


def _find(client: stripe.StripeClient, subscription_id: str, trace: Trace) -> stripe.Subscription | None:
    """The subscription with our reference: by Stripe's name for it, else among all that are younger than its product.

    Its product has a name of ours and is always made before it.
    """
    if name := trace.provider_reference:
        known = found(lambda: client.v1.subscriptions.retrieve(name))
        if known is not None and ours(known.metadata, SUBSCRIPTION) != subscription_id:
            raise OutcomeUnknown("Stripe answered about another subscription")
        if known is not None:
            return known
    product = found(lambda: client.v1.products.retrieve(subscription_params.product_of(subscription_id)))
    if product is None:
        return None
    since = whole(product.created)
    younger = client.v1.subscriptions.list({"created": {"gte": since}, "status": "all", "limit": PAGE})
    mine = [one for one in every(younger) if ours(one.metadata, SUBSCRIPTION) == subscription_id]
    if len(mine) > 1:
        raise OutcomeUnknown("Stripe has this subscription more than once")
    return mine[0] if mine else None


def _make_product(client: stripe.StripeClient, request: SubscriptionRequest) -> None:
    """Make what the subscription is for, unless an earlier try has."""
    try:
        client.v1.products.create(subscription_params.product(request))
    except stripe.InvalidRequestError as refused:
        if refused.code != "resource_already_exists":
            raise


def _end_now(client: stripe.StripeClient, name: str) -> None:
    """End it, after letting nothing be collected any more of what it has billed: once ended it is not told again."""
    renewals.stop_collecting(client, name)
    client.v1.subscriptions.cancel(name, {"invoice_now": False, "prorate": False})


def _read(known: stripe.Subscription, told: tuple[ProviderRenewal, ...] = ()) -> ProviderSubscription:
    [item] = known.items.data
    amount, currency = from_stripe(whole(item.price.unit_amount), text(item.price.currency))
    return ProviderSubscription(
        provider_reference=ident(known.id),
        subscription_id=text(ours(known.metadata, SUBSCRIPTION)),
        state=ProviderSubscriptionState.ENDED if known.status in ENDED else ProviderSubscriptionState.ACTIVE,
        amount=amount,
        currency=currency,
        ends_at=_ends_at(known),
        renewals=told,
    )


def _ends_at(known: stripe.Subscription) -> datetime | None:
    """The end as it was asked for, as long as Stripe has the moment that follows from it; else Stripe's own."""
    if known.cancel_at is None:
        return None if known.ended_at is None else moment(known.ended_at)
    asked = ours(known.metadata, ENDS_AT)
    wanted = datetime.fromisoformat(asked) if asked else None
    cancel_at = moment(known.cancel_at)
    return wanted if cancel_at == _calendar_of(known).stops_at(wanted) else cancel_at


def _calendar_of(known: stripe.Subscription) -> Calendar:
    return Calendar.of_metadata(known.metadata.to_dict())


def _refuse(kind: FailureKind, code: str, message: str) -> NoReturn:
    raise ProviderRefused(Failure(kind, code, message))


def _vanished() -> NoReturn:
    raise OutcomeUnknown("Stripe no longer finds what it has just made or changed")
