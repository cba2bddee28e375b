"""What Stripe is told about a subscription: when it is started, and when its amount or its end changes."""

from datetime import datetime

import stripe
from stripe.params import ProductCreateParams, SubscriptionCreateParams, SubscriptionUpdateParams

from providers.interface import SubscriptionRequest
from providers.stripe.calendar import Calendar
from providers.stripe.money import from_stripe, to_stripe
from providers.stripe.values import SUBSCRIPTION, ident, ours, text, whole

ENDS_AT = "junction_ends_at"  # metadata: the end that was asked for
LONGEST_TEXT = 250  # characters


def product_of(subscription_id: str) -> str:
    """The name of the product that a subscription is for; it has one of its own."""
    return f"junction_{subscription_id}"


def product(request: SubscriptionRequest) -> ProductCreateParams:
    """What the customer's invoices name."""
    name = " · ".join(filter(None, (request.reference, request.description))) or "Subscription"
    metadata = {SUBSCRIPTION: request.subscription_id}
    return {"id": product_of(request.subscription_id), "name": name[:LONGEST_TEXT], "metadata": metadata}


def creation(request: SubscriptionRequest, calendar: Calendar) -> SubscriptionCreateParams:
    """What starts it. Nothing is billed before the first period's day: until then it is free, and no trial.

    Raises: ValueError, in words, when Stripe cannot keep the calendar; ProviderRefused for an amount that it cannot.
    """
    customer, _, instrument = request.token.partition("/")
    if not customer or not instrument:
        raise ValueError("Stripe charges renewals only to a customer that it knows.")
    first_at = calendar.billed_at(request.first_number)
    params: SubscriptionCreateParams = {
        "customer": customer,
        "default_payment_method": instrument,
        "items": [
            {
                "price_data": {
                    "currency": request.currency.lower(),
                    "product": product_of(request.subscription_id),
                    "recurring": {"interval": request.interval_unit, "interval_count": request.interval_count},
                    "unit_amount": to_stripe(request.amount, request.currency),
                }
            }
        ],
        "off_session": True,
        "proration_behavior": "none",
        "metadata": {SUBSCRIPTION: request.subscription_id, **calendar.metadata()},
    }
    if request.reference:
        params["description"] = request.reference[:LONGEST_TEXT]
    if calendar.anchor_on.day == first_at.day or request.interval_unit in ("day", "week"):
        params["billing_cycle_anchor"] = int(first_at.timestamp())
    else:
        # The first day is the last of a short month, which must not become the day of all months.
        if calendar.months() > 12:
            raise ValueError("Stripe cannot begin such long periods on the last day of a short month.")
        params["billing_cycle_anchor_config"] = {
            "day_of_month": calendar.anchor_on.day,
            "month": first_at.month,
            "hour": first_at.hour,
            "minute": first_at.minute,
            "second": first_at.second,
        }
    stops_at = calendar.stops_at(None)
    if stops_at is not None:
        params["cancel_at"] = int(stops_at.timestamp())
    return params


def change(
    known: stripe.Subscription, calendar: Calendar, amount: int, ends_at: datetime | None
) -> SubscriptionUpdateParams | None:
    """What brings it to this amount and end; None when it is there. Raises: ProviderRefused, OutcomeUnknown."""
    [item] = known.items.data
    price = item.price
    params: SubscriptionUpdateParams = {}
    stops_at, asked = calendar.stops_at(ends_at), ends_at.isoformat() if ends_at is not None else ""
    cancel_at = int(stops_at.timestamp()) if stops_at is not None else None
    if (known.cancel_at, ours(known.metadata, ENDS_AT) or "") != (cancel_at, asked):
        params["cancel_at"] = "" if cancel_at is None else cancel_at
    if from_stripe(whole(price.unit_amount), text(price.currency))[0] != amount:
        params["items"] = [
            {
                "id": ident(item.id),
                "price_data": {
                    "currency": text(price.currency),
                    "product": product_of(ours(known.metadata, SUBSCRIPTION) or ""),
                    "recurring": {"interval": calendar.unit, "interval_count": calendar.count},
                    "unit_amount": to_stripe(amount, text(price.currency).upper()),
                },
            }
        ]
    if not params:
        return None
    params["proration_behavior"] = "none"
    params["metadata"] = {ENDS_AT: asked}
    return params
