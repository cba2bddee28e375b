"""Replays over stored sessions: exact, each session once whatever happens to a slice, bounded, cancellable."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from app.models import CheckoutSession, DecisionRecord, Job, Replay, db, utc_now
from app.services import drafts, jobs, replay_slices, replays, work
from app.services.errors import FieldRefused, NothingDrafted, TooManyReplays
from app.services.replays import ReplayStatus, status_of
from app.services.transaction import transaction
from rules import EngineFault, InvalidRuleSet
from tests.support.replaying import changed_rules, draft, plainly, some_facts, told, work_off
from tests.support.stored import store_sessions
from tests.support.threads import together

pytestmark = pytest.mark.usefixtures("small_slices")
COUNT = 230


@pytest.fixture
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slice is one batch of forty sessions."""
    monkeypatch.setattr(replay_slices, "BATCH", 40)
    monkeypatch.setattr(replay_slices, "SLICE", 0.0)


def started(days: int = 7) -> Replay:
    draft()
    return replays.start(days=days, actor="ann")


def standing(replay: Replay) -> ReplayStatus:
    return status_of(replays.get_replay(replay.id))


@pytest.mark.usefixtures("app_context")
def test_the_figures_are_those_of_a_plain_recomputation() -> None:
    store_sessions(some_facts(COUNT))
    replay = started()
    assert (status_of(replay), replay.total) == (ReplayStatus.WAITING, COUNT)
    assert work_off() >= COUNT // 40
    ended = replays.get_replay(replay.id)
    assert (status_of(ended), ended.total, ended.replayed) == (ReplayStatus.FINISHED, COUNT, COUNT)
    expected = plainly(ended)
    assert told(replay.id) == expected
    assert expected["emptied"] > 0, "the case shows nothing"
    assert len(expected["pairs"]) > 3, "the case shows little"
    figures = ended.figures
    for key in ("sessions", "paid"):
        parts = [figures["others"], *figures["pairs"]]
        assert sum(part[key] for part in parts) == figures["changed"][key]
    assert replay.id not in replay_slices._compiled, "what was compiled is still held"


@pytest.mark.usefixtures("app_context")
def test_only_sessions_of_the_days_asked_for_are_replayed() -> None:
    store_sessions(some_facts(30), days=10)
    store_sessions(some_facts(20), days=2)
    replay = started(days=3)
    work_off()
    assert replays.get_replay(replay.id).figures["sessions"] == 20


@pytest.mark.usefixtures("app_context")
def test_sessions_at_one_moment_are_each_replayed_once() -> None:
    ids = store_sessions(some_facts(130))
    with transaction():
        db.session.execute(update(CheckoutSession).values(created_at=utc_now() - timedelta(hours=5)))
    replay = started()
    work_off()
    figures = replays.get_replay(replay.id).figures
    assert figures["sessions"] == len(ids)
    shown = [example["session"] for pair in figures["pairs"] for example in pair["examples"]]
    assert len(set(shown)) == len(shown)
    assert set(shown) <= set(ids)


@pytest.mark.usefixtures("app_context")
def test_nothing_to_replay_is_finished_at_once() -> None:
    replay = started()
    work_off()
    assert standing(replay) is ReplayStatus.FINISHED
    assert replays.get_replay(replay.id).figures["sessions"] == 0


def test_slices_done_by_several_at_once_count_each_session_once(app: Flask) -> None:
    with app.app_context():
        store_sessions(some_facts(COUNT))
        replay = started()

    def do_every_slice() -> None:
        with app.app_context():
            while status_of(now := replays.get_replay(replay.id)) in (ReplayStatus.WAITING, ReplayStatus.RUNNING):
                replay_slices.replay_slice(replays.subject_of(replay.id, now.step))

    assert together(4, do_every_slice) == [None] * 4
    with app.app_context():
        assert told(replay.id) == plainly(replays.get_replay(replay.id))
        assert replay.id not in replay_slices._compiled


@pytest.mark.usefixtures("app_context")
def test_a_worker_that_dies_in_the_middle_of_a_slice_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    store_sessions(some_facts(COUNT))
    replay = started()
    store, deaths = replay_slices._store, iter([True, False, True, True])

    def die(*arguments: Any) -> None:
        if next(deaths, False):
            raise SystemExit  # as a worker that is killed: nothing is reported, the job stays leased
        store(*arguments)

    monkeypatch.setattr(replay_slices, "_store", die)
    later = utc_now()
    while standing(replay) in (ReplayStatus.WAITING, ReplayStatus.RUNNING):
        later += jobs.LEASE + timedelta(seconds=1)
        with time_machine.travel(later):
            for leased in jobs.lease_due():
                try:
                    work.run_job(leased.id)
                except SystemExit:
                    db.session.rollback()
    assert told(replay.id) == plainly(replays.get_replay(replay.id))


@pytest.mark.usefixtures("app_context")
def test_a_replay_that_is_cancelled_stops_and_keeps_what_it_counted() -> None:
    store_sessions(some_facts(COUNT))
    replay = started()
    for _ in range(2):
        [leased] = jobs.lease_due()
        work.run_job(leased.id)
    cancelled = replays.cancel(replay.id, actor="user:bob@example.com")
    assert (status_of(cancelled), cancelled.replayed) == (ReplayStatus.CANCELLED, 80)
    work_off()
    again = replays.cancel(replay.id, actor="user:eve@example.com")
    assert (again.replayed, again.cancelled_by) == (80, "user:bob@example.com")
    assert again.figures["sessions"] == 80
    assert replay.id not in replay_slices._compiled


