"""Settling: the provider's truth is applied once, in whatever order and however often it arrives."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from app.domain.statuses import AttemptStatus, PaymentStatus, SessionStatus
from app.models import CheckoutSession, Payment, PaymentAttempt, db, utc_now
from app.services import attempts, payments, sessions
from app.services.transaction import transaction
from providers.interface import ChargeStage, ChargeState
from tests.support.flow import (
    alerts,
    attempts_of,
    ledger_of,
    let_time_pass,
    moves_of,
    open_session,
    pay,
    told,
)
from tests.support.rows import row_counts
from tests.support.sandbox import SandboxService
from tests.support.threads import together
from tests.support.waiting import wait_until


@pytest.mark.usefixtures("app_context")
@pytest.mark.parametrize(
    "changes",
    [{"amount": 12989}, {"amount": 1299000}, {"currency": "USD"}, {"currency": "XXX"}, {"amount": -12990}],
    ids=str,
)
@pytest.mark.parametrize("state", [ChargeState.SUCCEEDED, ChargeState.FAILED, ChargeState.PENDING])
def test_a_charge_that_is_not_ours_to_the_cent_is_not_applied(state: ChargeState, changes: dict[str, object]) -> None:
    attempt = pay(open_session().id)
    before = (attempt.status, attempt.payment.status, attempt.session.status, len(moves_of(attempt.id)))
    for _ in range(2):
        attempts.apply_charge(attempt.id, told(attempt, state, **changes), actor="tester")
    attempt = attempts_of(attempt.session_id)[0]
    assert (attempt.status, attempt.payment.status, attempt.session.status, len(moves_of(attempt.id))) == before
    assert attempt.payment.paid == 0
    [alert] = alerts("amount_mismatch")
    assert alert.subject_id == attempt.id
    assert "129.90" in alert.message


@pytest.mark.usefixtures("app_context")
def test_unknown_is_never_failed_however_long_it_lasts(sandbox: SandboxService) -> None:
    sandbox.faults("north", error_500=1)
    attempt = pay(open_session().id)
    sandbox.faults("north", outage=1)
    with transaction():
        long_ago = utc_now() - timedelta(hours=2)
        db.session.execute(update(PaymentAttempt).where(PaymentAttempt.id == attempt.id).values(started_at=long_ago))
    for _ in range(3):
        assert payments.settle(attempt.id).status == AttemptStatus.UNKNOWN
    assert len(alerts("outcome_unknown")) == 1
    assert db.session.get(Payment, attempt.payment_id).status == PaymentStatus.PENDING


@pytest.mark.usefixtures("app_context")
def test_a_look_up_that_fails_changes_no_settled_attempt(sandbox: SandboxService) -> None:
    session = open_session()
    attempt = pay(session.id)
    sandbox.decline(attempt.redirect_url)
    payments.settle(attempt.id)
    before = row_counts()
    sandbox.faults("north", outage=1)
    assert payments.settle(attempt.id).status == AttemptStatus.FAILED
    assert row_counts() == before


def test_sixteen_threads_settle_one_payment_once(app: Flask, sandbox: SandboxService) -> None:
    with app.app_context():
        session_id = open_session().id
        attempt = pay(session_id)
        attempt_id, payment_id = attempt.id, attempt.payment_id
        sandbox.approve(attempt.redirect_url)

    def settle() -> str:
        with app.app_context():
            return str(payments.settle(attempt_id).status)

    assert set(map(str, together(16, settle))) == {"succeeded"}
    with app.app_context():
        assert moves_of(attempt_id).count(("pending", "succeeded")) == 1
        assert moves_of(payment_id).count(("pending", "paid")) == 1
        assert moves_of(session_id).count(("open", "completed")) == 1
        assert alerts("charged_twice") == []
        assert db.session.get(Payment, payment_id).paid == 12990


def test_contradictory_news_at_once_never_leaves_a_half_applied_payment(app: Flask) -> None:
    """Eight threads say it succeeded, eight that it failed: money wins, whatever the order."""
    with app.app_context():
        attempt = pay(open_session().id)
        attempt_id, payment_id, session_id = attempt.id, attempt.payment_id, attempt.session_id
    news = iter([ChargeState.SUCCEEDED, ChargeState.FAILED] * 8)

    def apply() -> str:
        state = next(news)
        with app.app_context():
            known = db.session.get(PaymentAttempt, attempt_id)
            charge = told(known, state)
            db.session.rollback()
            return str(attempts.apply_charge(attempt_id, charge, actor="tester").status)

    outcomes = together(16, apply)
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)], outcomes
    with app.app_context():
        assert db.session.get(PaymentAttempt, attempt_id).status == AttemptStatus.SUCCEEDED
        assert db.session.get(Payment, payment_id).status == PaymentStatus.PAID
        assert db.session.get(CheckoutSession, session_id).status == SessionStatus.COMPLETED


@pytest.mark.usefixtures("app_context")
def test_a_success_that_arrives_after_a_failure_is_money() -> None:
    attempt = pay(open_session().id)
    attempts.apply_charge(attempt.id, told(attempt, ChargeState.FAILED), actor="tester")
    attempts.apply_charge(attempt.id, told(attempt, ChargeState.SUCCEEDED), actor="tester")
    attempts.apply_charge(attempt.id, told(attempt, ChargeState.FAILED), actor="tester")
    attempt = attempts_of(attempt.session_id)[0]
    assert (attempt.status, attempt.failure_kind) == (AttemptStatus.SUCCEEDED, None)
    assert (attempt.payment.status, attempt.payment.paid) == (PaymentStatus.PAID, 12990)
    assert attempt.session.status == SessionStatus.COMPLETED


@pytest.mark.usefixtures("app_context")
def test_a_success_after_the_session_expired_is_money() -> None:
    session = open_session()
    attempt = pay(session.id)
    attempts.apply_charge(attempt.id, told(attempt, ChargeState.FAILED), actor="tester")
    let_time_pass(session.id)
    sessions.get_session(session.id)
    attempts.apply_charge(attempt.id, told(attempt, ChargeState.SUCCEEDED), actor="tester")
    assert moves_of(session.id) == [(None, "open"), ("open", "expired"), ("expired", "completed")]
    assert db.session.get(Payment, attempt.payment_id).status == PaymentStatus.PAID


@pytest.mark.usefixtures("app_context")
def test_a_customer_charged_twice_is_a_persons_case() -> None:
    session = open_session()
    first = pay(session.id)
    attempts.apply_charge(first.id, told(first, ChargeState.FAILED), actor="tester")
    second = pay(session.id, "paypal")
    attempts.apply_charge(second.id, told(second, ChargeState.SUCCEEDED), actor="tester")
    for _ in range(2):
        attempts.apply_charge(first.id, told(first, ChargeState.SUCCEEDED), actor="tester")
    [alert] = alerts("charged_twice")
    assert alert.subject_id == first.payment_id
    payment = db.session.get(Payment, first.payment_id)
    assert (payment.status, payment.paid, payment.method) == (PaymentStatus.PAID, 12990, "paypal")
    assert [row.status for row in attempts_of(session.id)] == [AttemptStatus.SUCCEEDED] * 2


@pytest.mark.usefixtures("app_context")
def test_late_news_of_pending_changes_nothing_that_is_settled() -> None:
    for state in (ChargeState.SUCCEEDED, ChargeState.FAILED):
        attempt = pay(open_session().id)
        attempts.apply_charge(attempt.id, told(attempt, state), actor="tester")
        before = moves_of(attempt.id)
        attempts.apply_charge(attempt.id, told(attempt, ChargeState.PENDING), actor="tester")
        attempts.apply_unknown(attempt.id, "no answer", actor="tester")
        assert moves_of(attempt.id) == before


@pytest.mark.usefixtures("app_context")
def test_a_pending_bank_settles_by_itself(sandbox: SandboxService) -> None:
    session = open_session()
    attempt = pay(session.id)
    sandbox.pending(attempt.redirect_url)
    attempt = payments.settle(attempt.id)
    assert (attempt.status, attempt.stage, attempt.redirect_url) == (AttemptStatus.PENDING, "processing", None)
    assert wait_until(lambda: ledger_of(sandbox, session.id)[0]["state"] == "succeeded")
    assert payments.settle(attempt.id).status == AttemptStatus.SUCCEEDED


@pytest.mark.usefixtures("app_context")
def test_a_late_reply_that_sends_the_customer_to_pay_does_not_undo_that_they_have() -> None:
    attempt = pay(open_session().id)
    late = told(attempt, ChargeState.PENDING, stage=ChargeStage.AWAITING_CUSTOMER, redirect_url=attempt.redirect_url)
    attempts.apply_charge(attempt.id, told(attempt, ChargeState.PENDING), actor="tester")
    attempts.apply_charge(attempt.id, late, actor="tester")
    attempt = attempts_of(attempt.session_id)[0]
    assert (attempt.status, attempt.stage, attempt.redirect_url) == (AttemptStatus.PENDING, "processing", None)
