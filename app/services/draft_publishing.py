"""From the draft to a version: published at once, or by a job when its time has come; each revision at most once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog

from app.models import RuleSetDraft, RuleSetVersion, db, utc_now
from app.models.rule_set_drafts import ONLY
from app.services import drafts, jobs, rule_sets
from app.services.alerts import raise_alert
from app.services.errors import FieldRefused, NotApproved, Refusal
from app.services.rule_sets import Tried
from app.services.transaction import release, transaction
from rules import InvalidRuleSet

log = structlog.get_logger()

PUBLISH = "publish_draft"  # the job; its subject names the revision and the moment that were planned
LATEST = timedelta(days=366)


def publish(*, revision: int, actor: str, note: str) -> RuleSetVersion:
    """Make the approved draft the next version and the active one.

    Raises DraftChanged, NothingDrafted, DraftOutdated, NotApproved, rules.InvalidRuleSet, rules.TrialFailed;
    nothing was published then.
    """
    return _publish(_ready(revision), revision=revision, actor=actor, note=note)


def schedule(*, revision: int, actor: str, note: str, at: datetime) -> RuleSetDraft:
    """Plan to publish the approved draft at `at`, instead of any moment planned before; saving it again ends the plan.

    Raises as `publish` does, and FieldRefused for a moment that is past or more than a year away.
    """
    if not utc_now() < at <= utc_now() + LATEST:
        raise FieldRefused("at", "must be a moment within the next year; leave it out to publish now.")
    moment = at.astimezone(UTC).replace(microsecond=0)
    _ready(revision)
    with transaction():
        draft = _approved(drafts.locked_draft(), revision)
        draft.publish_at, draft.scheduled_by, draft.note = moment, actor, note
        jobs.enqueue(PUBLISH, _subject(revision, moment), due_at=moment)
        drafts.detached(draft)
    log.info("draft_scheduled", revision=revision, at=moment.isoformat(), actor=actor)
    return draft


def cancel(*, revision: int, actor: str) -> RuleSetDraft:
    """Take back the planned publication of the draft at `revision`; its approval stays. Raises DraftChanged."""
    with transaction():
        draft = drafts.locked_draft()
        if draft.revision != revision:
            raise drafts.changed(draft)
        _unplan(draft)
        drafts.detached(draft)
    log.info("publication_cancelled", revision=revision, actor=actor)
    return draft


def publish_scheduled(subject: str) -> None:
    """Do the job: publish what was planned, unless the plan has changed since.

    A plan that can no longer be carried out ends with an alert. TrialFailed is let through: the job is tried again.
    """
    draft = db.session.get(RuleSetDraft, ONLY)
    if draft is None or _plan_of(draft) != subject:
        release()
        log.info("publication_no_longer_planned", subject=subject)
        return
    revision, actor, note = draft.revision, str(draft.scheduled_by), draft.note
    try:
        _publish(_ready(revision), revision=revision, actor=actor, note=note, plan=subject)
    except (Refusal, InvalidRuleSet) as refused:
        with transaction():
            draft = drafts.locked_draft()
            if _plan_of(draft) == subject:
                _unplan(draft)
                raise_alert("publication_refused", subject, f"The draft was not published as planned: {refused}")


def _ready(revision: int) -> Tried:
    """Try the draft out with no transaction open, once it is clear that it may be published."""
    drafts.get_draft()
    with transaction():
        document = _approved(drafts.locked_draft(), revision).document
    return rule_sets.tried(document)


def _publish(ready: Tried, *, revision: int, actor: str, note: str, plan: str | None = None) -> RuleSetVersion:
    with transaction():
        rule_sets.one_publisher_at_a_time()
        draft = _approved(drafts.locked_draft(), revision)
        if plan is not None and _plan_of(draft) != plan:
            raise NotApproved  # planned anew while this plan was being tried: that plan has a job of its own
        version = rule_sets.add_version(
            ready, authors=drafts.authors_of(draft), approver=draft.approver, note=note, actor=actor
        )
        drafts.follow(draft, version, actor)
    log.info("draft_published", version=version.number, revision=revision, actor=actor)
    return version


def _approved(draft: RuleSetDraft, revision: int) -> RuleSetDraft:
    if draft.revision != revision:
        raise drafts.changed(draft)
    drafts.authors_of(draft)
    if draft.approved_revision != revision:
        raise NotApproved
    return draft


def _unplan(draft: RuleSetDraft) -> None:
    draft.publish_at, draft.scheduled_by, draft.note = None, None, ""


def _plan_of(draft: RuleSetDraft) -> str | None:
    return None if draft.publish_at is None else _subject(draft.revision, draft.publish_at)


def _subject(revision: int, at: datetime) -> str:
    return f"draft:{revision}@{at:%Y%m%dT%H%M%SZ}"
