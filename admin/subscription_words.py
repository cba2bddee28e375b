"""A subscription in plain words: what was agreed, how it stands and why, and when it ends."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from admin import formats
from app.domain.statuses import RUNNING_SUBSCRIPTION, RenewalStatus, SubscriptionStatus
from app.models import Renewal, Subscription

COLLECTION = {
    "automatic": "Charged by the provider, by itself",
    "manual": "Charged by us, with the stored token",
}
BY_LINK = "Paid by the customer, by a link for each renewal"
UNITS = {"day": "Days", "week": "Weeks", "month": "Months", "year": "Years"}


def every(subscription: Subscription) -> str:
    """Return e.g. "every month" or "every 3 months"."""
    count, unit = subscription.interval_count, subscription.interval_unit
    return f"every {unit}" if count == 1 else f"every {count} {unit}s"


def price(subscription: Subscription) -> str:
    """Return e.g. "€9.90 every month"."""
    return f"{formats.money(subscription.amount, subscription.currency)} {every(subscription)}"


def duration(subscription: Subscription) -> str:
    """Return how long it goes on, as agreed."""
    parts = []
    if subscription.total_payments is not None:
        parts.append("1 payment" if subscription.total_payments == 1 else f"{subscription.total_payments} payments")
    if subscription.ends_on is not None:
        parts.append(f"no period begins after {formats.day(subscription.ends_on)}")
    return ", and ".join(parts).capitalize() or "Until it is cancelled"


def collection(subscription: Subscription) -> str:
    """Return who charges the renewals."""
    if subscription.collection == "manual" and subscription.token_id is None and is_running(subscription):
        return BY_LINK
    return COLLECTION[subscription.collection]


def local_day(subscription: Subscription, at: datetime) -> str:
    """Return the day of a moment in the subscription's own zone, e.g. "23 Dec 2026"."""
    return formats.day(on(subscription, at))


def on(subscription: Subscription, at: datetime) -> date:
    """Return the day of a moment in the subscription's own zone."""
    return at.astimezone(ZoneInfo(subscription.timezone)).date()


def period(renewal: Renewal) -> str:
    """Return what a period is called: "First payment" or "Renewal 3"."""
    return "First payment" if renewal.number == 1 else f"Renewal {renewal.number}"


def is_running(subscription: Subscription) -> bool:
    """Tell whether its renewals fall due."""
    return subscription.status in RUNNING_SUBSCRIPTION


def is_ending(subscription: Subscription) -> bool:
    """Tell whether it runs and a cancellation waits for its day."""
    return subscription.cancel_at is not None and is_running(subscription)


def ends(subscription: Subscription) -> str:
    """Return e.g. "Ends 23 Dec 2026" while a cancellation waits for its day, or an empty text."""
    if subscription.cancel_at is None or not is_running(subscription):
        return ""
    return f"Ends {local_day(subscription, subscription.cancel_at)}"


def standing(subscription: Subscription, renewals: list[Renewal]) -> list[str]:
    """Return how it stands and why, a sentence each; `renewals` the newest of it."""
    waiting = [_open(subscription, renewal) for renewal in renewals if renewal.status == RenewalStatus.OPEN]
    said = [] if subscription.status == SubscriptionStatus.ON_HOLD and any(waiting) else [_status(subscription)]
    if is_ending(subscription):
        said.append(_cancellation(subscription))
    said += waiting
    if subscription.ask_method and is_running(subscription):
        said.append("The next renewal is paid by the customer by a link, and how they pay it is kept from then on.")
    return [sentence for sentence in said if sentence]


def _status(subscription: Subscription) -> str:
    ended = _on(subscription, subscription.ended_at)
    match subscription.status:
        case SubscriptionStatus.CREATED:
            return "It begins with the first payment, which the customer has not made yet. Nothing is charged before."
        case SubscriptionStatus.ACTIVE if is_ending(subscription):
            return ""
        case SubscriptionStatus.ACTIVE if subscription.next_due_at is None:
            return f"Every payment that was agreed is asked for. It ends{_on(subscription, subscription.ends_at)}."
        case SubscriptionStatus.ACTIVE:
            return f"The next renewal is due{_on(subscription, subscription.next_due_at)}."
        case SubscriptionStatus.ON_HOLD:
            return "A renewal could not be collected; the subscription waits for it."
        case SubscriptionStatus.CANCELLED:
            return f"It was cancelled{ended}.{_asked(subscription)}"
        case SubscriptionStatus.EXPIRED if subscription.started_at is None:
            return "The first payment was never made, so it never began."
        case SubscriptionStatus.EXPIRED:
            return f"It reached its end{ended}, as agreed."
        case _:
            return f"It ended{ended}: a renewal could not be collected, and every retry was used."


def _cancellation(subscription: Subscription) -> str:
    assert subscription.cancel_at is not None
    day = local_day(subscription, subscription.cancel_at)
    return f"It ends on {day}, its renewal day, and nothing is charged then.{_asked(subscription)}"


def _asked(subscription: Subscription) -> str:
    """Say who asked for the cancellation, when and why, as far as it is known."""
    asked = ""
    if subscription.cancel_requested_by is not None:
        when = _on(subscription, subscription.cancel_requested_at)
        asked = f" {formats.actor(subscription.cancel_requested_by)} asked for it{when}."
    return f"{asked} Reason given: {subscription.cancel_reason}." if subscription.cancel_reason else asked


def _on(subscription: Subscription, at: datetime | None) -> str:
    return f" on {local_day(subscription, at)}" if at is not None else ""


def _open(subscription: Subscription, renewal: Renewal) -> str:
    which = f"Renewal {renewal.number} of {local_day(subscription, renewal.due_at)}"
    if renewal.number == 1:
        return ""
    kind = formats.FAILURES.get(renewal.failure_kind or "", "").lower()
    failed = f" could not be collected ({kind})" if kind else " is being collected"
    if renewal.next_try_at is not None and kind:
        return f"{which}{failed}. The next try is on {formats.moment(renewal.next_try_at)}."
    if kind:
        return f"{which}{failed}. It waits for the customer to pay by a link."
    return f"{which}{failed}."
