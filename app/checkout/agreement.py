"""What a customer agrees to with a subscription, and how it stands, in sentences of the page's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from flask_babel import gettext as _
from flask_babel import ngettext

from app.checkout.formatting import day, money
from app.domain import billing
from app.domain.statuses import RUNNING_SUBSCRIPTION, SubscriptionStatus
from app.models import CheckoutSession, Renewal, Subscription
from app.services import periods, subscriptions


@dataclass(frozen=True)
class Agreement:
    """Sentences, each empty where there is nothing to say.

    `price` is "€9.90 every month"; `period` the days that a renewal pays for; `dates` the next payment; `until` how
    long it goes on; `consent` what is agreed about payments to come; `cancelling` how a customer ends it, or when it
    ends. `is_first`: this session's payment is the first one. `ended`: nothing more is paid.
    """

    price: str
    period: str
    dates: str
    until: str
    consent: str
    cancelling: str
    is_first: bool
    ended: bool


def agreement_of(session: CheckoutSession) -> Agreement | None:
    """Return what is agreed about the subscription that a session belongs to; None when it belongs to none."""
    subscription: Subscription | None = session.subscription
    if subscription is None:
        return None
    merchant = current_app.config["JUNCTION"].theme.name
    renewal: Renewal | None = session.renewal
    is_first = renewal is None or renewal.number == 1
    ended = subscription.status not in (SubscriptionStatus.CREATED, *RUNNING_SUBSCRIPTION)
    return Agreement(
        price=price(subscription),
        period="" if is_first or renewal is None else _period(subscription, renewal),
        dates="" if ended else _dates(subscription),
        until="" if ended or subscription.cancel_at else _until(subscription),
        consent=_consent(subscription, merchant),
        cancelling=_("This subscription has ended.") if ended else _cancelling(subscription, merchant),
        is_first=is_first,
        ended=ended,
    )


def price(subscription: Subscription) -> str:
    """Return e.g. "€9.90 every month" or "27,90 € alle 3 Monate"."""
    amount, count = money(subscription.amount, subscription.currency), subscription.interval_count
    match subscription.interval_unit:
        case "day":
            return ngettext("%(amount)s every day", "%(amount)s every %(num)d days", count, amount=amount)
        case "week":
            return ngettext("%(amount)s every week", "%(amount)s every %(num)d weeks", count, amount=amount)
        case "month":
            return ngettext("%(amount)s every month", "%(amount)s every %(num)d months", count, amount=amount)
        case _:
            return ngettext("%(amount)s every year", "%(amount)s every %(num)d years", count, amount=amount)


def _period(subscription: Subscription, renewal: Renewal) -> str:
    """Say which days a renewal pays for: from its own day until the one before the next."""
    begins = _day(subscription, renewal.due_at)
    if subscription.anchor_on is None:
        return _("This payment is for the period from %(day)s on.", day=begins)
    ends = billing.local_day(periods.due_of(subscription, renewal.number + 1), subscription.timezone)
    return _("This payment is for %(begins)s to %(ends)s.", begins=begins, ends=day(ends - timedelta(days=1)))


def _dates(subscription: Subscription) -> str:
    coming = subscriptions.next_renewal(subscription)
    if coming is None:
        return "" if subscription.cancel_at else _("No further payment is made.")
    on = _day(subscription, coming.due_at)
    if subscription.status == SubscriptionStatus.CREATED:
        return _("You pay for the first time today, and next on %(day)s.", day=on)
    return _("The next payment is made on %(day)s.", day=on)


def _until(subscription: Subscription) -> str:
    if subscription.total_payments is not None:
        return ngettext("One payment in all.", "%(num)d payments in all.", subscription.total_payments)
    if subscription.ends_on is not None:
        return _("It ends by itself: no payment is made after %(day)s.", day=day(subscription.ends_on))
    return _("It goes on until you cancel.")


def _consent(subscription: Subscription, merchant: str) -> str:
    if subscriptions.next_renewal(subscription) is None:
        return ""
    return _(
        "I agree that %(merchant)s collects the payments to come in the way I pay now, without asking me each time.",
        merchant=merchant,
    )


def _cancelling(subscription: Subscription, merchant: str) -> str:
    if subscription.cancel_at is not None:
        on = _day(subscription, subscription.cancel_at)
        return _("Your subscription is cancelled: it ends on %(day)s, and nothing is charged from then on.", day=on)
    return _(
        "To cancel, write to %(merchant)s and name %(reference)s. It then ends on the next payment day, and nothing "
        "is charged on it.",
        merchant=merchant,
        reference=subscription.reference,
    )


def _day(subscription: Subscription, at: datetime) -> str:
    return day(billing.local_day(at, subscription.timezone))
