"""The hub's flows with Stripe as the provider: what the hub knows in the end is what Stripe did, however it was told.

Each flow runs twice in one hub: its webhooks once and in order, then again and again and shuffled.
"""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.domain.billing import due_on
from app.models import Alert, CheckoutSession, Payment, ReconciliationBreak, db, utc_now
from app.services import reconciliation, reconciliation_breaks, refunds, renewal_charging, subscriptions
from tests.support.flow import attempts_of, open_session, pay, run_jobs
from tests.support.links import follow, new_link, stored
from tests.support.refunding import refunds_of
from tests.support.stripe import StripeService
from tests.support.stripe_hub import ACCOUNT, StripeHub, stripe_hub
from tests.support.subscribing import created, fresh, paid_for, renewals_of, tries_of


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StripeService]:
    """One local Stripe for the module: its time only goes forward."""
    with StripeService(tmp_path_factory.mktemp("stripe"), settle_seconds=600) as service:
        yield service


@pytest.fixture
def shop(app_context: Flask, service: StripeService, monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeHub]:
    """The hub, sent to the local Stripe."""
    with stripe_hub(service, monkeypatch) as hub:
        yield hub


def both_ways(shop: StripeHub, flow: Callable[[StripeHub], Any]) -> Any:
    """What a flow ends with, the same in order and in disorder."""
    shop.disorder = None
    in_order = flow(shop)
    shop.disorder = random.Random(20_261_123)
    assert flow(shop) == in_order
    return in_order


def facts(session_id: str) -> dict[str, Any]:
    """What is stored about a checkout."""
    db.session.rollback()
    session = db.session.get_one(CheckoutSession, session_id)
    payment = db.session.scalars(select(Payment).where(Payment.session_id == session_id)).one()
    return {
        "session": session.status,
        "payment": (payment.status, payment.paid, payment.refunded, payment.reserved),
        "attempts": [(attempt.method, attempt.status, attempt.failure_kind) for attempt in attempts_of(session_id)],
        "refunds": [(refund.amount, refund.status) for refund in refunds_of(payment.id)],
    }


def differences(day: date) -> list[tuple[str, str]]:
    """In what Stripe's books of a day and ours differ, once they have been compared."""
    run_id = reconciliation.request_comparison(ACCOUNT, day)
    run_jobs()
    db.session.rollback()
    run = reconciliation.get_run(run_id)
    assert run.compared_at is not None, run.error
    rows = db.session.scalars(select(ReconciliationBreak).where(ReconciliationBreak.run_id == run_id))
    return [(row.kind, row.reference) for row in rows if row.resolved_at is None]


def alerts_about(subject_id: str) -> list[Alert]:
    """The open alerts about one thing."""
    db.session.rollback()
    about = Alert.subject_id == subject_id, Alert.resolved_at.is_(None)
    return list(db.session.scalars(select(Alert).where(*about)))


def named(thing: dict[str, Any]) -> str | None:
    """Our subscription in one of Stripe's subscriptions or invoices."""
    metadata = thing["parent"]["subscription_details"]["metadata"] if "parent" in thing else thing["metadata"]
    return str(metadata.get("junction_subscription"))


def at_stripe(shop: StripeHub, subscription_id: str) -> dict[str, Any]:
    """The subscription in Stripe's own books."""
    return next(one for one in shop.service.ledger()["subscription"] if named(one) == subscription_id)


def renew(shop: StripeHub, subscription_id: str) -> None:
    """Let the next renewal fall due, and two hours pass: Stripe keeps an invoice for one before it charges it."""
    due_at = fresh(subscription_id).next_due_at
    assert due_at is not None
    shop.move_to(due_at + timedelta(hours=2))
    shop.hear()


def paid_by_card(shop: StripeHub, session_id: str) -> str:
    """Pay a session on Stripe's page; the payment's id."""
    attempt = pay(session_id)
    shop.press(attempt.redirect_url, "approve")
    shop.hear()
    return attempt.payment_id


def test_a_checkout_is_paid_after_a_decline_and_a_debit_that_was_sent_back(shop: StripeHub) -> None:
    def flow(shop: StripeHub) -> Any:
        session_id = open_session().id
        debit = pay(session_id, "sepa_debit")
        shop.press(debit.redirect_url, "approve")
        shop.hear()
        waiting = facts(session_id)["payment"]
        shop.service.faults(fail_settlement=1)
        shop.wait(minutes=11)
        shop.service.faults()
        card = pay(session_id)
        shop.press(card.redirect_url, "decline", code="insufficient_funds")
        shop.press(card.redirect_url, "approve")
        shop.hear()
        return waiting, facts(session_id)

    assert both_ways(shop, flow) == (
        ("pending", 0, 0, 0),
        {
            "session": "completed",
            "payment": ("paid", 12990, 0, 0),
            "attempts": [("sepa_debit", "failed", "soft_decline"), ("card", "succeeded", None)],
            "refunds": [],
        },
    )


def test_a_link_is_paid_and_is_over_with_it(shop: StripeHub) -> None:
    def flow(shop: StripeHub) -> Any:
        link = new_link()
        session_id = follow(link)
        paid_by_card(shop, session_id)
        return stored(link.id).status, facts(session_id)["payment"]

    assert both_ways(shop, flow) == ("completed", ("paid", 12990, 0, 0))


def test_parts_are_given_back_and_the_bank_sends_one_back(shop: StripeHub) -> None:
    """The books of both days agree with Stripe's before and after it came back."""

    def flow(shop: StripeHub) -> Any:
        session_id = open_session().id
        payment_id, first_day = paid_by_card(shop, session_id), utc_now().date()
        back, kept = (refunds.request(payment_id, amount=amount, actor="anna").id for amount in (3000, 2000))
        shop.hear()
        after_both = facts(session_id)["payment"]
        shop.wait(days=1)
        before = differences(first_day)
        shop.service.fail_refund(refunds.get_refund(back).provider_reference)
        shop.hear()
        assert [alert.kind for alert in alerts_about(back)] == ["refund_contradicted"]
        second_day = utc_now().date()
        shop.wait(days=1)
        assert refunds.get_refund(kept).status == "succeeded"
        return after_both, facts(session_id), before, differences(first_day), differences(second_day)

    after_both, end, *found = both_ways(shop, flow)
    assert after_both == ("partially_refunded", 12990, 5000, 0)
    assert end["payment"] == ("partially_refunded", 12990, 2000, 0)
    assert sorted(end["refunds"]) == [(2000, "succeeded"), (3000, "failed")]
    assert found == [[], [], []]


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_refund_that_came_back_unheard_is_found_by_the_books_and_settled_by_asking(shop: StripeHub) -> None:
    session_id = open_session().id
    refund_id = refunds.request(paid_by_card(shop, session_id), amount=3000, actor="anna").id
    shop.hear()
    shop.wait(days=1)
    shop.service.fail_refund(refunds.get_refund(refund_id).provider_reference)
    shop.miss()
    day = utc_now().date()
    shop.wait(days=1)
    assert differences(day) == [("state_differs", refund_id)]
    found = db.session.scalars(select(ReconciliationBreak).where(ReconciliationBreak.reference == refund_id)).one()
    assert reconciliation_breaks.ask(found.id, by="anna").resolved_at is not None
    assert facts(session_id)["payment"] == ("paid", 12990, 0, 0)


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
