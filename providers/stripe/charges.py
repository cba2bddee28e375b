"""Charging: a Checkout Session when the customer is there, a PaymentIntent by what they left behind when not."""

from datetime import UTC, datetime, timedelta

import stripe
from stripe.params import PaymentIntentCreateParams, PaymentIntentListParams
from stripe.params.checkout import SessionCreateParams, SessionListParams

from providers.interface import Charge, ChargeRequest, Failure, FailureKind, ProviderRefused, Trace
from providers.origin import origin_of
from providers.stripe.client import found, is_repetition, reading
from providers.stripe.lists import CREATABLE, PAGE, every, span
from providers.stripe.locales import locale_of
from providers.stripe.methods import method_of
from providers.stripe.money import to_stripe
from providers.stripe.truth import of_intent, of_session
from providers.stripe.values import ATTEMPT, CLOSED, ident, ours

SHORTEST, LONGEST = timedelta(minutes=30), timedelta(hours=24)  # that Stripe lets a Session live, from its creation
ROOM = timedelta(minutes=5)  # for repeating a call that was lost, and for clocks that differ
EXPAND_SESSION, EXPAND_INTENT = ["payment_intent.latest_charge"], ["latest_charge"]


def start(client: stripe.StripeClient, request: ChargeRequest) -> Charge:
    """Start a charge once; see `Provider.charge`. Raises what the SDK raises, too.

    Stripe remembers idempotency keys for a day, so nothing is made later than CREATABLE after it was first asked for.
    """
    now = datetime.now(UTC)
    if request.expires_at <= now or now > request.asked_at + CREATABLE:
        raise ProviderRefused(Failure(FailureKind.EXPIRED, "expired", "It is too late to start this payment."))
    return _by_token(client, request, request.token) if request.token is not None else _on_page(client, request)


def look_up(client: stripe.StripeClient, attempt_id: str, trace: Trace) -> Charge | None:
    """The charge as it stands; see `Provider.look_up`."""
    session = _session(client, attempt_id, trace)
    if session is not None:
        return of_session(session, attempt_id)
    intent = _intent(client, attempt_id, trace)
    return of_intent(intent, attempt_id) if intent is not None else None


def cancel(client: stripe.StripeClient, attempt_id: str, trace: Trace) -> Charge | None:
    """Close the page of a charge that nobody has paid; see `Provider.cancel`."""
    session = _session(client, attempt_id, trace)
    if session is None:
        intent = _intent(client, attempt_id, trace)
        return of_intent(intent, attempt_id) if intent is not None else None
    if session.status != "open":
        return of_session(session, attempt_id)
    name = ident(session.id)
    try:
        client.v1.checkout.sessions.update(name, {"metadata": {CLOSED: "yes"}})
        session = client.v1.checkout.sessions.expire(name, {"expand": EXPAND_SESSION})
    except stripe.InvalidRequestError:  # the customer was faster
        session = client.v1.checkout.sessions.retrieve(name, {"expand": EXPAND_SESSION})
    return of_session(session, attempt_id)


def _on_page(client: stripe.StripeClient, request: ChargeRequest) -> Charge:
    method = method_of(request.method, request.amount, request.currency)
    expires_at = min(max(request.expires_at, request.asked_at + SHORTEST + ROOM), request.asked_at + LONGEST - ROOM)
    if datetime.now(UTC) + SHORTEST >= expires_at:
        raise ProviderRefused(Failure(FailureKind.EXPIRED, "expired", "It is too late to open Stripe's payment page."))
    if origin_of(request.return_url) is None:
        raise ProviderRefused(Failure(FailureKind.TECHNICAL, "url_invalid", "The address to return to is none."))
    params: SessionCreateParams = {
        "mode": "payment",
        "client_reference_id": request.attempt_id,
        "metadata": _metadata(request),
        "allowed_payment_method_types": [method.kind],
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": request.currency.lower(),
                    "unit_amount": to_stripe(request.amount, request.currency),
                    "product_data": {"name": request.reference or "Payment"},
                },
            }
        ],
        "payment_intent_data": {"description": _description(request), "metadata": _metadata(request)},
        "adaptive_pricing": {"enabled": False},  # it would collect another currency than the one that was asked for
        "success_url": request.return_url,
        "cancel_url": request.return_url,
        "expires_at": int(expires_at.timestamp()),
        "locale": locale_of(request.locale),
        "submit_type": "pay",
        "expand": EXPAND_SESSION,
    }
    if request.customer_email:
        params["customer_email"] = request.customer_email
    if request.save_for_later:
        params["customer_creation"] = "always"
        params["payment_intent_data"]["setup_future_usage"] = "off_session"
    if request.strong_authentication and method.kind == "card":
        params["payment_method_options"] = {"card": {"request_three_d_secure": "any"}}
    session = client.v1.checkout.sessions.create(params, {"idempotency_key": _key(request)})
    name = ident(session.id)
    if is_repetition(session):
        session = reading(lambda: client.v1.checkout.sessions.retrieve(name, {"expand": EXPAND_SESSION}))
    elif method.kind not in session.payment_method_types:  # Stripe says nothing when it drops one
        reading(lambda: client.v1.checkout.sessions.expire(name))
        raise ProviderRefused(
            Failure(
                FailureKind.TECHNICAL,
                "unsupported_method",
                f"Stripe does not offer {request.method} here. Is it switched on in Stripe's settings?",
            )
        )
    return of_session(session, request.attempt_id)


