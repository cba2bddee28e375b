"""A charge over another amount than ours: nothing is paid, nobody pays again, and a person looks."""

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import update

from app.domain.statuses import AttemptStatus, PaymentStatus
from app.models import PaymentAttempt, db
from app.services import attempts, payments
from app.services.transaction import transaction
from providers import registry
from providers.interface import AccountConfig, Charge, ChargeStage, ChargeState, Trace
from tests.support.api import Api
from tests.support.customer import Customer, words_of
from tests.support.flow import alerts, attempts_of, ledger_of, moves_of, open_session, pay, told
from tests.support.sandbox import SandboxService


@pytest.fixture
def short_changed(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The provider speaks of a cent less in whatever it answers, until this is undone."""
    provider = registry.get("sandbox")
    charge, look_up = provider.charge, provider.look_up

    def of_less(answer: Charge | None) -> Charge | None:
        return answer and replace(answer, amount=answer.amount - 1)

    def look_up_less(account: AccountConfig, attempt_id: str, trace: Trace) -> Charge | None:
        return of_less(look_up(account, attempt_id, trace))

    monkeypatch.setattr(provider, "charge", lambda *asked: of_less(charge(*asked)))
    monkeypatch.setattr(provider, "look_up", look_up_less)
    return monkeypatch


@pytest.mark.usefixtures("app_context", "sandbox")
@pytest.mark.parametrize("status", [AttemptStatus.STARTED, AttemptStatus.UNKNOWN, AttemptStatus.PENDING])
@pytest.mark.parametrize("state", list(ChargeState))
def test_the_attempt_is_held_whatever_it_was(status: AttemptStatus, state: ChargeState) -> None:
    attempt = pay(open_session().id)
    with transaction():
        is_it = PaymentAttempt.id == attempt.id
        db.session.execute(update(PaymentAttempt).where(is_it).values(status=status))
    wrong = told(attempt, state, amount=1, stage=ChargeStage.AWAITING_CUSTOMER, redirect_url="https://psp.example/1")
    for _ in range(2):
        attempts.apply_charge(attempt.id, wrong, actor="tester")
    [held] = attempts_of(attempt.session_id)
    assert (held.status, held.stage, held.redirect_url) == (AttemptStatus.PENDING, "processing", None)
    assert (held.payment.status, held.payment.paid) == (PaymentStatus.PENDING, 0)
    assert [alert.subject_id for alert in alerts("amount_mismatch")] == [attempt.id]
    assert held.next_check_at is not None, "nobody would ask again"


@pytest.mark.usefixtures("app_context", "sandbox")
@pytest.mark.parametrize(
    ("state", "ends"), [(ChargeState.SUCCEEDED, AttemptStatus.SUCCEEDED), (ChargeState.FAILED, AttemptStatus.FAILED)]
)
def test_the_truth_is_applied_when_it_comes(state: ChargeState, ends: AttemptStatus) -> None:
    attempt = pay(open_session().id)
    attempts.apply_charge(attempt.id, told(attempt, ChargeState.SUCCEEDED, amount=1), actor="tester")
    attempts.apply_charge(attempt.id, told(attempt, state), actor="tester")
    assert moves_of(attempt.id)[-1] == ("pending", ends)
    [attempt] = attempts_of(attempt.session_id)
    paid = 12990 if ends == AttemptStatus.SUCCEEDED else 0
    assert (attempt.status, attempt.payment.paid) == (ends, paid)


@pytest.mark.usefixtures("sandbox")
def test_a_charge_made_over_another_amount_sends_nobody_to_pay_it(api: Api, short_changed: object) -> None:
    paid = api.pay(api.open_session()["id"])
    assert paid.status_code == 200
    assert paid.json["next_action"] == {"type": "wait", "url": None}
    assert paid.json["payment"]["status"] == "pending"


def test_the_customer_waits_and_can_neither_change_nor_pay_again(
    app: Flask, sandbox: SandboxService, short_changed: pytest.MonkeyPatch
) -> None:
    customer = Customer(app)
    assert customer.pay() == customer.path, "there is no page to pay a wrong amount on"
    page = customer.look()
    assert "We are confirming your payment" in words_of(page)
    assert f"{customer.path}/change" not in page.text
    assert customer.send("change").location == customer.path
    assert customer.pay("paypal") == customer.path
    customer.send("check")
    assert "We are confirming your payment" in customer.words()
    with app.app_context():
        [attempt] = attempts_of(customer.session_id)
        assert attempt.status == AttemptStatus.PENDING
        assert [alert.subject_id for alert in alerts("amount_mismatch")] == [attempt.id]
        [charge] = ledger_of(sandbox, customer.session_id)
    sandbox.approve(charge["page_url"])
    customer.send("check")
    assert "We are confirming your payment" in customer.words(), "a wrong amount was taken for ours"
    short_changed.undo()
    customer.send("check")
    assert "Payment received" in customer.words()


@pytest.mark.usefixtures("app_context", "sandbox")
def test_settling_again_after_the_provider_put_it_right(sandbox: SandboxService) -> None:
    attempt = pay(open_session().id)
    page_url = attempt.redirect_url
    attempts.apply_charge(attempt.id, told(attempt, ChargeState.PENDING, currency="USD"), actor="tester")
    sandbox.approve(page_url)
    assert payments.settle(attempt.id).status == AttemptStatus.SUCCEEDED
