"""Paying: one attempt however often it is asked for, and money only where it was offered, accepted and due."""

import pytest
from flask import Flask

from app.domain.statuses import AttemptStatus, PaymentStatus, SessionStatus
from app.models import CheckoutSession, Payment, PaymentAttempt, ProviderAccount, db
from app.services import payments, sessions, work
from app.services.errors import AlreadyPaid, MethodNotOffered, NotFound, SessionExpired, TermsNotAccepted
from app.services.transaction import transaction
from providers.interface import FailureKind
from tests.support.flow import (
    attempts_of,
    ledger_of,
    let_time_pass,
    make_due,
    moves_of,
    offer,
    open_session,
    pay,
    run_jobs,
)
from tests.support.rows import row_counts
from tests.support.sandbox import SandboxService
from tests.support.threads import together


@pytest.mark.usefixtures("app_context")
def test_a_payment_from_choice_to_money(sandbox: SandboxService) -> None:
    session = open_session()
    attempt = pay(session.id)
    assert (attempt.status, attempt.stage) == (AttemptStatus.PENDING, "awaiting_customer")
    assert attempt.redirect_url.startswith(sandbox.url)

    sandbox.approve(attempt.redirect_url)
    attempt = payments.settle(attempt.id)

    assert attempt.status == AttemptStatus.SUCCEEDED
    payment = attempt.payment
    assert (payment.status, payment.paid, payment.method, payment.account_id) == (
        PaymentStatus.PAID,
        12990,
        "card",
        "sandbox_north",
    )
    assert attempt.session.status == SessionStatus.COMPLETED
    assert [charge["state"] for charge in ledger_of(sandbox, session.id)] == ["succeeded"]
    assert moves_of(attempt.id) == [(None, "started"), ("started", "pending"), ("pending", "succeeded")]
    assert moves_of(payment.id) == [(None, "created"), ("created", "pending"), ("pending", "paid")]
    assert moves_of(session.id) == [(None, "open"), ("open", "completed")]


def test_sixteen_clicks_at_once_make_one_attempt_and_one_charge(app: Flask, sandbox: SandboxService) -> None:
    with app.app_context():
        session_id = open_session().id

    def click() -> str:
        with app.app_context():
            return pay(session_id).id

    ids = together(16, click)
    assert len({str(answer) for answer in ids}) == 1, ids
    with app.app_context():
        assert [attempt.id for attempt in attempts_of(session_id)] == [ids[0]]
        assert len(ledger_of(sandbox, session_id)) == 1


def test_sixteen_clicks_on_different_methods_make_one_attempt(app: Flask, sandbox: SandboxService) -> None:
    with app.app_context():
        session_id = open_session().id
    methods = iter(["card", "paypal", "satispay", "bancomat_pay"] * 4)

    def click() -> str:
        method = next(methods)
        with app.app_context():
            return pay(session_id, method).id

    assert len({str(answer) for answer in together(16, click)}) == 1
    with app.app_context():
        assert len(ledger_of(sandbox, session_id)) == 1


@pytest.mark.usefixtures("app_context")
def test_a_paid_session_is_not_paid_again(sandbox: SandboxService) -> None:
    session = open_session()
    attempt = pay(session.id)
    sandbox.approve(attempt.redirect_url)
    payments.settle(attempt.id)
    before = row_counts()
    with pytest.raises(AlreadyPaid):
        pay(session.id)
    assert row_counts() == before
    assert len(ledger_of(sandbox, session.id)) == 1


@pytest.mark.usefixtures("app_context")
@pytest.mark.parametrize("terms", [False, None, 1, "true"])
def test_terms_are_accepted_by_true_and_nothing_else(terms: object) -> None:
    session = open_session()
    before = row_counts()
    with pytest.raises(TermsNotAccepted):
        payments.pay(session.id, method="card", accept_terms=terms, actor="customer")  # type: ignore[arg-type]
    assert row_counts() == before


@pytest.mark.usefixtures("app_context")
@pytest.mark.parametrize("method", ["invoice", "ideal", "CARD", "", "cowrie_shells", "card' OR '1'='1"])
def test_a_method_that_was_not_offered_is_refused(method: str) -> None:
    session = open_session()
    before = row_counts()
    with pytest.raises(MethodNotOffered) as refused:
        pay(session.id, method)
    assert "card" in refused.value.message
    assert row_counts() == before


@pytest.mark.usefixtures("app_context")
def test_a_method_whose_accounts_were_switched_off_since_is_refused() -> None:
    session = open_session()
    with transaction():
        for account in db.session.query(ProviderAccount):
            account.enabled = False
    with pytest.raises(MethodNotOffered):
        pay(session.id)


@pytest.mark.usefixtures("app_context")
def test_a_session_that_does_not_exist_is_not_paid() -> None:
    with pytest.raises(NotFound):
        pay("cs_none")


