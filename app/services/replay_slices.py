"""The work of a replay, a slice of seconds at a time: every session is counted once, however often a slice is done."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import Row, Select, Text, and_, cast, or_, select, update

from app.domain.statuses import SessionStatus
from app.models import CheckoutSession, DecisionRecord, Replay, db, utc_now
from app.services import accounts, jobs, rule_sets
from app.services.catalogue import catalogue
from app.services.replays import MOST_UNFINISHED, REPLAY, UNENDED, subject_of
from app.services.transaction import reading, transaction
from rules import AccountLimits, EngineFault, from_json
from rules.replay import FactReader, Replayer
from rules.replay_figures import Figures

log = structlog.get_logger()

SLICE = 2.0  # seconds: what a page that looks at it waits for news
BATCH = 200  # sessions read at a time: a millisecond, so that on SQLite nobody who writes waits for a slow reader

REST = 3  # times as long as it had to wait for processor and database: where others want them, it steps back
LONGEST_REST = 0.5  # seconds

Recorded = Row[*tuple[Any, ...]]  # a decision: id, created_at, session_id, facts as JSON text, whether it was paid

_turn = threading.Lock()  # one slice at a time in a process: it keeps the processor busy anyway
_compiled: dict[str, Replayer] = {}  # by replay, from slice to slice; the caller has the turn


def replay_slice(subject: str) -> None:
    """Do the job: replay some more sessions, store the figures and ask for the next slice, unless it ended meanwhile.

    A slice that somebody else has stored already, or a replay that ended, is left alone.
    """
    key, _, step = subject.partition("#")
    with reading():
        replay = db.session.scalar(select(Replay).where(Replay.id == f"rpl_{key}", Replay.step == int(step), UNENDED))
        if replay is not None:
            db.session.expunge(replay)
    with _turn:
        if replay is None:
            _forget(f"rpl_{key}")
            return
        try:
            replayer = _replayer(replay)
        except EngineFault as fault:
            _store(replay, {"finished_at": utc_now(), "error": f"The draft cannot be replayed: {fault}"})
            return
        _go_on(replay, replayer)


def _go_on(replay: Replay, replayer: Replayer) -> None:
    """Replay until the slice is over, the sessions are at an end or somebody cancelled, and store how far it came."""
    figures = Figures.from_json(replay.figures)
    with reading():
        reader, limits = FactReader(catalogue()), accounts.limits()
    until = time.monotonic() + SLICE
    while True:
        began, worked = time.monotonic(), time.thread_time()
        rows = _next_batch(replay)
        if rows is None:
            _forget(replay.id)
            return
        for row in rows:
            _count(row, replayer, figures, reader, limits)
        if rows:
            replay.cursor_at, replay.cursor_id = rows[-1].created_at, rows[-1].id
        at_end = len(rows) < BATCH
        if at_end or time.monotonic() > until:
            break
        waited = (time.monotonic() - began) - (time.thread_time() - worked)
        time.sleep(min(max(waited, 0.0) * REST, LONGEST_REST))
    progress = {"cursor_at": replay.cursor_at, "cursor_id": replay.cursor_id, "figures": figures.to_json()}
    end = {"finished_at": utc_now(), "total": figures.sessions} if at_end else {}
    _store(replay, progress | end | {"replayed": figures.sessions})


def _next_batch(replay: Replay) -> Sequence[Recorded] | None:
    """Return the next decisions in the order they were made, the first of each session; None when it was ended.

    The facts come as text: what takes longer than reading them is for later, when nobody waits.
    """
    made, key = DecisionRecord.created_at, DecisionRecord.id
    paid = (CheckoutSession.status == SessionStatus.COMPLETED).label("paid")
    rows: Select[*tuple[Any, ...]] = (
        select(key, made, DecisionRecord.session_id, cast(DecisionRecord.facts, Text).label("facts"), paid)
        .join(CheckoutSession, CheckoutSession.id == DecisionRecord.session_id)
        .where(made >= (replay.cursor_at or replay.since), made < replay.until, DecisionRecord.sequence == 0)
        .order_by(made, key)
        .limit(BATCH)
    )
    if replay.cursor_at is not None:
        rows = rows.where(or_(made > replay.cursor_at, and_(made == replay.cursor_at, key > replay.cursor_id)))
    with reading():
        if db.session.scalar(select(Replay.id).where(Replay.id == replay.id, UNENDED)) is None:
            return None
        return db.session.execute(rows).all()


def _count(
    row: Recorded, replayer: Replayer, figures: Figures, reader: FactReader, limits: Mapping[str, AccountLimits]
) -> None:
    """Ask about one session."""
    facts = reader.read(json.loads(row.facts))
    if facts is None:
        figures.add_unfit()
        return
    figures.add(row.session_id, facts, row.paid, replayer.look(row.session_id, facts, limits))


def _store(replay: Replay, values: dict[str, Any]) -> None:
    """Store what a slice came to, and ask for the next one; lost when this slice was stored before or it was ended."""
    step = replay.step + 1
    with transaction():
        still = update(Replay).where(Replay.id == replay.id, Replay.step == replay.step, UNENDED)
        stored = db.session.execute(
            still.values(values | {"step": step}).returning(Replay.id).execution_options(synchronize_session=False)
        ).first()
        if stored and "finished_at" not in values:
            jobs.enqueue(REPLAY, subject_of(replay.id, step))
    if "finished_at" in values or not stored:
        _forget(replay.id)
    log.info("replay_slice", replay=replay.id, step=step, replayed=values.get("replayed"), stored=stored is not None)


def _replayer(replay: Replay) -> Replayer:
    """Return the two rule sets compiled, as this process has them or made anew. Raises EngineFault."""
    found = _compiled.pop(replay.id, None)
    if found is None:
        with reading():
            before = rule_sets.ruleset_of(replay.version)
        found = Replayer(before, from_json(replay.document))
    _compiled[replay.id] = found  # the latest used is the last
    while len(_compiled) > MOST_UNFINISHED:
        _forget(next(iter(_compiled)))
    return found


def _forget(replay_id: str) -> None:
    """Free what was compiled for a replay."""
    replayer = _compiled.pop(replay_id, None)
    if replayer is not None:
        replayer.close()
