"""The second person: above the threshold nothing is sent until somebody who did not ask for it agrees."""

import pytest
from flask import Flask

from app.models import Job, db
from app.services import refund_settings, refund_settling, refunds
from app.services.errors import FieldsRefused, Refusal
from app.services.refund_errors import NotWaiting, SamePerson
from app.services.settings import SettingChanged
from tests.support.flow import moves_of, run_jobs
from tests.support.refunding import ASKER, OTHER, books, collected, need_approval_above, sums
from tests.support.sandbox import SandboxService
from tests.support.threads import together

pytestmark = pytest.mark.usefixtures("app_context")


def ask(payment_id: str, amount: int | None = None) -> str:
    refund_id = refunds.request(payment_id, amount=amount, actor=ASKER).id
    db.session.rollback()
    return str(refund_id)


def test_nothing_is_sent_before_somebody_else_agrees(sandbox: SandboxService) -> None:
    need_approval_above(5000)
    payment_id = collected(sandbox)
    refund_id = ask(payment_id, 5001)
    run_jobs()
    refund_settling.settle(refund_id)  # as an early webhook would
    refund_settling.run(refund_id)
    assert books(sandbox, payment_id) == []
    assert sums(payment_id) == ("paid", 0, 5001)
    with pytest.raises(SamePerson):
        refunds.approve(refund_id, actor=ASKER)
    refunds.approve(refund_id, actor=OTHER)
    refunds.approve(refund_id, actor=OTHER)  # pressed twice
    with pytest.raises(NotWaiting):
        refunds.approve(refund_id, actor="user:carol@example.com")
    with pytest.raises(NotWaiting):
        refunds.reject(refund_id, actor=OTHER)
    run_jobs()
    assert sums(payment_id) == ("partially_refunded", 5001, 0)
    assert len(books(sandbox, payment_id)) == 1


def test_small_refunds_do_not_go_round_it(sandbox: SandboxService) -> None:
    need_approval_above(5000)
    payment_id = collected(sandbox)
    first, second, third = (refunds.get_refund(ask(payment_id, amount)) for amount in (3000, 2000, 1))
    assert [refund.needs_approval for refund in (first, second, third)] == [False, False, True]
    run_jobs()
    assert sums(payment_id) == ("partially_refunded", 5000, 1)
    assert refunds.get_refund(ask(payment_id, 1)).needs_approval  # what was given back counts too
    elsewhere = collected(sandbox, currency="USD")
    assert not refunds.get_refund(ask(elsewhere)).needs_approval  # a currency without a threshold


def test_what_is_turned_down_frees_its_amount_and_is_never_sent(sandbox: SandboxService) -> None:
    need_approval_above(0)
    payment_id = collected(sandbox)
    refund_id = ask(payment_id)
    refunds.reject(refund_id, actor=OTHER, note="The parcel never came back.")
    refund = refunds.get_refund(refund_id)
    assert (refund.status, refund.failure_code) == ("failed", "rejected")
    assert refund.failure_message == "The parcel never came back."
    for again in (refunds.approve, refunds.reject):
        with pytest.raises(NotWaiting):
            again(refund_id, actor=OTHER)
    run_jobs()
    assert (sums(payment_id), books(sandbox, payment_id)) == (("paid", 0, 0), [])
    assert moves_of(refund_id) == [(None, "requested"), ("requested", "failed")]


def test_agreeing_and_turning_down_at_once_is_one_of_the_two(app: Flask, sandbox: SandboxService) -> None:
    need_approval_above(0)
    payment_id = collected(sandbox)
    refund_id = ask(payment_id)
    people = [f"user:{number}@example.com" for number in range(8)]

    def decide() -> str:
        person = people.pop()
        with app.app_context():
            try:
                (refunds.approve if len(people) % 2 else refunds.reject)(refund_id, actor=person)
            except Refusal as refusal:
                return refusal.code
            return "done"

    assert sorted(together(8, decide)) == ["done"] + ["not_waiting_for_approval"] * 7
    approved = refunds.get_refund(refund_id).approved_by is not None
    waiting = db.session.query(Job).filter(Job.kind == refunds.REFUND, Job.done_at.is_(None)).count()
    assert waiting == approved
    assert sums(payment_id) == ("paid", 0, 12990 if approved else 0)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_thresholds_are_checked_and_two_who_set_them_do_not_overwrite_each_other() -> None:
    wrong = refund_settings.RefundSettings({"EURO": 1, "USD": -1})
    with pytest.raises(FieldsRefused) as refused:
        refund_settings.save(wrong, revision=0, user="operator@example.com")
    assert set(refused.value.errors) == {"approval_above.EURO", "approval_above.USD"}
    need_approval_above(7)
    assert refund_settings.load().approval_above == {"EUR": 7}
    with pytest.raises(SettingChanged):
        need_approval_above(8)
