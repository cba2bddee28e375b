"""PaymentIntents: made by a Checkout Session or an invoice, or off-session by the API."""

from typing import Any

from tests.support.stripe_stand_in import amounts, charging, people
from tests.support.stripe_stand_in.errors import StripeError
from tests.support.stripe_stand_in.events import tell
from tests.support.stripe_stand_in.methods import TYPES, offered
from tests.support.stripe_stand_in.store import Books, Document, new_id

CANCELLABLE = ("requires_payment_method", "requires_confirmation", "requires_action", "requires_capture")


def new(books: Books, given: Document, types: list[str], **hidden: Any) -> Document:
    """An intent that waits for a payment method."""
    intent = books.add({
        "id": new_id("pi"),
        "object": "payment_intent",
        "allowed_payment_method_types": given.get("allowed_payment_method_types"),
        "amount": given["amount"],
        "amount_capturable": 0,
        "amount_received": 0,
        "application": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": given.get("capture_method", "automatic_async"),
        "client_secret": None,
        "confirmation_method": "automatic",
        "created": books.now,
        "currency": given["currency"],
        "customer": given.get("customer"),
        "description": given.get("description"),
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": books.live,
        "metadata": given.get("metadata") or {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_options": given.get("payment_method_options") or {},
        "payment_method_types": types,
        "processing": None,
        "receipt_email": given.get("receipt_email"),
        "review": None,
        "setup_future_usage": given.get("setup_future_usage"),
        "shipping": None,
        "statement_descriptor": given.get("statement_descriptor"),
        "statement_descriptor_suffix": given.get("statement_descriptor_suffix"),
        "status": "requires_payment_method",
        "transfer_group": None,
    }, **hidden)  # fmt: skip
    tell(books, "payment_intent.created", intent)
    return intent


def create(books: Books, given: Document, settle_seconds: float) -> Document:
    """POST /v1/payment_intents: charge a stored method at once, or only make the intent."""
    currency = given["currency"].lower()
    amounts.check(given["amount"], currency)
    allowed = given.get("allowed_payment_method_types")
    types = offered(allowed, currency, keep=bool(given.get("setup_future_usage")), param="allowed_payment_method_types")
    if given.get("off_session") and not given.get("confirm"):
        raise StripeError("You cannot use `off_session` without `confirm`=`true`.", param="off_session")
    if customer := given.get("customer"):
        people.customer_of(books, customer)
    method = None
    if "payment_method" in given:
        method = people.method_of(books, given["payment_method"], customer)
        suits = TYPES[method["type"]].currencies
        if method["type"] not in types or (suits is not None and currency not in suits):
            raise StripeError(
                "The PaymentMethod provided is not allowed for this PaymentIntent.",
                code="payment_intent_incompatible_payment_method", param="payment_method",
            )  # fmt: skip
    elif given.get("confirm"):
        raise StripeError(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
        )
    intent = new(books, {**given, "currency": currency}, types)
    if method is None or not given.get("confirm"):
        return intent
    charging.confirm(books, intent, method, charging.decide(books, method), settle_seconds)
    if intent["last_payment_error"]:
        error = intent["last_payment_error"]
        raise Declined(intent, error)
    return intent


class Declined(StripeError):
    """A payment that was declined: a 402 about an intent that exists all the same."""

    def __init__(self, intent: Document, error: Document) -> None:
        more = {name: error[name] for name in ("decline_code", "charge", "payment_method") if name in error}
        super().__init__(
            error["message"], status=402, kind=error["type"], code=error["code"], payment_intent=intent, **more
        )


def cancel(books: Books, intent: Document, given: Document) -> Document:
    """POST /v1/payment_intents/{id}/cancel."""
    if books.hidden(intent).get("session"):
        raise StripeError("You cannot cancel a PaymentIntent of a Checkout Session; expire the Session instead.")
    return close(books, intent, given.get("cancellation_reason"))


def close(books: Books, intent: Document, reason: str | None) -> Document:
    """No longer to be paid. Raises: StripeError when it is past that."""
    if intent["status"] not in CANCELLABLE:
        raise StripeError(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state", payment_intent=intent,
        )  # fmt: skip
    intent.update(status="canceled", canceled_at=books.now, cancellation_reason=reason)
    tell(books, "payment_intent.canceled", books.save(intent))
    return intent