def _by_token(client: stripe.StripeClient, request: ChargeRequest, token: str) -> Charge:
    method = method_of(request.method, request.amount, request.currency)
    customer, _, instrument = token.rpartition("/")
    params: PaymentIntentCreateParams = {
        "amount": to_stripe(request.amount, request.currency),
        "currency": request.currency.lower(),
        "payment_method": instrument,
        "allowed_payment_method_types": [method.stored_kind],
        "confirm": True,
        "off_session": True,
        "error_on_requires_action": True,
        "description": _description(request),
        "metadata": _metadata(request),
        "expand": EXPAND_INTENT,
    }
    if customer:
        params["customer"] = customer
    try:
        intent = client.v1.payment_intents.create(params, {"idempotency_key": _key(request)})
    except stripe.CardError as declined:
        if declined.error is None or declined.error.payment_intent is None:
            raise
        return of_intent(declined.error.payment_intent, request.attempt_id)
    if is_repetition(intent):
        name = ident(intent.id)
        intent = reading(lambda: client.v1.payment_intents.retrieve(name, {"expand": EXPAND_INTENT}))
    return of_intent(intent, request.attempt_id)


def _session(client: stripe.StripeClient, attempt_id: str, trace: Trace) -> stripe.checkout.Session | None:
    """The attempt's Session, by its name or among those of its time."""
    sessions, name = client.v1.checkout.sessions, trace.provider_reference or ""
    if name.startswith("pi_"):
        return None
    if name.startswith("cs_"):
        session = found(lambda: sessions.retrieve(name, {"expand": EXPAND_SESSION}))
        if session is not None:
            return session
    wanted: SessionListParams = {"limit": PAGE}
    if made := span(trace):
        wanted["created"] = {"gte": made[0], "lte": made[1]}
    for each in every(sessions.list(wanted)):
        if each.client_reference_id == attempt_id:
            return sessions.retrieve(ident(each.id), {"expand": EXPAND_SESSION})
    return None


def _intent(client: stripe.StripeClient, attempt_id: str, trace: Trace) -> stripe.PaymentIntent | None:
    """The attempt's PaymentIntent, by its name or among those of its time."""
    intents, name = client.v1.payment_intents, trace.provider_reference or ""
    if name.startswith("pi_"):
        intent = found(lambda: intents.retrieve(name, {"expand": EXPAND_INTENT}))
        if intent is not None:
            return intent
    wanted: PaymentIntentListParams = {"limit": PAGE}
    if made := span(trace):
        wanted["created"] = {"gte": made[0], "lte": made[1]}
    for each in every(intents.list(wanted)):
        if ours(each.metadata, ATTEMPT) == attempt_id:
            return intents.retrieve(ident(each.id), {"expand": EXPAND_INTENT})
    return None


def _key(request: ChargeRequest) -> str:
    """One key for an attempt, however it is charged: Stripe refuses to use it for something else."""
    return f"junction-charge-{request.attempt_id}"


def _description(request: ChargeRequest) -> str:
    return " · ".join(filter(None, (request.reference, request.description))) or "Payment"


def _metadata(request: ChargeRequest) -> dict[str, str]:
    """What the merchant sees beside the payment at Stripe; with the method, so that no other is charged by its key."""
    theirs = {key[:40]: value[:500] for key, value in list(request.metadata.items())[:40]}
    return {**theirs, ATTEMPT: request.attempt_id, "junction_method": request.method}
