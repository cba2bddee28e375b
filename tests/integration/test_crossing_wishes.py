"""Subscriptions at awkward moments: a provider's late words, wishes that cross its answers, days of downtime."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import update

from app.domain.statuses import RenewalStatus, SubscriptionStatus
from app.models import ProviderAccount, db, utc_now
from app.services import provider_subscriptions, provider_terms, renewal_charging, sessions, subscriptions
from app.services.alerts import close_alert
from app.services.transaction import transaction
from providers import registry
from providers.interface import Failure, FailureKind, ProviderSubscription
from providers.interface import ProviderSubscriptionState as State
from tests.support.flow import alerts
from tests.support.provider_books import Books
from tests.support.sandbox import SandboxService
from tests.support.subscribing import (
    AMOUNT,
    ask_provider,
    fresh,
    paid_for,
    renewals_of,
    subscribed,
    subscribed_there,
    told_of,
    tries_of,
    turn,
    turn_at,
)

START = datetime(2027, 1, 31, 20, 30, tzinfo=UTC)
DUE = datetime(2027, 2, 28, 8, tzinfo=UTC)
A_DAY = timedelta(days=1)
DECLINED = Failure(FailureKind.SOFT_DECLINE, "insufficient_funds", "Not enough money.")


@pytest.fixture
def books(monkeypatch: pytest.MonkeyPatch) -> Books:
    """A provider whose subscriptions the test keeps; one that is ended makes no further try."""
    books, adapter = Books(), registry.get("sandbox")

    def adjust(
        account: Any, subscription_id: str, trace: Any, *, amount: int, ends_at: datetime | None
    ) -> ProviderSubscription:
        if ends_at is not None and ends_at <= utc_now():
            for waiting in [row for row in books.known[subscription_id].renewals if row.next_try_at is not None]:
                books.charge(subscription_id, waiting.number, waiting.failure)
        return books.adjust_subscription(account, subscription_id, trace, amount=amount, ends_at=ends_at)

    monkeypatch.setattr(adapter, "look_up_subscription", books.look_up_subscription)
    monkeypatch.setattr(adapter, "start_subscription", books.start_subscription)
    monkeypatch.setattr(adapter, "adjust_subscription", adjust)
    return books


def held(sandbox: SandboxService, books: Books) -> str:
    """A subscription whose second period the provider could not collect, and tries again tomorrow."""
    subscription_id = subscribed_there(sandbox, ago=31)
    ask_provider(subscription_id)
    books.charge(subscription_id, 2, DECLINED, next_try_at=utc_now() + A_DAY)
    assert ask_provider(subscription_id).status == SubscriptionStatus.ON_HOLD
    return subscription_id


@pytest.mark.usefixtures("app_context")
def test_a_provider_that_stopped_for_us_is_never_told_to_go_on(sandbox: SandboxService, books: Books) -> None:
    """We charge from then on: a second wish and a late webhook must not make two of that."""
    subscription_id = subscribed_there(sandbox)
    ask_provider(subscription_id)
    subscriptions.change(subscription_id, ask_method=True, actor="tester")
    due_at = fresh(subscription_id).next_due_at
    books.change(subscription_id, ends_at=due_at)  # as it was told, by a worker that died before it told us
    provider_terms.take_over(subscription_id, books.known[subscription_id])
    assert fresh(subscription_id).collection == "manual"
    subscriptions.change(subscription_id, ask_method=False, actor="tester")
    provider_subscriptions.hear(subscription_id)
    turn()
    assert fresh(subscription_id).collection == "manual"
    ends_at = books.known[subscription_id].ends_at
    assert ends_at is not None
    assert ends_at <= due_at
    del books.known[subscription_id]  # as when the customer moved to an account that has never heard of it
    provider_subscriptions.hear(subscription_id)
    turn()
    assert fresh(subscription_id).next_sync_at is None
    assert alerts("subscription_unknown") == []


@pytest.mark.usefixtures("app_context")
def test_a_provider_that_is_late_to_end_it_is_not_given_a_later_end(sandbox: SandboxService, books: Books) -> None:
    """With an end after the renewal day it would charge that day after all."""
    subscription_id = subscribed_there(sandbox)
    ask_provider(subscription_id)
    day = subscriptions.request_cancellation(subscription_id, actor="tester").cancel_at
    ask_provider(subscription_id)
    with time_machine.travel(day + timedelta(minutes=5)):
        assert ask_provider(subscription_id).status == SubscriptionStatus.CANCELLED
        ask_provider(subscription_id)
        assert books.known[subscription_id].ends_at == day


@pytest.mark.usefixtures("app_context")
def test_a_withdrawal_that_the_provider_hears_too_late_goes_on_with_us(sandbox: SandboxService, books: Books) -> None:
    subscription_id = subscribed_there(sandbox)
    ask_provider(subscription_id)
    subscriptions.request_cancellation(subscription_id, actor="tester")
    ask_provider(subscription_id)
    subscriptions.withdraw_cancellation(subscription_id, actor="tester")
    books.change(subscription_id, state=State.ENDED)
    subscription = ask_provider(subscription_id)
    assert (subscription.status, subscription.collection) == (SubscriptionStatus.ACTIVE, "manual")
    assert [alert.subject_id for alert in alerts("charged_by_us")] == [subscription_id]
    assert alerts("ended_by_provider") == []


@pytest.mark.usefixtures("app_context")
def test_a_link_for_a_held_renewal_is_sent_also_while_a_cancellation_waits(
    sandbox: SandboxService, books: Books
) -> None:
    subscription_id = held(sandbox, books)
    day = subscriptions.request_cancellation(subscription_id, actor="tester").cancel_at
    ask_provider(subscription_id)
    renewal = renewals_of(subscription_id)[1]
    assert renewal_charging.ask_by_link(renewal.id, actor="tester").renewal_id == renewal.id
    assert books.known[subscription_id].state is State.ENDED
    subscription = fresh(subscription_id)
    assert (subscription.collection, subscription.cancel_at) == ("manual", day)


@pytest.mark.usefixtures("app_context")
def test_what_we_took_over_is_not_moved_by_the_providers_old_word(sandbox: SandboxService, books: Books) -> None:
    subscription_id = held(sandbox, books)
    renewal_charging.ask_by_link(renewals_of(subscription_id)[1].id, actor="tester")
    until = renewals_of(subscription_id)[1].session.expires_at
    with time_machine.travel(utc_now() + A_DAY):
        provider_subscriptions.hear(subscription_id)
        turn()
        assert renewals_of(subscription_id)[1].session.expires_at == until, "the customer is given no more time"
        subscriptions.change(subscription_id, ask_method=False, actor="tester")
        provider_subscriptions.hear(subscription_id)
        turn()
    assert renewals_of(subscription_id)[1].status == RenewalStatus.OPEN


@pytest.mark.usefixtures("app_context")
def test_one_that_goes_on_after_it_was_given_up_is_ended_at_the_provider(sandbox: SandboxService, books: Books) -> None:
    """The provider collected it after all, before we could tell it to end."""
    subscription_id = subscribed_there(sandbox, ago=31)
    ask_provider(subscription_id)
    books.charge(subscription_id, 2, DECLINED)
    provider_terms.take_over(subscription_id, books.known[subscription_id])
    assert fresh(subscription_id).status == SubscriptionStatus.ABORTED
    books.charge(subscription_id, 2)
    turn()
    turn()
    subscription = fresh(subscription_id)
    assert (subscription.status, subscription.collection) == (SubscriptionStatus.ACTIVE, "manual")
    assert books.known[subscription_id].state is State.ENDED


@pytest.mark.usefixtures("app_context")
def test_an_amount_never_agreed_is_told_once_for_each_period(sandbox: SandboxService, books: Books) -> None:
    """The provider says it at every answer, also when a person has dealt with it."""
    subscription_id = subscribed_there(sandbox, "day", ago=3)
    ask_provider(subscription_id)
    books.charge(subscription_id, 2, amount=5000)
    books.charge(subscription_id, 3, amount=6000)
    ask_provider(subscription_id)
    [alert] = alerts("renewal_amount_differs")
    assert [words in alert.message for words in ("€50.00 for period 2", "€60.00 for period 3")] == [True, True]
    with transaction():
        assert close_alert(alert.kind, alert.subject_id, by="ada@example.com", note="given back there")
    ask_provider(subscription_id)
    assert alerts("renewal_amount_differs") == []
    books.charge(subscription_id, 4, amount=5000)
    ask_provider(subscription_id)
    [alert] = alerts("renewal_amount_differs")
    assert "period 4" in alert.message
    assert "period 2" not in alert.message


@pytest.mark.usefixtures("app_context")
def test_a_provider_cannot_raise_the_price_by_saying_so(
    sandbox: SandboxService, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names another amount first, does not heed ours, and charges its own in the next period."""
    subscription_id = subscribed_there(sandbox, "day", ago=3)
    ask_provider(subscription_id)
    with monkeypatch.context() as deaf:
        deaf.setattr(books, "adjust_subscription", lambda _, about, *__, **___: books.known[about])
        deaf.setattr(registry.get("sandbox"), "adjust_subscription", books.adjust_subscription)
        books.change(subscription_id, amount=5000)
        ask_provider(subscription_id)
        books.charge(subscription_id, 2)
        ask_provider(subscription_id)
    assert paid_for(subscription_id) == {1: AMOUNT}
    for kind in ("renewal_amount_differs", "subscription_not_adjusted"):
        assert [alert.subject_id for alert in alerts(kind)] == [subscription_id]
    ask_provider(subscription_id)
    assert books.known[subscription_id].amount == AMOUNT
    assert alerts("subscription_not_adjusted") == [], "it heeds ours now"


