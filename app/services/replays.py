"""Replays of the draft over stored sessions: started, looked at, cancelled, forgotten; the work is in replay_slices."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import structlog
from flask import current_app
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import defer

from app.models import CheckoutSession, Job, Replay, RuleSetDraft, db, utc_now
from app.services import drafts, jobs, rule_sets
from app.services.errors import FieldRefused, NotFound, NothingDrafted, TooManyReplays
from app.services.transaction import reading, transaction
from rules import from_json
from rules.replay_days import Unmet, unmet

log = structlog.get_logger()

REPLAY = "replay"  # the job; its subject names the replay and the slice
MOST_DAYS = 90
FARTHEST = timedelta(days=366)  # from today, of a day as if it were
MOST_UNFINISHED = 3
KEPT = timedelta(days=30)
UNENDED = Replay.finished_at.is_(None) & Replay.cancelled_at.is_(None)


class ReplayStatus(StrEnum):
    """Where a replay stands, as its columns say."""

    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"


def status_of(replay: Replay) -> ReplayStatus:
    """Return where a replay stands."""
    if replay.cancelled_at is not None:
        return ReplayStatus.CANCELLED
    if replay.finished_at is not None:
        return ReplayStatus.FINISHED if replay.error is None else ReplayStatus.FAILED
    return ReplayStatus.RUNNING if replay.step else ReplayStatus.WAITING


def start(*, days: int, actor: str, as_of: date | None = None) -> Replay:
    """Ask for the draft to be replayed over the sessions of the last `days` days, beside the active version.

    Each session keeps the day it was decided on, unless `as_of` names one for all. While one of the same draft,
    version and days is not ended, that one is returned.
    Raises FieldRefused, NothingDrafted, NoActiveRules, TooManyReplays, rules.InvalidRuleSet, rules.TrialFailed.
    """
    if not 1 <= days <= MOST_DAYS:
        raise FieldRefused("days", f"must be a whole number from 1 to {MOST_DAYS}.")
    if as_of is not None and abs(as_of - _day(utc_now())) > FARTHEST:
        raise FieldRefused("as_of", "must be a day within a year from today.")
    draft = drafts.get_draft()
    if draft.author is None:
        raise NothingDrafted(draft.based_on)
    span = timedelta(days=days)
    with reading():
        version = rule_sets.active_number()
        known = _unended_like(draft, version, span, as_of)
        now = utc_now()
        since = CheckoutSession.created_at >= now - span  # each session was decided on as soon as it was opened
        total = db.session.scalar(select(func.count()).select_from(CheckoutSession).where(since))
    if known is not None:
        return known
    document = rule_sets.tried(draft.document).document
    with transaction():
        drafts.locked_draft()  # one start at a time
        known = _unended_like(draft, version, span, as_of)
        if known is not None:
            return known
        if (db.session.scalar(select(func.count()).select_from(Replay).where(UNENDED)) or 0) >= MOST_UNFINISHED:
            raise TooManyReplays(MOST_UNFINISHED)
        replay = Replay(
            document=document,
            revision=draft.revision,
            version=version,
            since=now - span,
            until=now,
            as_of=as_of,
            total=total,
            requested_by=actor,
        )
        db.session.add(replay)
        db.session.flush()
        jobs.enqueue(REPLAY, subject_of(replay.id, 0))
        _detached(replay)
    log.info("replay_started", replay=replay.id, revision=draft.revision, version=version, days=days, actor=actor)
    return replay


def get_replay(replay_id: str) -> Replay:
    """Return a replay as it stands now. Raises NotFound."""
    with reading():
        replay = db.session.get(Replay, replay_id)
        if replay is None:
            raise NotFound("replay", replay_id)
        return _detached(replay)


def list_replays(limit: int = 20) -> list[Replay]:
    """Return the replays, newest first, without their documents."""
    newest_first = select(Replay).order_by(Replay.created_at.desc(), Replay.id.desc()).limit(limit)
    with reading():
        return [_detached(replay) for replay in db.session.scalars(newest_first.options(defer(Replay.document))).all()]


def cancel(replay_id: str, *, actor: str) -> Replay:
    """End a replay that has not ended: it stops within a moment, and what it counted so far stays. Raises NotFound."""
    with transaction():
        ended = update(Replay).where(Replay.id == replay_id, UNENDED).values(cancelled_at=utc_now(), cancelled_by=actor)
        db.session.execute(ended.execution_options(synchronize_session=False))
    return get_replay(replay_id)


def outdated(replay: Replay) -> bool:
    """Tell whether the draft has been changed since, or another version made active."""
    with reading():
        revision = db.session.scalar(select(RuleSetDraft.revision))
        newest = rule_sets.newest_activation()
        version = None if newest is None else newest.version
    return (revision, version) != (replay.revision, replay.version)


def unmet_rules(replay: Replay) -> tuple[Unmet, ...]:
    """Return the changed rules that none of the sessions could meet: they are valid on other days only."""
    first, last = replay.as_of or _day(replay.since), replay.as_of or _day(replay.until)
    with reading():
        active = rule_sets.ruleset_of(replay.version)
    return unmet(active, from_json(replay.document), first, last)


def tidy_up() -> None:
    """Forget old replays, and end those whose next slice nobody will do: its job failed too often."""
    with transaction():
        db.session.execute(delete(Replay).where(Replay.created_at < utc_now() - KEPT))
        for replay in db.session.scalars(select(Replay).where(UNENDED)).all():
            waits = (Job.kind == REPLAY, Job.subject_id == subject_of(replay.id, replay.step), Job.done_at.is_(None))
            if db.session.scalar(select(Job.id).where(*waits, Job.quarantined_at.is_(None)).limit(1)) is None:
                replay.finished_at = utc_now()
                replay.error = "It failed too often: see Background work."


def subject_of(replay_id: str, step: int) -> str:
    """Return the subject of the job that does slice `step`: short enough for its column."""
    return f"{replay_id.removeprefix('rpl_')}#{step}"


def _day(at: datetime) -> date:
    """Return the day of a moment, in the merchant's time zone as the facts have it."""
    return at.astimezone(ZoneInfo(current_app.config["JUNCTION"].merchant_timezone)).date()


def _unended_like(draft: RuleSetDraft, version: int, span: timedelta, as_of: date | None) -> Replay | None:
    same = select(Replay).where(
        Replay.revision == draft.revision, Replay.version == version, Replay.as_of.is_not_distinct_from(as_of), UNENDED
    )
    rows = db.session.scalars(same.order_by(Replay.created_at)).all()
    return next((_detached(replay) for replay in rows if replay.until - replay.since == span), None)


def _detached(replay: Replay) -> Replay:
    """Return the replay as it is in this transaction, whatever becomes of the row later."""
    db.session.expunge(replay)
    return replay
