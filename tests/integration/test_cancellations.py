"""Cancellation on the renewal day: asked for, withdrawn, carried out once, never a charge too many or too few."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.domain.statuses import PaymentLinkStatus, RenewalStatus, SubscriptionStatus
from app.models import PaymentLink, db
from app.services import payments, subscription_clock, subscriptions, work
from app.services.subscription_errors import CancellationOver, NotRunning
from tests.support.flow import alerts, attempts_of
from tests.support.sandbox import SandboxService
from tests.support.subscribing import AMOUNT, created, fresh, paid_for, renewals_of, subscribed, told_of, turn_at
from tests.support.threads import together

START = datetime(2027, 1, 31, 20, 30, tzinfo=UTC)
DUE = datetime(2027, 2, 28, 8, tzinfo=UTC)
NEXT = datetime(2027, 3, 31, 7, tzinfo=UTC)


@pytest.mark.usefixtures("app_context")
def test_it_stays_active_until_the_renewal_day_and_is_not_charged_then(sandbox: SandboxService) -> None:
    with time_machine.travel(START) as clock:
        subscription = subscribed(sandbox)
        for _ in range(2):
            asked = subscriptions.request_cancellation(subscription.id, actor="user:ada@example.com", reason="moving")
            assert (asked.cancel_at, asked.status) == (DUE, SubscriptionStatus.ACTIVE)
        assert subscriptions.upcoming(asked) == []
        turn_at(clock, DUE - timedelta(days=5))
        turn_at(clock, DUE - timedelta(seconds=1))
        assert fresh(subscription.id).status == SubscriptionStatus.ACTIVE
        turn_at(clock, DUE)
        assert fresh(subscription.id).status == SubscriptionStatus.CANCELLED
        assert paid_for(subscription.id) == {1: AMOUNT}
        assert told_of(subscription.id) == [
            "subscription.started",
            "subscription.cancellation_scheduled",
            "subscription.ending_soon",
            "subscription.cancelled",
        ]
        with pytest.raises(NotRunning):
            subscriptions.withdraw_cancellation(subscription.id, actor="tester")


@pytest.mark.usefixtures("app_context")
def test_a_cancellation_that_is_withdrawn_changes_nothing(sandbox: SandboxService) -> None:
    with time_machine.travel(START) as clock:
        subscription = subscribed(sandbox)
        subscriptions.request_cancellation(subscription.id, actor="tester")
        subscriptions.withdraw_cancellation(subscription.id, actor="tester")
        with pytest.raises(CancellationOver):
            subscriptions.withdraw_cancellation(subscription.id, actor="tester")
        turn_at(clock, DUE)
        assert paid_for(subscription.id) == {1: AMOUNT, 2: AMOUNT}


@pytest.mark.usefixtures("app_context")
def test_one_that_nobody_has_paid_cannot_be_cancelled() -> None:
    with pytest.raises(NotRunning):
        subscriptions.request_cancellation(str(created().subscription_id), actor="tester")


@pytest.mark.usefixtures("app_context")
def test_asked_for_after_the_renewal_fell_due_it_is_for_the_day_after_that(sandbox: SandboxService) -> None:
    """The hub was down: the period that began meanwhile is charged, and then it ends."""
    with time_machine.travel(START) as clock:
        subscription = subscribed(sandbox)
        clock.move_to(DUE + timedelta(days=2))
        assert subscriptions.request_cancellation(subscription.id, actor="tester").cancel_at == NEXT
        turn_at(clock, NEXT + timedelta(days=3))
        turn_at(clock, NEXT + timedelta(days=3, hours=1))
        assert fresh(subscription.id).status == SubscriptionStatus.CANCELLED
        assert paid_for(subscription.id) == {1: AMOUNT, 2: AMOUNT}


@pytest.mark.usefixtures("app_context")
def test_one_on_hold_is_cancelled_on_its_day_and_late_money_is_a_persons_case(sandbox: SandboxService) -> None:
    with time_machine.travel(START) as clock:
        subscription = subscribed(sandbox, "week")
        due_at = fresh(subscription.id).next_due_at
        sandbox.faults("north", decline_tokens_soft=1)
        turn_at(clock, due_at)
        cancel_at = subscriptions.request_cancellation(subscription.id, actor="tester").cancel_at
        sandbox.faults("north", drop_reply=1)
        turn_at(clock, due_at + timedelta(days=1, minutes=1))
        turn_at(clock, cancel_at)
        renewal = renewals_of(subscription.id)[1]
        assert (fresh(subscription.id).status, renewal.status) == (SubscriptionStatus.CANCELLED, RenewalStatus.VOID)
        sandbox.reset_faults()
        [_, unknown] = attempts_of(renewal.session_id)
        payments.settle(unknown.id)
        assert renewals_of(subscription.id)[1].status == RenewalStatus.PAID
        assert fresh(subscription.id).status == SubscriptionStatus.CANCELLED
        assert [alert.subject_id for alert in alerts("paid_after_end")] == [subscription.id]


@pytest.mark.usefixtures("app_context")
def test_a_renewal_that_its_customer_does_not_pay_by_link_holds_no_cancellation_up(sandbox: SandboxService) -> None:
    with time_machine.travel(START) as clock:
        subscription = subscribed(sandbox, "day")
        due_at = subscriptions.change(subscription.id, ask_method=True, actor="tester").next_due_at
        turn_at(clock, due_at)
        cancel_at = subscriptions.request_cancellation(subscription.id, actor="tester").cancel_at
        turn_at(clock, cancel_at)
        assert fresh(subscription.id).status == SubscriptionStatus.CANCELLED
        assert [row.status for row in renewals_of(subscription.id)] == [RenewalStatus.PAID, RenewalStatus.VOID]
        link = db.session.scalars(select(PaymentLink)).one()
        assert (link.sent_count, link.status) == (1, PaymentLinkStatus.ACTIVE)
        clock.shift(timedelta(days=6))
        work.housekeep()
        assert told_of(link.id) == ["payment_link.sent", "payment_link.expired"], "and nobody is reminded of it"


def test_withdrawing_and_the_renewal_day_at_the_same_moment(app: Flask, sandbox: SandboxService) -> None:
    """Either it is cancelled and nothing is charged, or it goes on and the period is charged: never both."""
    with time_machine.travel(START) as clock:
        with app.app_context():
            ids = [subscribed(sandbox).id for _ in range(2)]
            for subscription_id in ids:
                subscriptions.request_cancellation(subscription_id, actor="tester")
        clock.move_to(DUE - timedelta(milliseconds=40))
        todo = iter(
            [
                lambda: subscriptions.withdraw_cancellation(ids[0], actor="tester"),
                subscription_clock.sweep,
                lambda: subscriptions.withdraw_cancellation(ids[1], actor="tester"),
                subscription_clock.sweep,
            ]
            * 2
        )

        def one_of_them() -> None:
            do = next(todo)
            with app.app_context():
                do()

        results = together(8, one_of_them)
        assert {type(result) for result in results} <= {type(None), CancellationOver, NotRunning}
        with app.app_context():
            turn_at(clock, DUE + timedelta(seconds=5))
            for subscription_id in ids:
                went_on = fresh(subscription_id).status == SubscriptionStatus.ACTIVE
                assert paid_for(subscription_id) == ({1: AMOUNT, 2: AMOUNT} if went_on else {1: AMOUNT})