@pytest.mark.usefixtures("app_context")
def test_an_expired_session_is_not_paid() -> None:
    session = open_session()
    let_time_pass(session.id)
    with pytest.raises(SessionExpired):
        pay(session.id)
    assert attempts_of(session.id) == []
    assert db.session.get(CheckoutSession, session.id).status == SessionStatus.EXPIRED


@pytest.mark.usefixtures("app_context")
def test_a_decline_changes_the_offer_and_the_customer_pays_otherwise(sandbox: SandboxService) -> None:
    session = open_session()
    first = offer(session)
    attempt = pay(session.id)
    sandbox.decline(attempt.redirect_url)
    attempt = payments.settle(attempt.id)
    assert (attempt.status, attempt.failure_kind) == (AttemptStatus.FAILED, FailureKind.SOFT_DECLINE)
    assert attempt.payment.status == PaymentStatus.FAILED

    second = offer(session)
    assert (second.rule_id, second.offered) != (first.rule_id, first.offered), "the offer did not adapt"
    facts = [record.facts for record in db.session.get(CheckoutSession, session.id).decisions]
    assert [fact["attempts"] for fact in facts] == [0, 1]
    assert facts[1]["failed_methods"] == ["card"]
    assert facts[1]["failed_accounts"] == ["sandbox_north"]

    again = pay(session.id, second.offered[0].method)
    sandbox.approve(again.redirect_url)
    payments.settle(again.id)
    payment = db.session.get(Payment, again.payment_id)
    assert (payment.status, payment.paid) == (PaymentStatus.PAID, 12990)
    assert sorted(charge["state"] for charge in ledger_of(sandbox, session.id)) == ["failed", "succeeded"]


@pytest.mark.usefixtures("app_context")
def test_the_sweeper_brings_a_forgotten_payment_to_its_true_state(sandbox: SandboxService) -> None:
    session = open_session()
    attempt = pay(session.id)
    sandbox.approve(attempt.redirect_url)
    make_due(attempt.id)
    assert work.sweep() == 1
    assert work.sweep() == 0, "a second sweeper must leave a claimed attempt alone"
    assert run_jobs() == 1
    assert db.session.get(PaymentAttempt, attempt.id).status == AttemptStatus.SUCCEEDED
    assert db.session.get(Payment, attempt.payment_id).status == PaymentStatus.PAID


@pytest.mark.usefixtures("app_context")
def test_a_session_does_not_expire_while_an_attempt_may_take_the_money(sandbox: SandboxService) -> None:
    session = open_session()
    attempt = pay(session.id)
    let_time_pass(session.id)
    assert sessions.expire_overdue() == 0
    assert sessions.get_session(session.id).status == SessionStatus.OPEN
    sandbox.cancel(attempt.redirect_url)
    payments.settle(attempt.id)
    assert sessions.expire_overdue() == 1
    assert db.session.get(CheckoutSession, session.id).status == SessionStatus.EXPIRED
    assert db.session.get(Payment, attempt.payment_id).status == PaymentStatus.EXPIRED


@pytest.mark.usefixtures("app_context")
def test_a_customer_may_choose_again_and_the_first_charge_can_no_longer_be_paid(sandbox: SandboxService) -> None:
    session = open_session()
    attempt = pay(session.id)
    page = attempt.redirect_url
    attempt = payments.abandon(attempt.id, actor="customer")
    assert (attempt.status, attempt.failure_kind) == (AttemptStatus.FAILED, FailureKind.CUSTOMER_CANCELLED)
    sandbox.approve(page)
    assert [charge["state"] for charge in ledger_of(sandbox, session.id)] == ["failed"]
    assert pay(session.id, "paypal").id != attempt.id


@pytest.mark.usefixtures("app_context")
def test_choosing_again_after_paying_elsewhere_finds_the_money(sandbox: SandboxService) -> None:
    session = open_session()
    attempt = pay(session.id)
    sandbox.approve(attempt.redirect_url)
    attempt = payments.abandon(attempt.id, actor="customer")
    assert attempt.status == AttemptStatus.SUCCEEDED
    with pytest.raises(AlreadyPaid):
        pay(session.id, "paypal")


@pytest.mark.usefixtures("app_context")
def test_a_customer_who_turns_back_finds_the_same_offer(sandbox: SandboxService) -> None:
    session = open_session()
    before = offer(session)
    attempt = pay(session.id)
    sandbox.cancel(attempt.redirect_url)
    assert payments.settle(attempt.id).failure_kind == FailureKind.CUSTOMER_CANCELLED
    assert offer(session) == before
    attempt = pay(session.id)
    sandbox.decline(attempt.redirect_url)
    payments.settle(attempt.id)
    assert offer(session).rule_id != before.rule_id, "a decline, unlike turning back, has the rules asked anew"
