"""The draft of the rules: written by one author at a time, approved as it stands, or given up."""

from __future__ import annotations

import structlog
from flask import current_app
from sqlalchemy import select, update

from app.models import RuleSetDraft, RuleSetVersion, db, utc_now
from app.models.rule_set_drafts import ONLY
from app.services import draft_steps, rule_checks, rule_sets
from app.services.errors import (
    DraftChanged,
    DraftOutdated,
    FieldRefused,
    NothingDrafted,
    NothingToUndo,
    SecondPersonNeeded,
)
from app.services.inserts import insert_once
from app.services.rule_checks import CheckedRules
from app.services.transaction import transaction
from rules import Change, RuleSet, from_json, to_json

log = structlog.get_logger()

FIRST_AUTHOR = "Junction"  # of the empty draft of a hub where nothing was published yet
GIVEN_UP = "gave up the draft"
NOT_APPROVED = {"approved_revision": None, "approver": None, "approved_at": None}
NOT_SCHEDULED = {"publish_at": None, "scheduled_by": None, "note": ""}


def get_draft() -> RuleSetDraft:
    """Return the draft; one that nobody has written in follows the active version."""
    with transaction():
        draft = db.session.get(RuleSetDraft, ONLY, populate_existing=True)
        active = rule_sets.newest_activation()
        number = None if active is None else active.version
        if draft is not None and (draft.author is not None or draft.based_on == number):
            return detached(draft)
        who = FIRST_AUTHOR if active is None else active.actor
        if draft is None:
            insert_once(RuleSetDraft, {"id": ONLY, "revision": 1} | _copy_of(number, who), unique=["id"])
        elif _move_on(draft.revision, **_copy_of(number, who)):
            draft_steps.forget()
        return detached(locked_draft())


def save_draft(
    document: object, *, revision: int, author: str, based_on: int | None = None, what: str = ""
) -> RuleSetDraft:
    """Replace the draft, which must still be at `revision`; an approval or a planned publication ends with it.

    The document must have the shape of a rule set; what else is wrong with it is for `check`. `based_on`, the
    active version's number, says that the author has taken that version into account. `what` says what the author
    did, for whoever may want to undo it. Raises rules.InvalidRuleSet, DraftChanged, FieldRefused.
    """
    canonical = to_json(from_json(document))
    get_draft()  # so that a draft that nobody wrote in has followed the active version
    with transaction():
        active = rule_sets.newest_activation()
        if based_on is not None and (active is None or active.version != based_on):
            raise FieldRefused("based_on", "must be the number of the active version, or left out.")
        authors = [*(name for name in _locked_at(revision) if name != author), author]
        values: dict[str, object] = {
            "document": canonical,
            "author": author,
            "authors": authors,
            "updated_by": author,
        }
        if based_on is not None:
            values["based_on"] = based_on
        draft_steps.remember(revision, what=what, author=author)
        _move_on(revision, **values, **NOT_APPROVED, **NOT_SCHEDULED)
        draft = detached(locked_draft())
    log.info("draft_saved", revision=draft.revision, author=author)
    return draft


def undo(*, revision: int, actor: str) -> RuleSetDraft:
    """Take back the draft's last change: as a new revision it is what it was before, begun from the same version.

    Its author is who wrote that; whoever wrote in it since stays among its authors until nothing is left that anybody
    wrote. Raises DraftChanged, NothingToUndo.
    """
    get_draft()
    with transaction():
        authors = _locked_at(revision)
        step = draft_steps.take_last()
        if step is None:
            raise NothingToUndo
        since = [name for name in authors if name not in step.authors] if step.authors else []
        values = {
            "document": step.document,
            "author": step.authors[-1] if step.authors else None,
            "authors": [*since, *step.authors],
            "based_on": step.based_on,
            "updated_by": actor,
        }
        _move_on(revision, **values, **NOT_APPROVED, **NOT_SCHEDULED)
        draft = detached(locked_draft())
    log.info("draft_undone", revision=draft.revision, actor=actor)
    return draft


def discard_draft(*, revision: int, actor: str) -> RuleSetDraft:
    """Give up what was written since the active version; `undo` brings it back until the next publication.

    Raises DraftChanged.
    """
    get_draft()
    with transaction():
        active = rule_sets.newest_activation()
        if _locked_at(revision):
            draft_steps.remember(revision, what=GIVEN_UP, author=actor)
        _move_on(revision, **_copy_of(None if active is None else active.version, actor))
        draft = detached(locked_draft())
    log.info("draft_discarded", revision=revision, actor=actor)
    return draft


