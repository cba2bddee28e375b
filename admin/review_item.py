"""One item of the review queue in words: what is known about it, and what each way out would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from flask import url_for

from admin import formats
from admin.subjects import url_of
from admin.timeline import Event, events_of
from app.domain.review import NEEDS_REFERENCE, Way
from app.models import Alert, Payment, PaymentAttempt, Refund, Subscription
from app.services import review, second_charges
from app.services.review import Subject

RUNS = ("reconciliation_breaks", "report_missing")


@dataclass(frozen=True)
class Choice:
    """A way out: what leads to it, what it does, and the button that does it."""

    way: Way
    label: str
    text: str
    button: str
    needs_reference: bool


@dataclass
class Item:
    """`facts` are (label, value, kind): a value is a text, a moment, or a status with its kind."""

    alert: Alert
    title: str
    url: str | None
    amount: str = ""
    account: str = ""
    about: str = ""
    facts: list[tuple[str, str | datetime, str]] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    can_ask: bool = False
    history: list[Event] = field(default_factory=list)


def line_of(alert: Alert) -> Item:
    """Return an item as the list shows it."""
    subject = review.subject_of(alert)
    payment = payment_of(subject)
    item = Item(alert, formats.ALERTS.get(alert.kind, formats.words(alert.kind)), _own_page(alert))
    if isinstance(subject, Refund):
        item.amount = formats.money(subject.amount, subject.payment.currency)
    elif payment is not None:
        item.amount = formats.money(payment.amount, payment.currency)
    elif isinstance(subject, Subscription):
        item.amount = formats.money(subject.amount, subject.currency)
    by = subject if isinstance(subject, PaymentAttempt | Subscription) else payment
    if isinstance(subject, Refund):
        by = subject.attempt or payment
    item.account = formats.account(by.account_id) if by is not None else ""
    about = subject if isinstance(subject, Subscription) else payment
    if about is not None:
        item.about = " · ".join(filter(None, (about.reference, about.customer_email)))
    return item


def item_of(alert: Alert) -> Item:
    """Return an item as its own page shows it."""
    item = line_of(alert)
    subject = review.subject_of(alert)
    payment = payment_of(subject)
    item.url = url_of(alert.subject_id) or (url_of(payment.id) if payment is not None else None)
    if payment is not None:
        item.facts += [
            ("Payment", payment.status, "payment"),
            ("Reference", payment.reference, ""),
            ("Customer", payment.customer_email or "not known", ""),
        ]
    if isinstance(subject, PaymentAttempt):
        item.facts += _facts_of_attempt(subject)
    elif isinstance(subject, Refund):
        item.facts += _facts_of_refund(subject)
    elif isinstance(subject, Subscription):
        item.facts.append(("Subscription", subject.status, "subscription"))
    ways = review.ways_of(alert)
    item.can_ask = Way.ASK in ways
    item.choices = [_choice(way, item, alert, payment) for way in ways if way is not Way.ASK]
    item.history = events_of(_names(subject, payment))
    return item


def payment_of(subject: Subject | None) -> Payment | None:
    """Return the payment that a subject belongs to, if it does."""
    if isinstance(subject, Payment):
        return subject
    payment: Payment | None = subject.payment if isinstance(subject, PaymentAttempt | Refund) else None
    return payment


def _own_page(alert: Alert) -> str:
    if alert.kind in RUNS:
        return url_for("admin_reconciliation.details", run_id=alert.subject_id)
    return url_for("admin_queue.details", alert_id=alert.id)


def _facts_of_attempt(attempt: PaymentAttempt) -> list[tuple[str, str | datetime, str]]:
    facts: list[tuple[str, str | datetime, str]] = [
        ("Attempt", attempt.status, "attempt"),
        ("Method", formats.method(attempt.method), ""),
        ("Started", attempt.started_at, "moment"),
    ]
    if attempt.unanswered_since:
        facts.append(("No answer since", attempt.unanswered_since, "moment"))
    return [*facts, *_reference(attempt.provider_reference), *_asked(attempt.checks, attempt.next_check_at)]


def _facts_of_refund(refund: Refund) -> list[tuple[str, str | datetime, str]]:
    facts: list[tuple[str, str | datetime, str]] = [
        ("Refund", refund.status, "refund"),
        ("Asked for by", formats.actor(refund.requested_by), ""),
        ("Asked for", refund.created_at, "moment"),
    ]
    return [*facts, *_reference(refund.provider_reference), *_asked(refund.checks, None)]


def _reference(reference: str | None) -> list[tuple[str, str | datetime, str]]:
    return [("Provider's reference", reference, "code")] if reference else []


def _asked(checks: int, next_at: datetime | None) -> list[tuple[str, str | datetime, str]]:
    facts: list[tuple[str, str | datetime, str]] = [("Automatic checks", formats.count(checks), "")]
    return [*facts, ("Next automatic check", next_at, "moment")] if next_at else facts


def _names(subject: Subject | None, payment: Payment | None) -> Mapping[str, str]:
    names = {payment.id: "Payment"} if payment is not None else {}
    if payment is not None:
        for number, attempt in enumerate(payment.attempts, 1):
            names[attempt.id] = f"Attempt {number}, through {formats.account(attempt.account_id)}"
        for refund in payment.refunds:
            names[refund.id] = f"Refund of {formats.money(refund.amount, payment.currency)}"
    elif isinstance(subject, Subscription):
        names[subject.id] = "Subscription"
    return names


def _choice(way: Way, item: Item, alert: Alert, payment: Payment | None) -> Choice:
    label, text, button = _WORDS[way]
    if way is Way.REFUND and payment is not None and alert.kind == "charged_twice":
        extra = second_charges.second_charges(payment)
        through = (
            " and ".join(formats.account(attempt.account_id) for attempt in extra) or "nobody: it was done already"
        )
        label, text = "Give the second charge back", f"{item.amount} go back through {through}. The first charge stays."
    return Choice(way, label, text.format(amount=item.amount), button, way in NEEDS_REFERENCE)


_WORDS: dict[Way, tuple[str, str, str]] = {
    Way.COLLECTED: (
        "The provider says it was collected",
        "The payment becomes paid with {amount}. Enter the reference by which the provider knows the charge.",
        "Record as collected",
    ),
    Way.NOT_COLLECTED: (
        "The provider says nothing was collected",
        "The attempt fails, and the customer may pay again. Be sure that the provider will not collect it later.",
        "Record as not collected",
    ),
    Way.RETURNED: (
        "The wrong amount was given back there",
        "The attempt fails, and the customer may pay again. First give the money back in the provider's own system.",
        "Record as given back",
    ),
    Way.GIVEN_BACK: (
        "The provider says the refund was made",
        "{amount} count as given back. Enter the reference by which the provider knows the refund.",
        "Record as given back",
    ),
    Way.NOT_GIVEN_BACK: (
        "The provider says the refund was not made",
        "The refund fails, and {amount} can be given back anew. Be sure that the provider will not do it later.",
        "Record as not given back",
    ),
    Way.REFUND: (
        "Give the payment back",
        "All that is left of the payment goes back to the customer by the way it came.",
        "Give it back",
    ),
    Way.CLOSE: (
        "Nothing is left to do here",
        "It leaves the queue. No payment, refund or subscription is changed.",
        "Close it",
    ),
}
