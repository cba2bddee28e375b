"""Subscriptions that the provider charges by itself: followed by webhooks or without, and told what we want."""

import random
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.domain.statuses import RenewalStatus, SubscriptionStatus
from app.models import Subscription, db, utc_now
from app.services import payments, provider_subscriptions, renewal_charging, subscriptions
from app.services.subscription_errors import ChargedByProvider
from app.services.transaction import transaction
from providers import registry
from providers.interface import (
    ChargeState,
    Failure,
    FailureKind,
    OutcomeUnknown,
    ProviderSubscription,
    SubscriptionRequest,
)
from providers.interface import ProviderSubscriptionState as State
from tests.support.flow import alerts, attempts_of, pay
from tests.support.provider_books import Books
from tests.support.sandbox import SandboxService
from tests.support.subscribing import (
    AMOUNT,
    ask_provider,
    fresh,
    paid_for,
    renewals_of,
    subscribed_there,
    told_of,
    turn,
)
from tests.support.threads import together
from tests.support.waiting import wait_until

DECLINED = Failure(FailureKind.SOFT_DECLINE, "insufficient_funds", "Not enough money.")


@pytest.fixture
def books(monkeypatch: pytest.MonkeyPatch) -> Books:
    """The sandbox adapter with its verbs of subscriptions kept in this process, so that a test says what it did."""
    books, adapter = Books(), registry.get("sandbox")
    for verb in ("look_up_subscription", "start_subscription", "adjust_subscription"):
        monkeypatch.setattr(adapter, verb, getattr(books, verb))
    return books


@pytest.mark.usefixtures("app_context")
def test_without_any_webhook_the_sandbox_charges_and_we_follow(sandbox: SandboxService) -> None:
    """Four days late on both sides: every period is charged there once and taken over here once."""
    subscription_id = subscribed_there(sandbox, "day", ago=4, total_payments=6)

    def followed() -> bool:
        return len(paid_for(ask_provider(subscription_id).id)) >= 4

    assert wait_until(followed)
    ask_provider(subscription_id)
    renewals = renewals_of(subscription_id)
    assert {renewal.status for renewal in renewals} == {RenewalStatus.PAID}
    charged = {row["id"] for row in sandbox.ledger("north")["charges"] if subscription_id in row["reference"]}
    ours = {attempts_of(renewal.session_id)[0].provider_reference for renewal in renewals[1:]}
    assert ours == charged
    assert all(len(attempts_of(renewal.session_id)) == 1 for renewal in renewals)


@pytest.mark.usefixtures("app_context")
def test_webhooks_shuffled_and_repeated_change_nothing_twice(sandbox: SandboxService, books: Books) -> None:
    """What a delivery brings may be older than what is known: every word of the provider, in every order."""
    subscription_id = subscribed_there(sandbox, "day", ago=3)
    ask_provider(subscription_id)
    words = []
    for number in (2, 3):
        soon = utc_now() + timedelta(days=1)
        books.charge(subscription_id, number, state=ChargeState.PENDING, failure=None)
        words.append(books.known[subscription_id])
        books.charge(subscription_id, number, DECLINED, next_try_at=soon, provider_reference=f"pch_{number}_1")
        words.append(books.known[subscription_id])
        books.charge(subscription_id, number)
        words.append(books.known[subscription_id])
    deliveries = words * 2
    random.Random(7).shuffle(deliveries)
    deliveries.append(words[-1])
    for word in deliveries:
        books.known[subscription_id] = word
        provider_subscriptions.hear(subscription_id)
        turn()
    assert paid_for(subscription_id) == {1: AMOUNT, 2: AMOUNT, 3: AMOUNT}
    for renewal in renewals_of(subscription_id)[1:]:
        references = [row.provider_reference for row in attempts_of(renewal.session_id)]
        assert len(references) == len(set(references))
        assert told_of(renewal.id).count("subscription.renewed") == 1
    assert fresh(subscription_id).status == SubscriptionStatus.ACTIVE
    assert alerts("charged_twice") == []