def approve(*, revision: int, approver: str) -> RuleSetDraft:
    """Approve the draft as it stands at `revision`; the first approval stays.

    Raises DraftChanged, NothingDrafted, DraftOutdated, SecondPersonNeeded, rules.InvalidRuleSet.
    """
    draft = get_draft()
    if draft.revision != revision:
        raise changed(draft)
    authors_of(draft)
    rule_sets.parsed(draft.document)
    with transaction():
        draft = locked_draft()
        if draft.revision != revision:
            raise changed(draft)
        authors = authors_of(draft)
        if approver in authors and not current_app.config["JUNCTION"].one_person_publishes:
            raise SecondPersonNeeded(", ".join(authors))
        if draft.approved_revision is None:
            draft.approved_revision, draft.approver, draft.approved_at = revision, approver, utc_now()
        detached(draft)
    log.info("draft_approved", revision=revision, approver=draft.approver)
    return draft


def check() -> tuple[RuleSetDraft, CheckedRules]:
    """Return the draft, what keeps it from being published, and what is odd about it."""
    draft = get_draft()
    return draft, rule_checks.check(draft.document)


def draft_changes(locale: str = "en") -> tuple[RuleSetDraft, tuple[Change, ...]]:
    """Return the draft and what it would change in the active version."""
    draft = get_draft()
    active = rule_sets.newest_activation()
    old = RuleSet() if active is None else rule_sets.ruleset_of(active.version)
    return draft, rule_sets.changes(old, from_json(draft.document), locale)


def locked_draft() -> RuleSetDraft:
    """Return the draft as the database has it; nobody changes it before the caller's transaction ends."""
    return db.session.get_one(RuleSetDraft, ONLY, populate_existing=True, with_for_update=True)


def detached(draft: RuleSetDraft) -> RuleSetDraft:
    """Return the draft as it is in this transaction, whatever becomes of the row later."""
    db.session.flush()
    db.session.expunge(draft)
    return draft


def authors_of(draft: RuleSetDraft) -> list[str]:
    """Return all who wrote a draft that can go live, whoever wrote last at the end.

    Raises NothingDrafted, DraftOutdated.
    """
    if draft.author is None:
        raise NothingDrafted(draft.based_on)
    active = rule_sets.newest_activation()
    number = None if active is None else active.version
    if draft.based_on != number:
        raise DraftOutdated(draft.based_on, number)
    return draft.authors


def changed(draft: RuleSetDraft) -> DraftChanged:
    """Return the refusal of whoever read an earlier revision."""
    return DraftChanged(draft.revision, draft.updated_by, draft.updated_at)


def follow(draft: RuleSetDraft, version: RuleSetVersion, actor: str) -> None:
    """Make the draft, locked by the caller, a plain copy of `version`."""
    for name, value in _copy_of(version.number, actor).items():
        setattr(draft, name, value)
    draft.revision += 1
    draft_steps.forget()


def _copy_of(number: int | None, who: str) -> dict[str, object]:
    """Return the columns of a draft that nobody has written in."""
    document = to_json(RuleSet()) if number is None else rule_sets.get_version(number).document
    return {
        "document": document,
        "based_on": number,
        "author": None,
        "authors": [],
        "updated_by": who,
        "updated_at": utc_now(),
        **NOT_APPROVED,
        **NOT_SCHEDULED,
    }


def _locked_at(revision: int) -> list[str]:
    """Lock the draft at `revision` and return who wrote in it. Raises DraftChanged."""
    found = select(RuleSetDraft.authors).where(RuleSetDraft.id == ONLY, RuleSetDraft.revision == revision)
    row = db.session.execute(found.with_for_update()).first()
    if row is None:
        raise changed(locked_draft())
    authors: list[str] = row.authors
    return authors


def _move_on(revision: int, **values: object) -> bool:
    """Write the draft's next revision unless it is no longer at `revision`; tell whether it was written."""
    statement = (
        update(RuleSetDraft)
        .where(RuleSetDraft.id == ONLY, RuleSetDraft.revision == revision)
        .values({"updated_at": utc_now()} | values | {"revision": revision + 1})
        .returning(RuleSetDraft.id)
        .execution_options(synchronize_session=False)
    )
    return db.session.execute(statement).first() is not None
