"""What the clock asks of subscriptions: renewals opened and tried, ends come to, providers asked."""

from __future__ import annotations

from app.services import provider_subscriptions, renewal_charging, renewals, subscription_ends
from app.services.subscription_outcomes import TELL_FAILURE

HANDLERS = {
    renewals.CHARGE: renewal_charging.charge_due,
    renewals.ASK: renewal_charging.ask,
    TELL_FAILURE: renewal_charging.tell_failure,
    provider_subscriptions.SYNC: provider_subscriptions.sync,
}


def sweep() -> None:
    """Do what is due now, every few seconds; any number of schedulers may do it at once.

    Cancelled first: the renewal of that day is never opened. What fell due before is, and its subscription waits.
    """
    subscription_ends.cancel_due()
    renewals.open_due()
    renewals.ask_for_tries()
    provider_subscriptions.claim_due()


def housekeep() -> None:
    """Come to the ends that need no hurry, and tell of those that come near."""
    renewals.give_up_due()
    subscription_ends.expire_due()
    subscription_ends.expire_unpaid()
    subscription_ends.tell_ending_soon()