def test_eight_workers_that_ask_at_once_take_each_period_over_once(
    app: Flask, sandbox: SandboxService, books: Books
) -> None:
    with app.app_context():
        subscription_id = subscribed_there(sandbox, "day", ago=3)
        ask_provider(subscription_id)
        books.charge(subscription_id, 2)
        books.charge(subscription_id, 3, DECLINED, next_try_at=utc_now() + timedelta(days=1))

    def ask() -> None:
        with app.app_context():
            provider_subscriptions.sync(subscription_id)

    assert together(8, ask) == [None] * 8
    with app.app_context():
        assert paid_for(subscription_id) == {1: AMOUNT, 2: AMOUNT}
        assert [len(attempts_of(renewal.session_id)) for renewal in renewals_of(subscription_id)] == [1, 1, 1]
        assert fresh(subscription_id).status == SubscriptionStatus.ON_HOLD


@pytest.mark.usefixtures("app_context")
def test_a_decline_holds_it_and_the_providers_giving_up_ends_it(sandbox: SandboxService, books: Books) -> None:
    subscription_id = subscribed_there(sandbox, ago=31)
    ask_provider(subscription_id)
    books.charge(subscription_id, 2, DECLINED, next_try_at=utc_now() + timedelta(days=1))
    held = ask_provider(subscription_id)
    assert held.status == SubscriptionStatus.ON_HOLD
    assert held.next_sync_at is not None
    books.charge(subscription_id, 2, DECLINED, provider_reference="pch_2_last")
    ended = ask_provider(subscription_id)
    assert ended.status == SubscriptionStatus.ABORTED
    assert ask_provider(subscription_id).next_sync_at is None
    assert books.known[subscription_id].state is State.ENDED, "what we gave up must not be charged any more"
    renewal = renewals_of(subscription_id)[1]
    assert renewal.status == RenewalStatus.FAILED
    assert told_of(renewal.id) == ["subscription.renewal_failed"] * 2


@pytest.mark.usefixtures("app_context")
def test_a_cancellation_is_told_at_once_withdrawn_and_carried_out_on_its_day(
    sandbox: SandboxService, books: Books
) -> None:
    subscription_id = subscribed_there(sandbox)
    due_at = ask_provider(subscription_id).next_due_at
    subscriptions.request_cancellation(subscription_id, actor="tester")
    turn()
    assert books.known[subscription_id].ends_at == due_at
    subscriptions.withdraw_cancellation(subscription_id, actor="tester")
    turn()
    assert books.known[subscription_id].ends_at is None
    subscriptions.request_cancellation(subscription_id, actor="tester", reason="moving")
    turn()
    past = utc_now() - timedelta(seconds=1)
    with transaction():
        db.session.get_one(Subscription, subscription_id).cancel_at = past
    books.silent = True
    assert ask_provider(subscription_id).status == SubscriptionStatus.ACTIVE, "not before the provider confirms"
    books.silent = False
    books.change(subscription_id, ends_at=past, state=State.ENDED)
    cancelled = ask_provider(subscription_id)
    assert (cancelled.status, cancelled.next_sync_at) == (SubscriptionStatus.CANCELLED, None)


@pytest.mark.usefixtures("app_context")
def test_an_amount_is_changed_at_the_provider_and_one_never_agreed_is_not_applied(
    sandbox: SandboxService, books: Books
) -> None:
    subscription_id = subscribed_there(sandbox, "day", ago=3)
    ask_provider(subscription_id)
    subscriptions.change(subscription_id, amount=1290, actor="tester")
    books.charge(subscription_id, 2)  # the provider was faster: by the amount that it had confirmed
    turn()
    assert books.known[subscription_id].amount == 1290
    books.charge(subscription_id, 3)
    ask_provider(subscription_id)
    books.charge(subscription_id, 4, amount=5000)
    ask_provider(subscription_id)
    assert paid_for(subscription_id) == {1: AMOUNT, 2: AMOUNT, 3: 1290}
    assert [alert.subject_id for alert in alerts("renewal_amount_differs")] == [subscription_id]


