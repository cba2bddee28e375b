"""The hub's subscriptions by Stripe: what the hub knows in the end is what Stripe did, however it was told.

Those that have a flow run it twice in one hub: webhooks once and in order, then again and again and shuffled.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.domain.billing import due_on
from app.models import utc_now
from app.services import payments, renewal_charging, subscriptions
from tests.support.flow import pay
from tests.support.links import follow
from tests.support.stripe_hub import (
    StripeHub,
    alerts_about,
    at_stripe,
    both_ways,
    differences,
    named,
    paid_by_card,
    renew,
)
from tests.support.stripe_hub import service as service
from tests.support.stripe_hub import shop as shop
from tests.support.subscribing import created, fresh, paid_for, renewals_of, tries_of


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_renewal_that_stripe_cannot_collect_is_paid_by_link_and_by_us_from_then_on(shop: StripeHub) -> None:
    session = created(collection="automatic")
    paid_by_card(shop, session.id)
    subscription_id = str(session.subscription_id)
    shop.service.outcome(at_stripe(shop, subscription_id)["default_payment_method"], "insufficient_funds")
    renew(shop, subscription_id)
    renewal = renewals_of(subscription_id)[1]
    link = renewal_charging.ask_by_link(renewal.id, actor="anna")
    assert at_stripe(shop, subscription_id)["status"] == "canceled"
    paid_by_card(shop, follow(link))
    assert (fresh(subscription_id).collection, fresh(subscription_id).status) == ("manual", "active")
    renew(shop, subscription_id)
    shop.wait(days=10)
    assert paid_for(subscription_id) == {1: 990, 2: 990, 3: 990}
    customers = {one["customer"] for one in shop.service.ledger()["subscription"] if named(one) == subscription_id}
    invoices = [one for one in shop.service.ledger()["invoice"] if one["customer"] in customers]
    assert {one["status"] for one in invoices} == {"void"}


def test_stripe_charges_a_subscription_until_it_is_cancelled_on_its_renewal_day(shop: StripeHub) -> None:
    def flow(shop: StripeHub) -> Any:
        session = created(collection="automatic")
        paid_by_card(shop, session.id)
        subscription_id = str(session.subscription_id)
        there = at_stripe(shop, subscription_id)
        renew(shop, subscription_id)
        subscriptions.change(subscription_id, amount=1490, actor="anna")
        shop.hear()
        shop.service.outcome(there["default_payment_method"], "insufficient_funds")
        renew(shop, subscription_id)
        held = fresh(subscription_id).status
        shop.wait(days=4)
        shop.service.outcome(there["default_payment_method"], "succeeded")
        shop.wait(days=6)
        first_day = utc_now().date()
        cancelled = subscriptions.request_cancellation(subscription_id, actor="anna").cancel_at
        shop.hear()
        told = at_stripe(shop, subscription_id)["cancel_at"]
        assert cancelled is not None
        assert datetime.fromtimestamp(told, UTC).date() == cancelled.date()
        renew(shop, subscription_id)
        shop.wait(days=40)
        end = at_stripe(shop, subscription_id)
        tries = [[(try_.status, try_.failure_code) for try_ in tries_of(each)] for each in renewals_of(subscription_id)]
        taken = {try_.provider_reference for each in renewals_of(subscription_id) for try_ in tries_of(each)}
        assert sum(shop.taken().get(name or "", 0) for name in taken) == 990 + 990 + 1490
        assert differences(first_day) == []
        return held, fresh(subscription_id).status, end["status"], paid_for(subscription_id), tries

    assert both_ways(shop, flow) == (
        "on_hold",
        "cancelled",
        "canceled",
        {1: 990, 2: 990, 3: 1490},
        [
            [("succeeded", None)],
            [("succeeded", None)],
            [("failed", "insufficient_funds"), ("failed", "insufficient_funds"), ("succeeded", None)],
        ],
    )


def test_we_charge_a_subscription_by_what_the_customer_left_at_stripe(shop: StripeHub) -> None:
    def flow(shop: StripeHub) -> Any:
        session = created(collection="manual")
        paid_by_card(shop, session.id)
        subscription_id = str(session.subscription_id)
        method = shop.service.ledger()["payment_method"][-1]["id"]
        renew(shop, subscription_id)
        shop.service.outcome(method, "insufficient_funds")
        renew(shop, subscription_id)
        shop.service.outcome(method, "succeeded")
        shop.wait(days=8)
        return fresh(subscription_id).status, paid_for(subscription_id), len(tries_of(renewals_of(subscription_id)[2]))

    assert both_ways(shop, flow) == ("active", {1: 990, 2: 990, 3: 990}, 2)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_with_a_third_of_the_calls_failing_it_is_started_once_and_charged_as_told(shop: StripeHub) -> None:
    """Reads fail as well; what a failed call should have done is done at the next occasion, which comes by itself."""

    def until(done: Callable[[dict[str, Any]], object]) -> None:
        for _ in range(80):
            if any(done(one) for one in shop.service.ledger()["subscription"] if named(one) == subscription_id):
                return
            shop.wait(hours=2)
        raise AssertionError("one of the two never heard of it")

    session = created(collection="automatic")
    attempt = pay(session.id)
    subscription_id = str(session.subscription_id)
    shop.press(attempt.redirect_url, "approve")
    payments.settle(attempt.id)
    calls = {"on": "/v1/(products|subscriptions|invoices|payment_intents)", "reads": True, "probability": 0.1}
    shop.service.faults(**dict.fromkeys(("error_500", "error_500_after", "drop_reply", "drop_before"), calls))
    shop.hear()
    until(lambda one: one["status"] == "active")
    renew(shop, subscription_id)
    until(lambda one: 2 in paid_for(subscription_id))
    subscriptions.change(subscription_id, amount=1490, actor="anna")
    until(lambda one: one["items"]["data"][0]["price"]["unit_amount"] == 1490)
    renew(shop, subscription_id)
    until(lambda one: 3 in paid_for(subscription_id))
    subscriptions.request_cancellation(subscription_id, actor="anna")
    until(lambda one: one["cancel_at"] is not None)
    shop.wait(days=40)
    shop.service.faults()
    shop.wait(hours=2)
    assert [one["status"] for one in shop.service.ledger()["subscription"] if named(one) == subscription_id] == [
        "canceled"
    ]
    assert (fresh(subscription_id).status, paid_for(subscription_id)) == ("cancelled", {1: 990, 2: 990, 3: 1490})
    paid = [one["amount_paid"] for one in shop.service.ledger()["invoice"] if named(one) == subscription_id]
    assert paid == [990, 1490]


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_year_from_the_31st_is_charged_on_our_days_once_each(shop: StripeHub) -> None:
    """It begins before the hour at which Stripe bills, and so Stripe is told of it only then."""
    year = utc_now().year + 1
    shop.move_to(datetime(year, 1, 31, 5, tzinfo=UTC))
    session = created(collection="automatic")
    paid_by_card(shop, session.id)
    subscription_id = str(session.subscription_id)
    assert fresh(subscription_id).provider_reference is None
    shop.wait(hours=4)
    assert fresh(subscription_id).provider_reference == at_stripe(shop, subscription_id)["id"]
    for _ in range(12):
        renew(shop, subscription_id)
    days = [due_on(date(year, 1, 31), number, "month", 1) for number in range(2, 14)]
    invoices = [one for one in shop.service.ledger()["invoice"] if named(one) == subscription_id]
    assert [datetime.fromtimestamp(one["lines"]["data"][0]["period"]["start"], UTC).date() for one in invoices] == days
    assert {one["status"] for one in invoices} == {"paid"}
    assert paid_for(subscription_id) == dict.fromkeys(range(1, 14), 990)
    assert all(len(tries_of(each)) == 1 for each in renewals_of(subscription_id))
    assert [each.due_at.date() for each in renewals_of(subscription_id)][1:] == days
    assert not alerts_about(subscription_id)
