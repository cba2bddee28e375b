"""Refunds against the odds: what a provider corrects, a person says too early, and nobody asks about any more."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from admin import formats
from admin.review_item import line_of
from app.api.schemas import RefundSchema
from app.api.views import refund_view
from app.domain.review import Way
from app.domain.statuses import AttemptStatus
from app.models import Alert, Job, Refund, db, utc_now
from app.services import (
    attempts,
    events,
    jobs,
    payments,
    refund_outcomes,
    refund_settling,
    refunds,
    review,
    review_words,
    work,
)
from app.services.alerts import resolve_alert
from app.services.errors import Busy, NotFound
from app.services.refund_errors import RefundsUnsupported
from app.services.review_errors import AlreadyDecided, SaysOtherwise, StillUnderWay
from app.services.transaction import transaction
from providers import registry
from providers.interface import (
    Capabilities,
    ChargeStage,
    ChargeState,
    Failure,
    FailureKind,
    OutcomeUnknown,
    RefundResult,
    RefundState,
)
from tests.support.flow import alerts, open_session, pay, run_jobs, told
from tests.support.refunding import (
    ASKER,
    OTHER,
    collected,
    let_answers_arrive,
    let_sending_end,
    need_approval_above,
    refunds_of,
    sums,
)
from tests.support.sandbox import SandboxService

ANNA = "anna@example.com"
NO = Failure(FailureKind.HARD_DECLINE, "refused", "The provider refused.")
pytestmark = [pytest.mark.usefixtures("app_context"), pytest.mark.parametrize("database_kind", ["sqlite"])]


def charged_twice(sandbox: SandboxService) -> tuple[str, str]:
    """A payment that two attempts collected; (payment, the attempt that came second)."""
    first = pay(open_session().id)
    attempts.apply_charge(first.id, told(first, ChargeState.FAILED), actor="tester")
    second = pay(first.session_id)
    for attempt in (second, first):
        attempts.apply_charge(attempt.id, told(attempt, ChargeState.SUCCEEDED), actor="tester")
    payment_id, attempt_id = first.payment_id, first.id
    db.session.rollback()
    return payment_id, attempt_id


def given(refund_id: str, state: RefundState) -> RefundResult:
    failure = NO if state is RefundState.FAILED else None
    return RefundResult(provider_reference="rf_1", refund_id=refund_id, state=state, failure=failure)


def give_second_back(note: str = "Pressed twice.") -> Refund:
    review.decide(alerts("charged_twice")[0].id, Way.REFUND, note=note, by=ANNA)
    return db.session.scalars(select(Refund).order_by(Refund.created_at.desc()).limit(1)).one()


@pytest.mark.parametrize("end", ["refused", "turned down"])
def test_a_second_charge_that_was_not_given_back_returns_to_the_queue(sandbox: SandboxService, end: str) -> None:
    need_approval_above(1)
    _, attempt_id = charged_twice(sandbox)
    refund = give_second_back()
    assert alerts("charged_twice") == []
    if end == "refused":
        refund_outcomes.apply_failure(refund.id, NO, actor="tester")
    else:
        refunds.reject(refund.id, actor=OTHER)
    [item] = alerts("charged_twice")
    assert Way.REFUND in review.ways_of(item)
    again = give_second_back("Once more.")
    assert (again.attempt_id, again.status) == (attempt_id, "requested")


@pytest.mark.parametrize("kind", ["charged_twice", "link_overpaid"])
def test_what_a_colleague_closed_meanwhile_is_not_given_back(
    sandbox: SandboxService, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    payment_id, _ = charged_twice(sandbox)
    with transaction():
        db.session.add(Alert(kind="link_overpaid", subject_id=payment_id, message="Paid once too often."))
    [item] = alerts(kind)
    monkeypatch.setattr(review_words, "close_alert", lambda *_, **__: False)  # as if theirs was committed just before
    with pytest.raises(AlreadyDecided):
        review.decide(item.id, Way.REFUND, note="Too much.", by=ANNA)
    assert (refunds_of(payment_id), sums(payment_id)) == ([], ("paid", 0, 0))


def test_a_second_charge_is_kept_in_the_queue_while_its_provider_gives_nothing_back(
    sandbox: SandboxService, monkeypatch: pytest.MonkeyPatch
) -> None:
    charged_twice(sandbox)
    none = Capabilities(methods={}, refunds=False, partial_refunds=False, cancel=True)
    monkeypatch.setattr(registry.get("sandbox"), "capabilities", lambda _: none)
    with pytest.raises(RefundsUnsupported):
        give_second_back()
    assert len(alerts("charged_twice")) == 1


def test_second_charges_do_not_go_round_the_second_person(sandbox: SandboxService) -> None:
    need_approval_above(12990)
    payment_id, _ = charged_twice(sandbox)
    assert not give_second_back().needs_approval
    assert refunds.request(payment_id, amount=1, actor=ASKER).needs_approval


def test_merchants_are_told_which_refunds_leave_the_payment_as_it_is(sandbox: SandboxService) -> None:
    payment_id, attempt_id = charged_twice(sandbox)
    own = refunds.request(payment_id, amount=1, actor=ASKER)
    both = (give_second_back(), own)
    assert [RefundSchema().dump(refund_view(refund))["attempt"] for refund in both] == [attempt_id, None]
    assert [events.snapshot(refund)["attempt_id"] for refund in both] == [attempt_id, None]


def test_the_queue_names_the_provider_that_a_second_charge_came_from(app: Flask, sandbox: SandboxService) -> None:
    charged_twice(sandbox)
    refund = give_second_back()
    with transaction():
        refund.attempt.account_id = "sandbox_south"
        db.session.add(Alert(kind="refund_unknown", subject_id=refund.id, message="Silent."))
    with app.test_request_context():
        assert line_of(alerts("refund_unknown")[0]).account == formats.account("sandbox_south")
        assert formats.account("sandbox_south") != formats.account("sandbox_north")


def silent_refund(sandbox: SandboxService) -> str:
    """A refund that waits in the review queue: nobody knows whether it was made."""
    refund_id = refunds.request(collected(sandbox), amount=1000, actor=ASKER).id
    sandbox.faults("north", outage=1)
    refund_settling.settle(refund_id)
    with transaction():
        since = utc_now() - timedelta(hours=25)
        db.session.execute(update(Refund).where(Refund.id == refund_id).values(unanswered_since=since))
    let_sending_end(refund_id)
    refund_settling.settle(refund_id)
    return refund_id


def test_not_given_back_is_not_believed_while_it_is_being_sent(
    sandbox: SandboxService, monkeypatch: pytest.MonkeyPatch
) -> None:
    refund_id = silent_refund(sandbox)
    [item] = alerts("refund_unknown")
    sandbox.reset_faults()
    provider = registry.get("sandbox")
    look_up: Callable[..., RefundResult | None] = provider.look_up_refund

    def sent_meanwhile(*asked: object) -> RefundResult | None:
        monkeypatch.setattr(provider, "look_up_refund", look_up)
        found = look_up(*asked)
        refund_settling.settle(refund_id)  # the job: its answer takes the item out, unless it is lost
        return found

    def lost(*_: object) -> RefundResult:
        raise OutcomeUnknown("the reply was lost")

    monkeypatch.setattr(provider, "look_up_refund", sent_meanwhile)
    monkeypatch.setattr(provider, "refund", lost)
    with pytest.raises(StillUnderWay):
        review.decide(item.id, Way.NOT_GIVEN_BACK, note="Never heard of it.", by=ANNA)
    with pytest.raises(StillUnderWay):
        review.decide(item.id, Way.NOT_GIVEN_BACK, note="Never heard of it.", by=ANNA)
    [refund] = refunds_of(refunds.get_refund(refund_id).payment_id)
    assert refund.status == "requested"
    let_sending_end(refund_id)
    review.decide(item.id, Way.NOT_GIVEN_BACK, note="Never heard of it.", by=ANNA)
    assert refunds.get_refund(refund_id).status == "failed"


def test_money_that_went_back_after_all_is_counted_where_there_is_room(sandbox: SandboxService) -> None:
    payment_id = collected(sandbox)
    late = refunds.request(payment_id, amount=3000, actor=ASKER).id
    refund_outcomes.apply_failure(late, NO, actor="tester")
    let_answers_arrive(late)
    for _ in range(2):
        refund_outcomes.apply_result(late, given(late, RefundState.SUCCEEDED), actor="provider:x")
        assert sums(payment_id) == ("partially_refunded", 3000, 0)
    refund = refunds.get_refund(late)
    assert (refund.status, refund.failure_code, refund.provider_reference) == ("succeeded", None, "rf_1")
    assert len(alerts("refund_contradicted")) == 1

    none_left = refunds.request(payment_id, actor=ASKER).id
    refund_outcomes.apply_failure(none_left, NO, actor="tester")
    let_answers_arrive(none_left)
    held = refunds.request(payment_id, amount=9000, actor=ASKER).id
    refund_outcomes.apply_result(none_left, given(none_left, RefundState.SUCCEEDED), actor="provider:x")
    assert sums(payment_id) == ("partially_refunded", 3000, 9000)
    assert (refunds.get_refund(none_left).status, len(alerts("refund_contradicted"))) == ("failed", 2)
    refund_outcomes.apply_result(held, given(held, RefundState.SUCCEEDED), actor="provider:x")
    assert sums(payment_id) == ("partially_refunded", 12000, 0)


def test_a_second_charge_given_back_after_all_leaves_the_queue(sandbox: SandboxService) -> None:
    payment_id, _ = charged_twice(sandbox)
    first = give_second_back().id
    refund_outcomes.apply_failure(first, NO, actor="tester")
    let_answers_arrive(first)
    refund_outcomes.apply_result(first, given(first, RefundState.SUCCEEDED), actor="provider:x")
    assert (refunds.get_refund(first).status, alerts("charged_twice")) == ("succeeded", [])
    let_answers_arrive(first)  # and when the bank sends it back, it is in the queue again
    back = RefundResult(provider_reference="x", refund_id=first, state=RefundState.FAILED, failure=NO)
    refund_outcomes.apply_result(first, back, actor="provider:x")
    assert (refunds.get_refund(first).status, len(alerts("charged_twice"))) == ("failed", 1)
    assert sums(payment_id) == ("paid", 0, 0)


def test_a_wrong_amount_that_is_still_under_way_was_not_given_back(
    sandbox: SandboxService, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = pay(open_session().id)
    wrong = told(attempt, ChargeState.PENDING, amount=1, stage=ChargeStage.PROCESSING)
    monkeypatch.setattr(registry.get("sandbox"), "look_up", lambda *_: wrong)
    payments.settle(attempt.id)
    with pytest.raises(SaysOtherwise, match="under way"):
        review.decide(alerts("amount_mismatch")[0].id, Way.RETURNED, note="Given back there.", by=ANNA)
    assert attempts.get_attempt(attempt.id).status == AttemptStatus.PENDING


def test_work_that_finds_no_slot_waits_and_has_not_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(_: str) -> None:
        raise Busy

    monkeypatch.setitem(work.HANDLERS, work.SETTLE, busy)
    with transaction():
        jobs.enqueue(work.SETTLE, "att_1")
    for _ in range(jobs.MAX_ATTEMPTS + 1):
        run_jobs()
    job = db.session.scalars(select(Job).where(Job.subject_id == "att_1")).one()
    assert (job.quarantined_at, job.attempts) == (None, 0)
    assert job.due_at > utc_now()


def test_a_refund_that_nothing_asks_about_is_taken_up_again(sandbox: SandboxService) -> None:
    payment_id = collected(sandbox)
    need_approval_above(5000)
    stuck, waits = (refunds.request(payment_id, amount=amount, actor=ASKER).id for amount in (1000, 6000))
    with transaction():
        job = db.session.scalars(select(Job).where(Job.subject_id == stuck)).one()
        job.quarantined_at = utc_now()
    work.housekeep()
    assert sums(payment_id) == ("paid", 0, 7000), "a person may be about to look at it"
    with transaction():
        db.session.execute(update(Job).where(Job.subject_id == stuck).values(quarantined_at=utc_now() - timedelta(1)))
    for _ in range(2):
        work.housekeep()
    waiting = select(Job.subject_id).where(Job.kind == refunds.REFUND, Job.quarantined_at.is_(None))
    assert db.session.scalars(waiting).all() == [stuck]
    run_jobs()
    assert sums(payment_id) == ("partially_refunded", 1000, 6000)
    assert refunds.waits_for_approval(refunds.get_refund(waits))


def test_what_waits_for_a_decision_is_not_closed_among_the_alerts(sandbox: SandboxService) -> None:
    charged_twice(sandbox)
    with pytest.raises(NotFound):
        resolve_alert(alerts("charged_twice")[0].id, user=ANNA)
    assert len(alerts("charged_twice")) == 1
