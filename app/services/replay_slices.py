"""The work of a replay, a slice of seconds at a time: every session is counted once, however often a slice is done."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Text, and_, cast, or_, select, update

from app.domain.statuses import SessionStatus
from app.models import CheckoutSession, DecisionRecord, Replay, db, utc_now
from app.services import accounts, jobs, rule_sets
from app.services.replays import MOST_UNFINISHED, REPLAY, UNENDED, subject_of
from app.services.transaction import reading, transaction
from rules import AccountLimits, EngineFault, from_json, recorded
from rules.replay import Replayer
from rules.replay_days import as_on
from rules.replay_figures import Figures

log = structlog.get_logger()

SLICE = 2.0  # seconds: what a page that looks at it waits for news
BATCH = 200  # sessions read at a time: a millisecond, so that on SQLite nobody who writes waits for a slow reader

REST = 3  # times as long as it had to wait for processor and database: where others want them, it steps back
LONGEST_REST = 0.5  # seconds

_turn = threading.Lock()  # one slice at a time in a process: it keeps the processor busy anyway
_compiled: dict[str, Replayer] = {}  # by replay, from slice to slice; the caller has the turn


@dataclass
class Stored:
    """A session: when it was opened, whether it was paid, the facts of each of its decisions in order as JSON text.

    They are read later than fetched: by then nobody waits for the database.
    """

    id: str
    opened: datetime
    paid: bool
    facts: list[str]


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
        limits = accounts.limits()
    until = time.monotonic() + SLICE
    while True:
        began, worked = time.monotonic(), time.thread_time()
        sessions = _next_batch(replay)
        if sessions is None:
            _forget(replay.id)
            return
        for session in sessions:
            _count(session, replay, replayer, figures, limits)
        if sessions:
            replay.cursor_at, replay.cursor_id = sessions[-1].opened, sessions[-1].id
        at_end = len(sessions) < BATCH
        if at_end or time.monotonic() > until:
            break
        waited = (time.monotonic() - began) - (time.thread_time() - worked)
        time.sleep(min(max(waited, 0.0) * REST, LONGEST_REST))
    progress = {"cursor_at": replay.cursor_at, "cursor_id": replay.cursor_id, "figures": figures.to_json()}
    end = {"finished_at": utc_now(), "total": figures.sessions} if at_end else {}
    _store(replay, progress | end | {"replayed": figures.sessions})


def _next_batch(replay: Replay) -> list[Stored] | None:
    """Return the next sessions in the order they were opened, with their decisions; None when it was ended."""
    opened, key = CheckoutSession.created_at, CheckoutSession.id
    paid = (CheckoutSession.status == SessionStatus.COMPLETED).label("paid")
    some = select(key, opened, paid).where(opened >= (replay.cursor_at or replay.since), opened < replay.until)
    if replay.cursor_at is not None:
        some = some.where(or_(opened > replay.cursor_at, and_(opened == replay.cursor_at, key > replay.cursor_id)))
    batch = some.order_by(opened, key).limit(BATCH).subquery()
    # A retry while the replay is at work is left out, wherever it stands: else it would depend on its speed.
    its = and_(
        DecisionRecord.session_id == batch.c.id,
        or_(DecisionRecord.sequence == 0, DecisionRecord.created_at < replay.until),
    )
    rows = (
        select(batch, cast(DecisionRecord.facts, Text).label("facts"))
        .join(DecisionRecord, its, isouter=True)
        .order_by(batch.c.created_at, batch.c.id, DecisionRecord.sequence)
    )
    with reading():
        if db.session.scalar(select(Replay.id).where(Replay.id == replay.id, UNENDED)) is None:
            return None
        found = db.session.execute(rows).all()
    sessions: list[Stored] = []
    for row in found:
        if not sessions or sessions[-1].id != row.id:
            sessions.append(Stored(row.id, row.created_at, row.paid, []))
        if row.facts is not None:
            sessions[-1].facts.append(row.facts)
    return sessions


def _count(
    session: Stored, replay: Replay, replayer: Replayer, figures: Figures, limits: Mapping[str, AccountLimits]
) -> None:
    """Ask about each decision of a session; about one that has none there is nothing to ask."""
    known = [recorded(json.loads(text)) for text in session.facts]
    if replay.as_of is not None:
        known = [as_on(replay.as_of, facts) for facts in known]
    if known:
        seen = [replayer.look(session.id, facts, limits) for facts in known]
        figures.add(session.id, known[0], session.paid, seen)


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
