"""The review queue: what a person may decide, when the provider is asked first, and who wins when several decide."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.domain.review import Way
from app.domain.statuses import AttemptStatus, PaymentStatus, RefundStatus
from app.models import Alert, Payment, PaymentAttempt, Refund, StatusChange, db, utc_now
from app.services import attempts, payments, reconciliation, reconciliation_breaks, refund_settling, refunds, review
from app.services.errors import FieldRefused
from app.services.reconciliation_breaks import NothingToAsk
from app.services.refund_errors import TooMuch
from app.services.review_errors import AlreadyDecided, SaysOtherwise
from app.services.transaction import transaction
from providers.interface import ChargeState
from tests.support.books import ACCOUNT, Books
from tests.support.books import books as books
from tests.support.flow import alerts, open_session, pay, run_jobs, told
from tests.support.refunding import let_sending_end
from tests.support.sandbox import SandboxService
from tests.support.threads import together

ANNA = "anna@example.com"
pytestmark = pytest.mark.usefixtures("app_context")


def only_item(kind: str) -> Alert:
    [alert] = alerts(kind)
    return alert


def age(model: Any, row_id: str, **columns: Any) -> None:
    with transaction():
        db.session.execute(update(model).where(model.id == row_id).values(**columns))
    db.session.expire_all()


def unknown_attempt(sandbox: SandboxService, **faults: float) -> PaymentAttempt:
    """An attempt whose outcome nobody has known for two hours; the provider stays silent."""
    sandbox.faults("north", **(faults or {"error_500": 1}))
    attempt = pay(open_session().id)
    sandbox.faults("north", outage=1)
    age(PaymentAttempt, attempt.id, started_at=utc_now() - timedelta(hours=2))
    payments.settle(attempt.id)
    return attempt


def last_line(subject_id: str) -> tuple[str, str, str]:
    db.session.rollback()
    query = select(StatusChange).where(StatusChange.subject_id == subject_id).order_by(StatusChange.id.desc())
    change = db.session.scalars(query.limit(1)).one()
    return change.to_status, change.actor, change.reason


def test_the_providers_answer_takes_an_item_out_by_itself(sandbox: SandboxService) -> None:
    attempt = unknown_attempt(sandbox, drop_reply=1)
    item = only_item("outcome_unknown")
    assert not review.ask(item.id, by=ANNA)
    sandbox.reset_faults()
    assert review.ask(item.id, by=ANNA)
    assert (item.resolved_by, db.session.get(PaymentAttempt, attempt.id).status) == ("system", "pending")
    with pytest.raises(AlreadyDecided):
        review.ask(item.id, by=ANNA)


def test_a_pending_attempt_is_no_item_until_the_provider_is_silent_for_a_day(sandbox: SandboxService) -> None:
    attempt = pay(open_session().id)
    age(PaymentAttempt, attempt.id, started_at=utc_now() - timedelta(days=3))
    sandbox.faults("north", outage=1)
    payments.settle(attempt.id)
    assert alerts("outcome_unknown") == []
    age(PaymentAttempt, attempt.id, unanswered_since=utc_now() - timedelta(hours=25))
    payments.settle(attempt.id)
    assert only_item("outcome_unknown").subject_id == attempt.id
    sandbox.reset_faults()
    payments.settle(attempt.id)
    assert alerts("outcome_unknown") == []


def test_a_persons_word_settles_what_the_provider_does_not_answer(sandbox: SandboxService) -> None:
    attempt = unknown_attempt(sandbox)
    item = only_item("outcome_unknown")
    for wrong in ({"note": " "}, {"note": "They said so."}, {"note": "x" * 1001, "reference": "ch_1"}):
        with pytest.raises(FieldRefused):
            review.decide(item.id, Way.COLLECTED, by=ANNA, **wrong)
    review.decide(item.id, Way.COLLECTED, note="By telephone.", reference="ch_told", by=ANNA)
    attempt = db.session.get(PaymentAttempt, attempt.id, populate_existing=True)
    assert (attempt.status, attempt.provider_reference) == ("succeeded", "ch_told")
    assert attempt.payment.status == PaymentStatus.PAID
    assert last_line(attempt.id) == ("succeeded", f"user:{ANNA}", "By telephone.")
    item = db.session.get(Alert, item.id, populate_existing=True)
    assert (item.resolved_by, item.note) == (ANNA, "By telephone.")


def test_nothing_collected_lets_the_customer_pay_again(sandbox: SandboxService) -> None:
    attempt = unknown_attempt(sandbox)
    review.decide(only_item("outcome_unknown").id, Way.NOT_COLLECTED, note="Their support says no.", by=ANNA)
    assert last_line(attempt.id) == ("failed", f"user:{ANNA}", "Their support says no.")
    assert db.session.get(Payment, attempt.payment_id).status == PaymentStatus.FAILED
    sandbox.reset_faults()
    assert pay(attempt.session_id, "paypal").id != attempt.id


@pytest.mark.parametrize(("press", "way"), [("approve", Way.NOT_COLLECTED), ("decline", Way.COLLECTED)])
def test_a_word_is_refused_when_the_provider_says_otherwise(sandbox: SandboxService, press: str, way: Way) -> None:
    attempt = pay(open_session().id)
    url = attempt.redirect_url
    sandbox.faults("north", outage=1)
    age(PaymentAttempt, attempt.id, unanswered_since=utc_now() - timedelta(hours=25))
    payments.settle(attempt.id)
    item = only_item("outcome_unknown")
    sandbox.reset_faults()
    sandbox.press(url, press)
    with pytest.raises(SaysOtherwise):
        review.decide(item.id, way, note="I think so.", reference="ch_1", by=ANNA)
    status = db.session.get(PaymentAttempt, attempt.id, populate_existing=True).status
    assert status == ("succeeded" if press == "approve" else "failed")
    assert alerts("outcome_unknown") == []


def test_what_the_provider_never_heard_of_was_not_collected(sandbox: SandboxService) -> None:
    attempt = unknown_attempt(sandbox)
    sandbox.reset_faults()
    item = only_item("outcome_unknown")
    with pytest.raises(SaysOtherwise, match="never heard"):
        review.decide(item.id, Way.COLLECTED, note="Surely.", reference="ch_1", by=ANNA)
    review.decide(item.id, Way.NOT_COLLECTED, note="They never got it.", by=ANNA)
    assert db.session.get(PaymentAttempt, attempt.id, populate_existing=True).status == "failed"


def test_one_of_several_people_decides(app: Flask, sandbox: SandboxService) -> None:
    attempt_id = unknown_attempt(sandbox).id
    item_id = only_item("outcome_unknown").id
    db.session.rollback()
    words = iter([(Way.COLLECTED, "anna"), (Way.NOT_COLLECTED, "bert")] * 3)

    def decide() -> str:
        way, who = next(words)
        with app.app_context():
            review.decide(item_id, way, note="Told so.", reference="ch_1", by=f"{who}@example.com")
            return way

    results = together(6, decide)
    [won] = [result for result in results if isinstance(result, Way)]
    assert sum(isinstance(result, AlreadyDecided) for result in results) == 5, results
    db.session.rollback()
    attempt = db.session.get(PaymentAttempt, attempt_id, populate_existing=True)
    assert attempt.status == ("succeeded" if won is Way.COLLECTED else "failed")
    assert attempt.payment.paid == (12990 if won is Way.COLLECTED else 0)


def test_a_wrong_amount_that_was_given_back_fails_and_is_not_told_again(sandbox: SandboxService) -> None:
    attempt = pay(open_session().id)
    wrong = told(attempt, ChargeState.SUCCEEDED, amount=1)
    attempts.apply_charge(attempt.id, wrong, actor="provider:sandbox_north")
    item = only_item("amount_mismatch")
    sandbox.faults("north", outage=1)
    assert review.ways_of(item) == (Way.ASK, Way.RETURNED)
    review.decide(item.id, Way.RETURNED, note="Given back in their dashboard.", by=ANNA)
    assert last_line(attempt.id)[:2] == ("failed", f"user:{ANNA}")
    attempts.apply_charge(attempt.id, wrong, actor="provider:sandbox_north")
    assert alerts("amount_mismatch") == []


def paid_twice(sandbox: SandboxService) -> tuple[PaymentAttempt, PaymentAttempt]:
    """One payment, really charged by two attempts at the sandbox."""
    session = open_session()
    first = pay(session.id)
    attempts.apply_charge(first.id, told(first, ChargeState.FAILED), actor="tester")
    second = pay(session.id)
    for attempt, url in ((second, second.redirect_url), (first, first.redirect_url)):
        sandbox.approve(url)
        payments.settle(attempt.id)
    return second, first


def test_a_second_charge_is_given_back_whole_and_once(sandbox: SandboxService) -> None:
    kept, extra = paid_twice(sandbox)
    item = only_item("charged_twice")
    review.decide(item.id, Way.REFUND, note="Pressed twice.", by=ANNA)
    with pytest.raises(AlreadyDecided):
        review.decide(item.id, Way.REFUND, note="Pressed twice.", by=ANNA)
    run_jobs()
    db.session.expire_all()
    refund = db.session.scalars(select(Refund)).one()
    refund_settling.settle(refund.id)
    assert (refund.attempt_id, refund.amount) == (extra.id, 12990)
    payment = db.session.get(Payment, kept.payment_id, populate_existing=True)
    assert (payment.status, payment.paid, payment.refunded, payment.reserved) == ("paid", 12990, 0, 0)
    ledger = {charge["reference"]: charge["id"] for charge in sandbox.ledger()["charges"]}
    mine = [row for row in sandbox.ledger()["refunds"] if row["reference"] == refund.id]
    assert [row["charge"] for row in mine] == [ledger[extra.id]]
    assert refunds.request(payment.id, reason="other", actor="tester").amount == 12990, "its own money is left"


def test_a_payment_too_many_by_link_is_given_back(sandbox: SandboxService) -> None:
    attempt = pay(open_session().id)
    sandbox.approve(attempt.redirect_url)
    payments.settle(attempt.id)
    with transaction():
        db.session.add(Alert(kind="link_overpaid", subject_id=attempt.payment_id, message="Paid once too often."))
    item = only_item("link_overpaid")
    review.decide(item.id, Way.REFUND, note="Sold once only.", by=ANNA)
    assert db.session.get(Payment, attempt.payment_id, populate_existing=True).reserved == 12990
    assert db.session.get(Alert, item.id, populate_existing=True).note.startswith("Sold once only. (refund re_")
    with transaction():
        db.session.add(Alert(kind="link_overpaid", subject_id=attempt.payment_id, message="Paid once too often."))
    item = only_item("link_overpaid")
    with pytest.raises(TooMuch):
        review.decide(item.id, Way.REFUND, note="Sold once only.", by=ANNA)
    review.decide(item.id, Way.CLOSE, note="Given back already.", by=ANNA)
    assert last_line(attempt.payment_id) == ("paid", f"user:{ANNA}", "Given back already.")


@pytest.mark.parametrize("way", [Way.GIVEN_BACK, Way.NOT_GIVEN_BACK])
def test_a_refund_that_nobody_knows_of_ends_by_a_persons_word(sandbox: SandboxService, way: Way) -> None:
    attempt = pay(open_session().id)
    sandbox.approve(attempt.redirect_url)
    payments.settle(attempt.id)
    refund = refunds.request(attempt.payment_id, amount=1000, reason="other", actor="tester")
    sandbox.faults("north", outage=1)
    refund_settling.settle(refund.id)
    age(Refund, refund.id, unanswered_since=utc_now() - timedelta(hours=25))
    refund_settling.settle(refund.id)
    let_sending_end(refund.id)
    item = only_item("refund_unknown")
    review.decide(item.id, way, note="Told by mail.", reference="rf_1", by=ANNA)
    refund = db.session.get(Refund, refund.id, populate_existing=True)
    payment = db.session.get(Payment, attempt.payment_id, populate_existing=True)
    given = way is Way.GIVEN_BACK
    assert refund.status == (RefundStatus.SUCCEEDED if given else RefundStatus.FAILED)
    assert (payment.refunded, payment.reserved) == (1000 if given else 0, 0)
    assert last_line(refund.id)[1:] == (f"user:{ANNA}", "Told by mail.")


def test_asking_about_a_break_settles_it_and_ends_it(books: Books, sandbox: SandboxService) -> None:
    attempt = pay(open_session().id)
    sandbox.approve(attempt.redirect_url)
    line = books.book(attempt, at=utc_now())
    run_id = reconciliation.request_comparison(ACCOUNT, line.at.date())
    run_jobs()
    db.session.expire_all()
    found = {row.kind: row for row in reconciliation.get_run(run_id).breaks}
    row = found["state_differs"]
    assert attempt.status == AttemptStatus.PENDING
    assert reconciliation_breaks.ask(row.id, by=ANNA).resolved_by == ANNA
    assert db.session.get(PaymentAttempt, attempt.id, populate_existing=True).status == "succeeded"
    with pytest.raises(NothingToAsk):
        reconciliation_breaks.ask(row.id, by=ANNA)
