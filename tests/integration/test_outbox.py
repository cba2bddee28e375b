"""The outbox: no job is lost, none is handed to two workers at once, and a hopeless one waits for a person."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from app.models import Job, db, utc_now
from app.services import jobs, work
from app.services.health import check_health
from app.services.transaction import transaction
from tests.support.threads import together


def enqueue(subject: str = "att_1", **options: object) -> str:
    with transaction():
        jobs.enqueue("settle_attempt", subject, **options)  # type: ignore[arg-type]  # only `due_at` is passed
        waiting = (Job.subject_id == subject, Job.done_at.is_(None), Job.quarantined_at.is_(None))
        return db.session.scalars(select(Job.id).where(*waiting)).one()


def leased(limit: int = 50) -> list[str]:
    return [job.id for job in jobs.lease_due(limit)]


def job(job_id: str) -> Job:
    db.session.rollback()
    return db.session.get(Job, job_id)


@pytest.mark.usefixtures("app_context")
def test_work_is_asked_for_with_the_change_or_not_at_all() -> None:
    jobs.enqueue("settle_attempt", "att_1")
    db.session.rollback()
    assert leased() == []


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
    assert leased() == []
    with time_machine.travel(utc_now() + timedelta(seconds=6)):
        assert leased() == [job_id]
        assert leased() == [], "a leased job was handed out twice"
    with time_machine.travel(utc_now() + timedelta(seconds=7) + jobs.LEASE):
        assert leased() == [job_id], "the job of a killed worker never came back"


def test_relays_at_the_same_moment_never_get_the_same_job(app: Flask) -> None:
    with app.app_context():
        wanted = {enqueue(f"att_{number}") for number in range(60)}

    def relay() -> list[str]:
        with app.app_context():
            return [job_id for _ in range(10) for job_id in leased(limit=4)]

    handed = [job_id for answer in together(8, relay) for job_id in answer]
    assert sorted(handed) == sorted(wanted)


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
        assert leased() == []

    monkeypatch.setitem(work.HANDLERS, "settle_attempt", tries.append)
    jobs.retry(job_id)
    assert leased() == [job_id]
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
    [job_id] = leased()
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
    late, done, just_done = enqueue("att_1"), enqueue("att_2"), enqueue("att_3")
    jobs.begin(just_done)
    jobs.finish(just_done)
    long_ago = utc_now() - timedelta(days=8)
    with transaction():
        db.session.execute(update(Job).where(Job.id == late).values(created_at=long_ago, due_at=long_ago))
        db.session.execute(update(Job).where(Job.id == done).values(done_at=long_ago))
    assert jobs.overdue(timedelta(minutes=2)) == 1
    jobs.forget_done()
    assert set(db.session.scalars(select(Job.id))) == {late, just_done}


def put_aside() -> str:
    """A job in quarantine, its last error told."""
    job_id = enqueue()
    for _ in range(jobs.MAX_ATTEMPTS):
        jobs.begin(job_id)
        jobs.fail(job_id, "the provider is on fire")
    assert job(job_id).quarantined_at is not None
    return job_id


@pytest.mark.usefixtures("app_context")
def test_a_job_taken_out_of_quarantine_while_its_like_waits_is_done_with() -> None:
    first = put_aside()
    twin = enqueue()
    assert twin != first
    jobs.retry(first)
    stored = job(first)
    assert stored.done_at is not None
    assert stored.quarantined_at is None
    assert (job(twin).done_at, job(twin).attempts) == (None, 0)
    assert leased() == [twin]


@pytest.mark.usefixtures("app_context")
def test_only_what_is_in_quarantine_is_taken_out_of_it() -> None:
    waiting, running, done = (enqueue(f"att_{number}") for number in range(3))
    for job_id in (running, done):
        jobs.begin(job_id)
    jobs.fail(running, "the provider is on fire")
    jobs.finish(done)
    columns = select(*Job.__table__.columns).order_by(Job.id)
    before = db.session.execute(columns).all()
    db.session.rollback()
    for job_id in (waiting, running, done, "job_none"):
        jobs.retry(job_id)
    assert db.session.execute(columns).all() == before


@pytest.mark.usefixtures("app_context")
@pytest.mark.parametrize("error", [None, "the provider is on fire"])
def test_a_job_that_never_comes_back_is_put_aside(error: str | None) -> None:
    """It ends its worker each time, so nobody reports that it failed."""
    job_id = enqueue()
    for number in range(1, jobs.MAX_ATTEMPTS + 1):
        assert jobs.begin(job_id) == ("settle_attempt", "att_1")
        assert job(job_id).attempts == number
        if number == 1 and error:
            jobs.fail(job_id, error)
    assert job(job_id).quarantined_at is None, "its last try may still be under way"
    assert jobs.begin(job_id) is None
    stored = job(job_id)
    assert (stored.attempts, stored.done_at) == (jobs.MAX_ATTEMPTS, None)
    assert stored.quarantined_at is not None
    assert stored.last_error == (error or "It never came back from a worker.")
    with time_machine.travel(utc_now() + timedelta(days=1)):
        assert leased() == []


@pytest.mark.usefixtures("app_context")
def test_a_job_that_ends_after_it_was_put_aside_needs_nobody() -> None:
    job_id = enqueue()
    while jobs.begin(job_id) is not None:
        pass
    assert job(job_id).quarantined_at is not None
    jobs.finish(job_id)
    stored = job(job_id)
    assert stored.done_at is not None
    assert stored.quarantined_at is None
    assert check_health().outbox_quarantined == 0
