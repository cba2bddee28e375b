"""Refunds under pressure: sixteen processes on one payment, lost replies and crashes; never one cent over or lost."""

import random
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app.domain.statuses import RefundStatus
from app.models import Job, Refund, db
from app.services import jobs, refund_outcomes, refund_settling, refunds, work
from app.services.refund_errors import TooMuch
from tests.support.flow import run_jobs
from tests.support.processes import together_in_processes
from tests.support.refunding import ASKER, books, collected, let_sending_end, refunds_of, sums
from tests.support.sandbox import SandboxService

PROCESSES = 16


def _race(payment_id: str, number: int) -> int:
    """Ask for refunds and have them sent until nothing is left; how many were accepted."""
    amounts, accepted, refused = random.Random(number), 0, 0
    while refused < 2:
        try:
            amount = None if refused else amounts.choice((1, 2500, 4000))  # at the end all that is left
            refund = refunds.request(payment_id, amount=amount, actor=ASKER)
            accepted += 1
            refund_settling.run(refund.id)
        except TooMuch:
            refused += 1
        except OperationalError:  # the database is busy: whoever asked tries again, and the job does
            db.session.rollback()
    db.session.remove()
    return accepted


def test_sixteen_processes_give_back_no_cent_too_much(app: Flask, sandbox: SandboxService) -> None:
    with app.app_context():
        payment_id = collected(sandbox)
    told = together_in_processes(PROCESSES, app, lambda number: _race(payment_id, number))
    accepted = sum(told)
    assert accepted >= 4
    with app.app_context():
        run_jobs()  # what a busy database put off
        assert sums(payment_id) == ("refunded", 12990, 0)
        ours = {refund.id: refund.amount for refund in refunds_of(payment_id)}
        theirs = {refund["reference"]: refund["amount"] for refund in books(sandbox, payment_id)}
        assert (len(ours), sum(ours.values())) == (accepted, 12990)
        assert theirs == ours


def test_one_refund_taken_up_by_sixteen_processes_is_sent_once(app: Flask, sandbox: SandboxService) -> None:
    with app.app_context():
        payment_id = collected(sandbox)
        refund_id = refunds.request(payment_id, amount=5000, actor=ASKER).id

    def settle(_: int) -> str:
        status = refund_settling.settle(refund_id).status
        db.session.remove()
        return str(status)

    assert RefundStatus.SUCCEEDED in together_in_processes(PROCESSES, app, settle)
    with app.app_context():
        assert sums(payment_id) == ("partially_refunded", 5000, 0)
        assert len(books(sandbox, payment_id)) == 1


@pytest.fixture
def crashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Let every fourth answer be lost between the provider and the database, as when a worker dies."""
    apply, chance, crashed = refund_outcomes.apply_result, random.Random("crash"), []

    def crash(refund_id: str, *args: object, **given: object) -> Refund:
        if chance.random() < 0.25:
            crashed.append(refund_id)
            raise ConnectionError("the worker died here")
        return apply(refund_id, *args, **given)

    monkeypatch.setattr(refund_outcomes, "apply_result", crash)
    yield crashed
    assert len(crashed) > 3


@pytest.mark.usefixtures("app_context")
def test_lost_replies_and_crashes_leave_both_books_equal(sandbox: SandboxService, crashes: list[str]) -> None:
    chance = random.Random("amounts")
    payment_ids = [collected(sandbox) for _ in range(4)]
    for payment_id in payment_ids:
        for _ in range(4):
            refunds.request(payment_id, amount=chance.randint(1, 3000), actor=ASKER)
    for name in ("north", "south"):
        sandbox.faults(name, drop_reply=1 / 3, error_500=0.15, refuse_refunds={"times": 2})
    for _ in range(40):
        for job_id in db.session.scalars(select(Job.id).where(Job.kind == refunds.REFUND, Job.done_at.is_(None))).all():
            work.run_job(job_id)
            jobs.retry(job_id)  # a person who lets what failed too often run again
        waiting = db.session.scalars(select(Refund.id).where(Refund.ended_at.is_(None))).all()
        db.session.rollback()
        if not waiting:
            break
        for refund_id in waiting:
            let_sending_end(refund_id)
    else:
        pytest.fail(f"{len(waiting)} refunds are stuck")
    for payment_id in payment_ids:
        ours = {refund.id: refund.amount for refund in refunds_of(payment_id) if refund.status == "succeeded"}
        theirs = {refund["reference"]: refund["amount"] for refund in books(sandbox, payment_id)}
        assert theirs == ours
        assert sums(payment_id)[1:] == (sum(ours.values()), 0)
    statuses = {refund.status for payment_id in payment_ids for refund in refunds_of(payment_id)}
    assert statuses == {"succeeded", "failed"}
