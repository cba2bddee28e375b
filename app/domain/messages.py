"""The messages that people are sent: which event makes each, by which channel, and what its wording may speak of."""

from __future__ import annotations

from dataclasses import dataclass

EMAIL, SMS = "email", "sms"
CHANNELS = {EMAIL: "E-mail", SMS: "Text message"}
LANGUAGES = {"en": "English", "it": "Italian", "de": "German"}
DEFAULT_LANGUAGE = "en"

# What a wording may hold as {{ name }}, in words for whoever writes it.
PLACEHOLDERS = {
    "merchant": "the name of your shop",
    "name": "the customer's name",
    "amount": "the amount with its currency",
    "reference": "your reference, such as the order's number",
    "method": "how it was paid",
    "paid_on": "the day of the payment",
    "refunded_on": "the day on which it was given back",
    "expires_on": "the day on which the link expires",
    "interval": "how often it is paid, such as “every month”",
    "next_payment_on": "the day of the next payment",
    "due_on": "the day on which it was due",
    "next_try_on": "the day on which it is tried again, if it is",
    "ends_on": "the day on which it ends",
    "reason": "why it was turned down",
    "link": "where the reader goes on; the words before it become a button",
}
# Those that have no value at times: a line that holds one is left out then.
SOMETIMES = {"name", "method", "next_payment_on", "due_on", "next_try_on", "ends_on", "reason", "link"}


@dataclass(frozen=True)
class Kind:
    """One message: `names` are the placeholders it may hold, `required` those that it must."""

    key: str
    event: str  # a key of app.domain.events.EVENTS
    label: str
    names: tuple[str, ...]
    channels: tuple[str, ...] = (EMAIL,)
    languages: tuple[str, ...] = tuple(LANGUAGES)
    required: tuple[str, ...] = ()
    for_operator: bool = False


_LINK = ("name", "amount", "reference", "expires_on", "link")
_STAFF = (DEFAULT_LANGUAGE,)  # operators read the backoffice in English, too

_ALL = (
    Kind("payment.paid", "payment.paid", "Payment received", ("name", "amount", "reference", "method", "paid_on")),
    Kind("payment.failed", "payment.failed", "Payment failed", ("name", "amount", "reference", "link")),
    Kind("refund.succeeded", "refund.succeeded", "Refunded", ("name", "amount", "reference", "refunded_on")),
    Kind(
        "refund.succeeded_for_requester",
        "refund.succeeded",
        "Refund made, to the colleague who asked for it",
        ("amount", "reference", "link"),
        languages=_STAFF,
        for_operator=True,
    ),
    Kind(
        "refund.failed_for_requester",
        "refund.failed",
        "Refund turned down, to the colleague who asked for it",
        ("amount", "reference", "reason", "link"),
        languages=_STAFF,
        for_operator=True,
    ),
    Kind("payment_link.sent", "payment_link.sent", "Payment link", _LINK, (EMAIL, SMS), required=("link",)),
    Kind(
        "payment_link.reminded",
        "payment_link.reminded",
        "Reminder of a payment link",
        _LINK,
        (EMAIL, SMS),
        required=("link",),
    ),
    Kind(
        "subscription.started",
        "subscription.started",
        "Subscription started",
        ("name", "amount", "reference", "interval", "next_payment_on"),
    ),
    Kind(
        "subscription.renewal_failed",
        "subscription.renewal_failed",
        "Renewal failed",
        ("name", "amount", "reference", "due_on", "next_try_on", "link"),
    ),
    Kind(
        "subscription.cancellation_scheduled",
        "subscription.cancellation_scheduled",
        "Cancellation planned",
        ("name", "reference", "ends_on"),
    ),
    Kind("subscription.cancelled", "subscription.cancelled", "Subscription cancelled", ("name", "reference")),
    Kind(
        "subscription.ending_soon",
        "subscription.ending_soon",
        "Subscription ends soon",
        ("name", "reference", "ends_on"),
    ),
    Kind("subscription.expired", "subscription.expired", "Subscription has ended", ("name", "reference")),
    Kind(
        "subscription.aborted",
        "subscription.aborted",
        "Subscription ended unpaid",
        ("name", "amount", "reference", "link"),
    ),
)
KINDS = {kind.key: kind for kind in _ALL}


def allowed_names(kind: Kind) -> tuple[str, ...]:
    """Return the placeholders that the wording of `kind` may hold."""
    return ("merchant", *kind.names)


def sure_names(kind: Kind) -> set[str]:
    """Return the placeholders of `kind` that have a value in each of its messages."""
    return {name for name in allowed_names(kind) if name in kind.required or name not in SOMETIMES}
