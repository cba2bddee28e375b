"""Refunds: held exactly, sent once, settled by what the provider says, and freed by a definite failure alone."""

from contextlib import nullcontext
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.domain.statuses import RefundStatus
from app.models import Event, Job, db, utc_now
from app.services import inbox, jobs, refund_outcomes, refund_settling, refunds
from app.services.errors import FieldRefused, NotFound
from app.services.refund_errors import NothingCollected, PartialUnsupported, RefundsUnsupported, TooMuch
from app.services.transaction import transaction
from providers import registry
from providers.interface import Capabilities, Failure, FailureKind, RefundResult, RefundState
from tests.support import flow, webhooks
from tests.support.refunding import ASKER, books, collected, let_answers_arrive, let_sending_end, refunds_of, sums
from tests.support.rows import payment_row
from tests.support.sandbox import SandboxService
from tests.support.threads import together

pytestmark = pytest.mark.usefixtures("app_context")
NO = Failure(FailureKind.HARD_DECLINE, "refused", "The sandbox was told to refuse refunds.")


def ask(payment_id: str, amount: int | None = None, **given: str) -> str:
    refund_id = refunds.request(payment_id, amount=amount, actor=ASKER, **given).id
    db.session.rollback()
    return str(refund_id)


def test_partial_refunds_add_up_to_the_whole_and_not_one_cent_more(sandbox: SandboxService) -> None:
    payment_id = collected(sandbox)
    ask(payment_id, 5000)
    assert sums(payment_id) == ("paid", 0, 5000)  # held while nobody has answered
    with pytest.raises(TooMuch, match=r"Only €79\.90 is left to give back \(€50\.00 is being given back already\)"):
        ask(payment_id, 7991)
    ask(payment_id, 90)
    flow.run_jobs()
    assert sums(payment_id) == ("partially_refunded", 5090, 0)
    ask(payment_id)
    flow.run_jobs()
    assert sums(payment_id) == ("refunded", 12990, 0)
    with pytest.raises(TooMuch, match="Nothing is left"):
        ask(payment_id)
    assert [refund.amount for refund in refunds_of(payment_id)] == [5000, 90, 7900]
    assert sorted(refund["amount"] for refund in books(sandbox, payment_id)) == [90, 5000, 7900]
    told = db.session.scalars(select(Event.kind).where(Event.kind.startswith("refund."))).all()
    assert (told.count("refund.requested"), told.count("refund.succeeded")) == (3, 3)


