"""The outbox: no job is lost, none is handed to two workers at once, and a hopeless one waits for a person."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from app.models import Job, db, utc_now
from app.services import jobs, work
from app.services.transaction import transaction
from tests.support.threads import together


def enqueue(subject: str = "att_1", **options: object) -> str:
    with transaction():
        jobs.enqueue("settle_attempt", subject, **options)  # type: ignore[arg-type]  # only `due_at` is passed
        return db.session.scalars(select(Job.id).where(Job.subject_id == subject, Job.done_at.is_(None))).one()


def job(job_id: str) -> Job:
    db.session.rollback()
    return db.session.get(Job, job_id)


@pytest.mark.usefixtures("app_context")
def test_work_is_asked_for_with_the_change_or_not_at_all() -> None:
    jobs.enqueue("settle_attempt", "att_1")
    db.session.rollback()
    assert jobs.lease_due() == []


@pytest.mark.usefixtures("app_context")
def test_asking_twice_while_it_waits_is_once_and_after_it_is_done_is_again() -> None:
    first = enqueue()
    assert enqueue() == first
    jobs.begin(first)
    jobs.finish(first)
    assert enqueue() != first


@pytest.mark.usefixtures("app_context")
def test_a_job_is_handed_out_when_due_and_again_when_its_lease_is_over() -> None:
    job_id = enqueue(due_at=utc_now() + timedelta(seconds=5))
    assert jobs.lease_due() == []
    with time_machine.travel(utc_now() + timedelta(seconds=6)):
        assert jobs.lease_due() == [job_id]
        assert jobs.lease_due() == [], "a leased job was handed out twice"
    with time_machine.travel(utc_now() + timedelta(seconds=7) + jobs.LEASE):
        assert jobs.lease_due() == [job_id], "the job of a killed worker never came back"


def test_relays_at_the_same_moment_never_get_the_same_job(app: Flask) -> None:
    with app.app_context():
        wanted = {enqueue(f"att_{number}") for number in range(60)}

    def relay() -> list[str]:
        with app.app_context():
            return [job_id for _ in range(10) for job_id in jobs.lease_due(limit=4)]

    leased = [job_id for answer in together(8, relay) for job_id in answer]
    assert sorted(leased) == sorted(wanted)


@pytest.mark.usefixtures("app_context")
def test_a_failing_job_is_put_off_longer_each_time_and_then_put_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[str] = []

    def fail(subject_id: str) -> None:
        tries.append(subject_id)
        raise RuntimeError("the provider is on fire")

    monkeypatch.setitem(work.HANDLERS, "settle_attempt", fail)
    job_id, waits = enqueue(), []
    for number in range(1, jobs.MAX_ATTEMPTS + 1):
        before = utc_now()
        work.run_job(job_id)
        stored = job(job_id)
        assert (stored.attempts, stored.done_at) == (number, None)
        assert stored.last_error == "RuntimeError: the provider is on fire"
        waits.append(round((stored.due_at - before).total_seconds()))
    assert waits[:-1] == [2, 4, 8, 16]
    assert job(job_id).quarantined_at is not None

    work.run_job(job_id)
    assert len(tries) == jobs.MAX_ATTEMPTS, "a job in quarantine was run"
    with time_machine.travel(utc_now() + timedelta(days=1)):
        assert jobs.lease_due() == []

    monkeypatch.setitem(work.HANDLERS, "settle_attempt", tries.append)
    jobs.retry(job_id)
    assert jobs.lease_due() == [job_id]
    work.run_job(job_id)
    assert job(job_id).done_at is not None


@pytest.mark.usefixtures("app_context")
def test_a_handler_that_breaks_the_session_does_not_break_the_next_job(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_session(subject_id: str) -> None:
        db.session.add(Job(kind=None, subject_id=subject_id))
        db.session.flush()

    monkeypatch.setitem(work.HANDLERS, "settle_attempt", break_session)
    job_id = enqueue()
    work.run_job(job_id)
    assert "IntegrityError" in job(job_id).last_error


@pytest.mark.usefixtures("app_context")
def test_work_of_an_unknown_kind_is_kept_for_a_person() -> None:
    with transaction():
        jobs.enqueue("make_coffee", "att_1")
    [job_id] = jobs.lease_due()
    for _ in range(jobs.MAX_ATTEMPTS):
        work.run_job(job_id)
    assert job(job_id).quarantined_at is not None


@pytest.mark.usefixtures("app_context")
def test_a_finished_job_is_not_done_again() -> None:
    job_id = enqueue()
    assert jobs.begin(job_id) == ("settle_attempt", "att_1")
    jobs.finish(job_id)
    assert jobs.begin(job_id) is None
    assert jobs.begin("job_none") is None


@pytest.mark.usefixtures("app_context")
def test_late_jobs_are_counted_and_old_ones_forgotten() -> None:
    late, done = enqueue("att_1"), enqueue("att_2")
    long_ago = utc_now() - timedelta(days=8)
    with transaction():
        db.session.execute(update(Job).where(Job.id == late).values(created_at=long_ago, due_at=long_ago))
        db.session.execute(update(Job).where(Job.id == done).values(done_at=long_ago))
    assert jobs.overdue(timedelta(minutes=2)) == 1
    jobs.forget_done()
    assert [row.id for row in db.session.scalars(select(Job))] == [late]