@pytest.mark.usefixtures("app_context")
@pytest.mark.parametrize("kind", [FailureKind.HARD_DECLINE, FailureKind.TECHNICAL])
def test_a_provider_that_will_not_start_it_leaves_the_charging_to_us(
    sandbox: SandboxService, books: Books, kind: FailureKind
) -> None:
    subscription_id = subscribed_there(sandbox)
    books.refusal = Failure(kind, "refused", "Not here.")
    waits = kind is FailureKind.TECHNICAL
    assert ask_provider(subscription_id).collection == ("automatic" if waits else "manual")
    if waits:  # what was technical passes: it is tried again
        books.refusal = None
        ask_provider(subscription_id)
        assert [request.first_number for request in books.requests] == [2]
    assert bool(alerts("charged_by_us")) is not waits


@pytest.mark.usefixtures("app_context")
def test_a_start_that_was_not_answered_is_looked_up_and_not_started_twice(
    sandbox: SandboxService, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscription_id = subscribed_there(sandbox)

    def started_but_silent(account: Any, request: SubscriptionRequest) -> ProviderSubscription:
        books.start_subscription(account, request)
        raise OutcomeUnknown("no answer")

    monkeypatch.setattr(registry.get("sandbox"), "start_subscription", started_but_silent)
    assert ask_provider(subscription_id).provider_reference is None
    assert ask_provider(subscription_id).provider_reference == "psub_1"
    assert len(books.requests) == 1


@pytest.mark.usefixtures("app_context")
def test_a_customer_who_pays_a_held_renewal_by_link_is_charged_by_us_from_then_on(
    sandbox: SandboxService, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscription_id = subscribed_there(sandbox, ago=31)
    ask_provider(subscription_id)
    books.charge(subscription_id, 2, DECLINED, next_try_at=utc_now() + timedelta(days=1))
    ask_provider(subscription_id)
    renewal = renewals_of(subscription_id)[1]
    with pytest.raises(ChargedByProvider):
        pay(renewal.session_id)
    with pytest.raises(ChargedByProvider):
        renewal_charging.retry_now(renewal.id, actor="tester")
    adjust = books.adjust_subscription

    def stop(*args: Any, **kwargs: Any) -> ProviderSubscription:
        books.charge(subscription_id, 2, DECLINED)  # ending takes its next try with it
        return adjust(*args, **kwargs)

    monkeypatch.setattr(registry.get("sandbox"), "adjust_subscription", stop)
    link = renewal_charging.ask_by_link(renewal.id, actor="tester")
    assert link.renewal_id == renewal.id
    assert books.known[subscription_id].state is State.ENDED
    attempt = pay(renewal.session_id, "paypal")
    sandbox.approve(attempt.redirect_url)
    payments.settle(attempt.id)
    subscription = fresh(subscription_id)
    assert (subscription.status, subscription.collection) == (SubscriptionStatus.ACTIVE, "manual")
    assert (subscription.method, subscription.ask_method) == ("paypal", False)
    assert paid_for(subscription_id) == {1: AMOUNT, 2: AMOUNT}


@pytest.mark.usefixtures("app_context")
def test_one_that_the_provider_ended_by_itself_is_cancelled_and_a_person_told(
    sandbox: SandboxService, books: Books
) -> None:
    subscription_id = subscribed_there(sandbox)
    ask_provider(subscription_id)
    books.change(subscription_id, state=State.ENDED)
    assert ask_provider(subscription_id).status == SubscriptionStatus.CANCELLED
    assert [alert.subject_id for alert in alerts("ended_by_provider")] == [subscription_id]