def test_what_cannot_be_given_back_is_refused_and_holds_nothing(
    sandbox: SandboxService, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment_id = collected(sandbox)
    with transaction():
        unpaid = payment_row().id
    for wrong in ({"amount": 0}, {"reason": "because"}, {"note": "x" * 501}, {"note": "\0"}):
        with pytest.raises(FieldRefused):
            refunds.request(payment_id, actor=ASKER, **wrong)
    with pytest.raises(NothingCollected):
        ask(unpaid)
    with pytest.raises(NotFound):
        ask("pay_none")
    for can, amount, refusal in ((False, None, RefundsUnsupported), (True, 100, PartialUnsupported)):
        told = Capabilities(methods={}, refunds=can, partial_refunds=False, cancel=True)
        monkeypatch.setattr(registry.get("sandbox"), "capabilities", lambda _, told=told: told)
        with pytest.raises(refusal):
            ask(payment_id, amount)
    assert sums(payment_id) == ("paid", 0, 0)
    assert refunds_of(payment_id) == []


def test_the_same_request_again_is_the_same_refund_even_at_once(app: Flask, sandbox: SandboxService) -> None:
    payment_id, refund_id = collected(sandbox), "re_" + "1" * 32

    def ask_once() -> str:
        with app.app_context():
            return ask(payment_id, 100, refund_id=refund_id)

    assert together(8, ask_once) == [refund_id] * 8
    assert sums(payment_id) == ("paid", 0, 100)
    with pytest.raises(NotFound):  # another payment's refund is not answered with
        ask(collected(sandbox), 100, refund_id=refund_id)


def test_a_definite_refusal_frees_the_amount_and_says_why(sandbox: SandboxService) -> None:
    payment_id = collected(sandbox)
    refund_id = ask(payment_id)
    sandbox.faults("north", refuse_refunds=1)
    flow.run_jobs()
    refund = refunds.get_refund(refund_id)
    assert (refund.status, refund.failure_kind, refund.failure_code) == ("failed", "hard_decline", "refused")
    assert refund.ended_at is not None
    assert sums(payment_id) == ("paid", 0, 0)
    sandbox.reset_faults()
    assert ask(payment_id) != refund_id  # asked for anew
    flow.run_jobs()
    assert sums(payment_id) == ("refunded", 12990, 0)


def test_a_refund_that_takes_its_time_is_asked_about_until_it_has_ended(sandbox: SandboxService) -> None:
    payment_id = collected(sandbox, "bank_transfer", customer={"country": "IT", "type": "business"})
    ask(payment_id, 5000)
    flow.run_jobs()
    [refund] = refunds_of(payment_id)
    assert (refund.status, sums(payment_id)) == ("pending", ("paid", 0, 5000))
    [job] = db.session.scalars(select(Job).where(Job.kind == refunds.REFUND, Job.done_at.is_(None)))
    assert (job.attempts, job.due_at > refund.sent_at) == (0, True)  # put off, not failed
    result = RefundResult(provider_reference="re_x", refund_id=refund.id, state=RefundState.FAILED, failure=NO)
    refund_outcomes.apply_result(refund.id, result, actor="provider:sandbox_north")
    assert sums(payment_id) == ("paid", 0, 0)
    refund_settling.run(refund.id)  # nothing is asked any more: the provider would say that it is pending
    assert flow.alerts("refund_contradicted") == []


@pytest.mark.parametrize(("fault", "heard"), [("drop_reply", True), ("error_500", False)])
def test_no_answer_frees_nothing_and_repeats_nothing(sandbox: SandboxService, fault: str, heard: bool) -> None:
    payment_id = collected(sandbox)
    refund_id = ask(payment_id, 5000)
    sandbox.faults("north", **{fault: 1})
    flow.run_jobs()
    assert sums(payment_id) == ("paid", 0, 5000)
    assert refunds.get_refund(refund_id).status == RefundStatus.REQUESTED
    sandbox.reset_faults()
    with nullcontext() if heard else pytest.raises(jobs.NotYet):
        refund_settling.run(refund_id)  # too early to send it again: the first call may be under way
    assert len(books(sandbox, payment_id)) == heard
    let_sending_end(refund_id)
    refund_settling.run(refund_id)
    assert sums(payment_id) == ("partially_refunded", 5000, 0)
    assert len(books(sandbox, payment_id)) == 1
    assert flow.moves_of(refund_id) == [(None, "requested"), ("requested", "succeeded")]


def test_a_provider_that_is_away_fails_nothing_and_a_person_is_told_after_a_day(sandbox: SandboxService) -> None:
    payment_id = collected(sandbox)
    refund_id = ask(payment_id)
    flow.point_account("sandbox_north", "http://127.0.0.1:9")
    flow.run_jobs()
    refund = refunds.get_refund(refund_id)
    assert (refund.status, refund.checks) == ("requested", 1)
    with transaction():
        refund.unanswered_since -= timedelta(days=1, minutes=1)
    let_sending_end(refund_id, timedelta(days=2))
    with pytest.raises(jobs.NotYet) as later:
        refund_settling.run(refund_id)
    assert later.value.due_at - refunds.get_refund(refund_id).sent_at > timedelta(hours=1)
    assert [alert.subject_id for alert in flow.alerts("refund_unknown")] == [refund_id]
    flow.point_account("sandbox_north", sandbox.url)
    refund_settling.run(refund_id)
    assert sums(payment_id) == ("refunded", 12990, 0)
    assert flow.alerts("refund_unknown") == []


def test_a_refusal_that_another_sending_followed_says_nothing(sandbox: SandboxService) -> None:
    payment_id = collected(sandbox)
    refund_id = ask(payment_id)
    sandbox.faults("north", error_500=1)
    flow.run_jobs()
    stale = refunds.get_refund(refund_id).sent_at - timedelta(minutes=1)
    refund_outcomes.apply_failure(refund_id, NO, actor="provider:sandbox_north", sent_at=stale)
    assert sums(payment_id) == ("paid", 0, 12990)


def test_webhooks_settle_a_refund_at_once_and_as_often_as_they_like(sandbox: SandboxService) -> None:
    payment_id = collected(sandbox)
    refund_id = ask(payment_id, 4000)
    sandbox.faults("north", drop_reply=1)
    flow.run_jobs()
    sandbox.reset_faults()
    data = {"id": "re_1", "charge_reference": "att_" + "0" * 32, "refund_reference": refund_id}
    for number in range(4):
        payload = webhooks.body("", "refund.succeeded", data=data)
        inbox.receive("sandbox", "sandbox_north", webhooks.signed(payload, f"evt_{number}"), payload)
    flow.run_jobs()
    assert sums(payment_id) == ("partially_refunded", 4000, 0)
    assert flow.moves_of(refund_id)[1:] == [("requested", "succeeded")]


def test_outcomes_told_at_once_are_applied_once_each(app: Flask, sandbox: SandboxService) -> None:
    payment_id = collected(sandbox)
    told = [
        RefundResult(provider_reference="x", refund_id=ask(payment_id, 3000), state=RefundState.SUCCEEDED)
        for _ in range(4)
    ] * 2
    db.session.rollback()

    def tell() -> None:
        result = told.pop()
        with app.app_context():
            refund_outcomes.apply_result(result.refund_id, result, actor="provider:sandbox_north")

    assert together(8, tell) == [None] * 8
    assert sums(payment_id) == ("partially_refunded", 12000, 0)


def test_a_refund_that_the_bank_sends_back_is_no_longer_counted(sandbox: SandboxService) -> None:
    payment_id = collected(sandbox)
    first, rest = ask(payment_id, 5000), ask(payment_id)
    flow.run_jobs()
    assert sums(payment_id) == ("refunded", 12990, 0)
    paid_before = told("payment.paid")
    for refund_id, after in ((rest, ("partially_refunded", 5000, 0)), (first, ("paid", 0, 0))):
        let_answers_arrive(refund_id)
        back = RefundResult(provider_reference="x", refund_id=refund_id, state=RefundState.FAILED, failure=NO)
        for _ in range(2):
            refund_outcomes.apply_result(refund_id, back, actor="provider:sandbox_north")
            assert sums(payment_id) == after
        refund = refunds.get_refund(refund_id)
        assert (refund.status, refund.failure_code) == ("failed", "refused")
    assert len(flow.alerts("refund_contradicted")) == 2
    assert (told("refund.failed"), told("payment.paid")) == (2, paid_before)
    ask(payment_id)  # and all of it can be given back anew
    assert sums(payment_id) == ("paid", 0, 12990)


def test_an_answer_that_was_overtaken_is_asked_for_again(sandbox: SandboxService) -> None:
    payment_id = collected(sandbox)
    refund_id = ask(payment_id)
    flow.run_jobs()
    late = RefundResult(provider_reference="x", refund_id=refund_id, state=RefundState.FAILED, failure=NO)
    refund_outcomes.apply_result(refund_id, late, actor="provider:sandbox_north")
    assert sums(payment_id) == ("refunded", 12990, 0)
    assert flow.alerts("refund_contradicted") == []
    with transaction():
        job = db.session.scalars(select(Job).where(Job.kind == refund_outcomes.LOOK_AGAIN)).one()
        job.due_at = utc_now()
    flow.run_jobs()
    assert sums(payment_id) == ("refunded", 12990, 0)
    assert flow.alerts("refund_contradicted") == []
    assert job.done_at is not None


def told(kind: str) -> int:
    return len(db.session.scalars(select(Event.id).where(Event.kind == kind)).all())
