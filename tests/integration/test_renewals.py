"""Renewals that we charge by a stored token: each period once, on its day, whatever happens meanwhile."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.domain.statuses import AttemptStatus, RenewalStatus, SubscriptionStatus
from app.models import Renewal, db
from app.services import charging, payments, subscription_clock, work
from app.services.renewal_charging import charge_due
from app.services.transaction import transaction
from tests.support.flow import run_jobs
from tests.support.sandbox import SandboxService
from tests.support.subscribing import (
    AMOUNT,
    created,
    fresh,
    paid_for,
    renewals_of,
    subscribed,
    token_charges,
    told_of,
    tries_of,
    turn,
    turn_at,
)
from tests.support.threads import together

START = datetime(2027, 1, 31, 20, 30, tzinfo=UTC)


def at(year: int, month: int, day: int, hour: int = 8) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


@pytest.mark.usefixtures("app_context")
def test_a_membership_is_charged_on_the_last_day_of_each_month(sandbox: SandboxService) -> None:
    with time_machine.travel(START) as clock:
        subscription = subscribed(sandbox, total_payments=4)
        assert (subscription.status, subscription.method) == (SubscriptionStatus.ACTIVE, "card")
        assert [renewal.status for renewal in renewals_of(subscription.id)] == [RenewalStatus.PAID]
        for due_at in (at(2027, 2, 28), at(2027, 3, 31, 7), at(2027, 4, 30, 7)):
            assert fresh(subscription.id).next_due_at == due_at
            turn_at(clock, due_at - timedelta(seconds=1))
            before = len(renewals_of(subscription.id))
            turn_at(clock, due_at)
            turn()
            assert len(renewals_of(subscription.id)) == before + 1
        subscription = fresh(subscription.id)
        assert (subscription.status, subscription.next_due_at) == (SubscriptionStatus.ACTIVE, None)
        assert subscription.ends_at == at(2027, 5, 31, 7)
        turn_at(clock, at(2027, 5, 25, 7))
        turn_at(clock, at(2027, 5, 31, 7))
        assert fresh(subscription.id).status == SubscriptionStatus.EXPIRED
        assert paid_for(subscription.id) == dict.fromkeys(range(1, 5), AMOUNT)
        assert len(token_charges(sandbox, subscription.id)) == 3
        renewals = [renewal.id for renewal in renewals_of(subscription.id)]
        assert told_of(subscription.id, *renewals) == [
            "subscription.started",
            *["subscription.renewed"] * 3,
            "subscription.ending_soon",
            "subscription.expired",
        ]


@pytest.mark.usefixtures("app_context")
def test_a_first_checkout_that_nobody_pays_ends_the_subscription() -> None:
    with time_machine.travel(START) as clock:
        session = created(collection="automatic")
        turn_at(clock, START + timedelta(hours=25))
        subscription = fresh(session.subscription_id)
        assert (subscription.status, subscription.next_sync_at) == (SubscriptionStatus.EXPIRED, None)
        assert [renewal.status for renewal in renewals_of(str(session.subscription_id))] == [RenewalStatus.VOID]


@pytest.mark.usefixtures("app_context")
def test_a_soft_decline_is_retried_as_the_schedule_says_and_then_the_subscription_ends(
    sandbox: SandboxService,
) -> None:
    with time_machine.travel(START) as clock:
        subscription = subscribed(sandbox)
        sandbox.faults("north", decline_tokens_soft=1)
        due_at = at(2027, 2, 28)
        turn_at(clock, due_at)
        [_, renewal] = renewals_of(subscription.id)
        assert (renewal.status, renewal.failure_kind) == (RenewalStatus.OPEN, "soft_decline")
        assert fresh(subscription.id).status == SubscriptionStatus.ON_HOLD
        tried = []
        while (renewal := renewals_of(subscription.id)[1]).next_try_at is not None:
            tried.append(round((renewal.next_try_at - due_at) / timedelta(days=1)))
            turn_at(clock, renewal.next_try_at - timedelta(seconds=1))
            assert len(tries_of(renewal)) == len(tried)
            turn_at(clock, renewal.next_try_at)
        assert tried == [1, 3, 5, 7]
        turn_at(clock, due_at + timedelta(days=14, minutes=-1))
        assert fresh(subscription.id).status == SubscriptionStatus.ON_HOLD, "the customer has a week to pay by link"
        turn_at(clock, due_at + timedelta(days=14, minutes=1))
        assert fresh(subscription.id).status == SubscriptionStatus.ABORTED
        assert [renewal.status for renewal in renewals_of(subscription.id)] == [
            RenewalStatus.PAID,
            RenewalStatus.FAILED,
        ]
        assert told_of(renewal.id) == ["subscription.renewal_failed"] * 5
        turn_at(clock, at(2027, 3, 31, 7))
        assert len(renewals_of(subscription.id)) == 2, "nothing more falls due"


@pytest.mark.usefixtures("app_context")
def test_after_five_weeks_of_downtime_each_missed_week_is_charged_once_and_apart(sandbox: SandboxService) -> None:
    with time_machine.travel(START) as clock:
        subscription = subscribed(sandbox, "week")
        back = START + timedelta(weeks=5, days=1)
        for hour in range(7):
            turn_at(clock, back + timedelta(hours=hour))
            turn()
            assert len(renewals_of(subscription.id)) == min(hour + 2, 6)
        assert paid_for(subscription.id) == dict.fromkeys(range(1, 7), AMOUNT)
        assert len(token_charges(sandbox, subscription.id)) == 5
        assert fresh(subscription.id).next_due_at == at(2027, 3, 14)


@pytest.mark.usefixtures("app_context")
def test_nothing_is_tried_while_an_outcome_is_unknown_and_the_period_is_charged_once(sandbox: SandboxService) -> None:
    with time_machine.travel(START) as clock:
        subscription = subscribed(sandbox)
        sandbox.faults("north", drop_reply=1)
        turn_at(clock, at(2027, 2, 28))
        [_, renewal] = renewals_of(subscription.id)
        for days in range(1, 5):
            turn_at(clock, at(2027, 2, 28) + timedelta(days=days))
        [attempt] = tries_of(renewal)
        assert attempt.status == AttemptStatus.UNKNOWN
        assert fresh(subscription.id).status == SubscriptionStatus.ACTIVE
        sandbox.reset_faults()
        payments.settle(attempt.id)
        assert renewals_of(subscription.id)[1].status == RenewalStatus.PAID
        assert len(token_charges(sandbox, subscription.id)) == 1


@pytest.mark.usefixtures("app_context")
@pytest.mark.parametrize("days_late", [0, 3])
def test_a_worker_that_dies_between_recording_and_charging_is_made_up_for(
    sandbox: SandboxService, monkeypatch: pytest.MonkeyPatch, days_late: int
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise Killed

    with time_machine.travel(START) as clock:
        subscription = subscribed(sandbox)
        monkeypatch.setattr(charging, "charge", die)
        with pytest.raises(Killed):
            turn_at(clock, at(2027, 2, 28))
        monkeypatch.undo()
        clock.shift(timedelta(days=days_late, minutes=1))
        [attempt] = tries_of(renewals_of(subscription.id)[1])
        assert attempt.status == AttemptStatus.STARTED
        for _ in range(2):
            turn()
            work.sweep()
            run_jobs()
        assert paid_for(subscription.id) == {1: AMOUNT, 2: AMOUNT}
        assert len(token_charges(sandbox, subscription.id)) == 1


def test_three_schedulers_and_four_workers_charge_a_due_date_once(app: Flask, sandbox: SandboxService) -> None:
    with time_machine.travel(START) as clock:
        with app.app_context():
            ids = [subscribed(sandbox).id for _ in range(3)]
        clock.move_to(at(2027, 2, 28))
        turns = iter([*[subscription_clock.sweep] * 3, *[lambda: [charge_due(one) for one in open_ones()]] * 4] * 2)

        def work_or_schedule() -> None:
            todo = next(turns)
            with app.app_context():
                todo()

        assert [result for result in together(14, work_or_schedule) if result is not None] == []
        with app.app_context():
            turn()
            assert {len(paid_for(subscription_id)) for subscription_id in ids} == {2}
            assert [len(token_charges(sandbox, subscription_id)) for subscription_id in ids] == [1, 1, 1]
            assert [[row.tries for row in renewals_of(subscription_id)] for subscription_id in ids] == [[0, 1]] * 3


def open_ones() -> list[str]:
    """The open renewals of everybody."""
    with transaction():
        return list(db.session.scalars(select(Renewal.id).where(Renewal.status == RenewalStatus.OPEN)))