@pytest.mark.usefixtures("app_context")
def test_a_slice_that_was_under_way_when_it_was_cancelled_is_thrown_away(monkeypatch: pytest.MonkeyPatch) -> None:
    store_sessions(some_facts(60))
    replay = started()
    go_on = replay_slices._next_batch

    def cancel_then_read(*arguments: Any) -> Any:
        rows = go_on(*arguments)
        replays.cancel(replay.id, actor="ann")
        return rows

    monkeypatch.setattr(replay_slices, "_next_batch", cancel_then_read)
    work_off()
    ended = replays.get_replay(replay.id)
    assert (status_of(ended), ended.replayed, ended.step) == (ReplayStatus.CANCELLED, 0, 0)


def test_starting_at_the_same_moment_starts_one(app: Flask) -> None:
    with app.app_context():
        draft()

    def start() -> str:
        with app.app_context():
            return replays.start(days=7, actor="ann").id

    assert len(set(together(4, start))) == 1
    with app.app_context():
        assert len(db.session.scalars(select(Replay.id)).all()) == 1
        assert len(db.session.scalars(select(Job.id).where(Job.kind == replays.REPLAY)).all()) == 1


@pytest.mark.usefixtures("app_context")
def test_a_few_replays_at_a_time() -> None:
    first = started(days=1)
    assert replays.start(days=1, actor="bob").id == first.id
    others = [replays.start(days=days, actor="ann") for days in (2, 3)]
    with pytest.raises(TooManyReplays):
        replays.start(days=4, actor="ann")
    replays.cancel(others[0].id, actor="ann")
    assert replays.start(days=4, actor="ann").id != first.id
    work_off()
    assert replays.start(days=1, actor="ann").id != first.id, "one that ended was taken for one that runs"


@pytest.mark.usefixtures("app_context")
@pytest.mark.parametrize("days", [0, -1, 91, 10**12])
def test_days_are_bounded(days: int) -> None:
    draft()
    with pytest.raises(FieldRefused, match="days: must be a whole number from 1 to 90"):
        replays.start(days=days, actor="ann")


@pytest.mark.usefixtures("app_context")
def test_a_draft_that_cannot_be_published_cannot_be_replayed() -> None:
    with pytest.raises(NothingDrafted):
        replays.start(days=7, actor="ann")
    document = changed_rules()
    document["rules"][0]["offer"]["methods"][0]["method"] = "seashells"
    draft(document)
    with pytest.raises(InvalidRuleSet, match="seashells"):
        replays.start(days=7, actor="ann")
    assert replays.list_replays() == []


@pytest.mark.usefixtures("app_context")
def test_rules_that_the_engine_cannot_hold_end_the_replay_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise EngineFault("the engine cannot hold this rule set: too wide")

    replay = started()
    monkeypatch.setattr(replay_slices, "Replayer", refuse)
    work_off()
    ended = replays.get_replay(replay.id)
    assert status_of(ended) is ReplayStatus.FAILED
    assert "too wide" in str(ended.error)


@pytest.mark.usefixtures("app_context")
def test_a_replay_whose_work_failed_too_often_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the disk is on fire")

    replay = started()
    replays.tidy_up()
    assert standing(replay) is ReplayStatus.WAITING
    monkeypatch.setattr(replay_slices, "_go_on", fail)
    moment = utc_now()
    for _ in range(jobs.MAX_ATTEMPTS):
        moment += timedelta(minutes=1)
        with time_machine.travel(moment):
            work_off()
    replays.tidy_up()
    ended = replays.get_replay(replay.id)
    assert (status_of(ended), ended.error) == (ReplayStatus.FAILED, "It failed too often: see Background work.")


@pytest.mark.usefixtures("app_context")
def test_old_replays_are_forgotten() -> None:
    replay = started()
    work_off()
    with time_machine.travel(utc_now() + replays.KEPT - timedelta(minutes=1)):
        replays.tidy_up()
    assert [kept.id for kept in replays.list_replays()] == [replay.id]
    with time_machine.travel(utc_now() + replays.KEPT + timedelta(minutes=1)):
        replays.tidy_up()
    assert replays.list_replays() == []


@pytest.mark.usefixtures("app_context")
def test_figures_of_a_draft_that_moved_on_say_so() -> None:
    replay = started()
    assert not replays.outdated(replay)
    drafts.discard_draft(revision=replay.revision, actor="ann")
    assert replays.outdated(replay)


@pytest.mark.usefixtures("app_context")
def test_a_replay_stores_nothing_about_any_session() -> None:
    store_sessions(some_facts(50))
    columns = (CheckoutSession.id, CheckoutSession.status, CheckoutSession.completed_at)
    before = db.session.execute(select(*columns).order_by(CheckoutSession.id)).all()
    decisions = len(db.session.scalars(select(DecisionRecord.id)).all())
    db.session.rollback()
    started()
    work_off()
    assert db.session.execute(select(*columns).order_by(CheckoutSession.id)).all() == before
    assert len(db.session.scalars(select(DecisionRecord.id)).all()) == decisions
