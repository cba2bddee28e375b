"""What is about to happen to a subscription, in sentences for whoever confirms it."""

from __future__ import annotations

from dataclasses import dataclass, field

from admin import formats
from admin import subscription_words as words
from app.models import Renewal, Subscription, utc_now
from app.services import periods


@dataclass(frozen=True)
class Step:
    """A question with what will happen, a sentence each; `button` does it, `fields` names what it asks for.

    `seen_tries`: how often the renewal had been charged when this was asked, so that a double click charges once."""

    title: str
    says: list[str]
    button: str
    danger: bool = False
    fields: tuple[str, ...] = field(default=())
    seen_tries: int | None = None


def cancelling(subscription: Subscription) -> Step:
    """Ask about the cancellation on the renewal day."""
    day = words.local_day(subscription, periods.next_day(subscription, utc_now()))
    who = _provider(subscription)
    if subscription.collection == "automatic":
        told = f"{who} is told now to charge nothing from that day on, so it holds even if this hub were down then."
    else:
        told = "The payment of that day is not asked for, and none after it."
    says = [
        f"It stays active until {day}, its next renewal day. What the customer paid for until then they keep.",
        told,
        "Money that was collected is not given back: refund a payment on its own page.",
        f"Until {day} the cancellation can be withdrawn here.",
    ]
    if subscription.customer_email is not None:
        says.insert(2, f"{subscription.customer_email} is told by e-mail, with the date.")
    return Step(
        f"Cancel this subscription on {day}?",
        says,
        f"Cancel on {day}",
        danger=True,
        fields=("reason",),
    )


def withdrawing(subscription: Subscription) -> Step:
    """Ask about going on after all."""
    day = words.local_day(subscription, subscription.cancel_at) if subscription.cancel_at else _next_day(subscription)
    return Step(
        "Let this subscription go on?",
        [
            f"The cancellation on {day} is taken back.",
            f"{formats.money(subscription.amount, subscription.currency)} is asked for on {day} as agreed, "
            f"and {words.every(subscription)} from then on.",
        ],
        "Withdraw the cancellation",
    )


def changing_amount(subscription: Subscription) -> Step:
    """Ask about another amount from the next period on."""
    return Step(
        "Change the amount",
        [
            f"It counts from the renewal of {_next_day(subscription)} on. What is due already keeps its amount.",
            "The customer agreed to the amount it has now: ask them first.",
        ],
        "Change the amount",
        fields=("amount",),
    )


def asking_method(subscription: Subscription) -> Step:
    """Ask about the next renewal being paid by another method."""
    day = _next_day(subscription)
    says = [
        f"On {day} nothing is charged by itself: the customer is sent a link and pays by any method on offer.",
        "How they pay is kept, and the payments after that one are made that way without them.",
    ]
    if subscription.collection == "automatic":
        says.append(f"{_provider(subscription)} stops charging when this period ends; this hub charges from then on.")
    return Step("Ask the customer for another method?", says, "Ask at the next renewal")


def keeping_method(subscription: Subscription) -> Step:
    """Ask about charging the stored method after all."""
    method = formats.method(subscription.method)
    return Step(
        "Charge the stored method after all?",
        [f"The renewal of {_next_day(subscription)} is charged by {method}, without asking the customer."],
        "Charge the stored method",
    )


def retrying(subscription: Subscription, renewal: Renewal) -> Step:
    """Ask about one more charge of an open renewal now."""
    amount = formats.money(renewal.amount, subscription.currency)
    says = [f"{amount} is charged now by {formats.method(subscription.method)} through {_provider(subscription)}."]
    if renewal.failure_kind:
        why = formats.FAILURES.get(renewal.failure_kind, renewal.failure_kind).lower()
        says.append(f"The latest try failed: {why}.")
    says.append("If somebody is paying it at this moment, nothing is charged twice.")
    return Step(f"Try renewal {renewal.number} again now?", says, f"Charge {amount} now", seen_tries=renewal.tries)


def sending_link(subscription: Subscription, renewal: Renewal) -> Step:
    """Ask about a link by which the customer pays an open renewal."""
    amount = formats.money(renewal.amount, subscription.currency)
    to = subscription.customer_email
    where = f"It is sent to {to}." if to else "The customer gave no e-mail address: hand the link over yourself."
    return Step(
        f"Send a link to pay renewal {renewal.number}?",
        [
            f"By the link the customer pays {amount} with any method that the rules offer.",
            where,
            "How they pay is kept, and the payments after it are made that way.",
        ],
        "Send the link" if to else "Make the link",
    )


def _next_day(subscription: Subscription) -> str:
    at = subscription.next_due_at
    return words.local_day(subscription, at) if at is not None else "the end of the period that is paid"


def _provider(subscription: Subscription) -> str:
    return formats.account(subscription.account_id) or "the provider"