@pytest.mark.usefixtures("app_context")
def test_tries_that_downtime_delayed_are_made_before_their_renewal_is_over(sandbox: SandboxService) -> None:
    with time_machine.travel(START) as clock:
        subscription = subscribed(sandbox)
        sandbox.faults("north", decline_tokens_soft=1)
        turn_at(clock, DUE)
        sandbox.reset_faults()
        clock.move_to(DUE + timedelta(weeks=3))
        sessions.expire_overdue()  # the housekeeper is the first to come back
        turn()
        assert paid_for(subscription.id) == {1: AMOUNT, 2: AMOUNT}
        renewal = renewals_of(subscription.id)[1]
        assert len(tries_of(renewal)) == 2
        assert told_of(renewal.session.payment.id) == ["payment.failed", "payment.paid"]


@pytest.mark.usefixtures("app_context")
def test_a_person_is_told_when_renewals_wait_for_an_account_that_is_off(sandbox: SandboxService) -> None:
    with time_machine.travel(START) as clock:
        subscription = subscribed(sandbox)

        def switch(on: bool) -> None:
            with transaction():
                account = update(ProviderAccount).where(ProviderAccount.id == subscription.account_id)
                db.session.execute(account.values(enabled=on))

        switch(False)
        turn_at(clock, DUE)
        assert alerts("renewals_wait") == [], "it may be a short outage"
        turn_at(clock, DUE + A_DAY + timedelta(hours=1))
        assert [alert.subject_id for alert in alerts("renewals_wait")] == [subscription.account_id]
        switch(True)
        turn_at(clock, DUE + A_DAY + timedelta(hours=3))
        assert alerts("renewals_wait") == []
        assert paid_for(subscription.id) == {1: AMOUNT, 2: AMOUNT}
