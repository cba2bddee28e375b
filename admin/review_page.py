"""The review of the draft: what it changes, what the check says, how far it has come, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app

from admin.check_page import CheckPage, check_page
from admin.draft_forms import person
from admin.draft_progress import Stage, progress
from admin.reading import locale
from admin.roles import may
from app.models import Replay, RuleSetDraft
from app.services import draft_checks, draft_withdrawals, drafts, replays, rule_sets
from rules import Change

SHOWN = 200  # changes: more are only counted


@dataclass(frozen=True)
class ReviewPage:
    """All that the review says; `waits_for` is the sentence of who or what has to come before the next press.

    `withdrawn` tells of an approval or a plan that ended with its person's say; empty where there is nothing to tell.
    """

    draft: RuleSetDraft
    active: int | None
    changes: tuple[Change, ...]
    hidden: int
    check: CheckPage
    stages: list[Stage]
    replay: Replay | None
    may_approve: bool
    may_publish: bool
    waits_for: str
    withdrawn: str

    @property
    def outdated(self) -> bool:
        """Whether another version went live since the draft was begun."""
        return self.draft.author is not None and self.draft.based_on != self.active


def review_page() -> ReviewPage:
    """Return the review of the draft as it stands."""
    draft, changes = drafts.draft_changes(locale())
    newest = rule_sets.newest_activation()
    active = None if newest is None else newest.version
    checked = draft_checks.last_check(draft) or draft_checks.check_now()[1]
    latest = next(iter(replays.list_replays(1)), None)
    ready = draft.author is not None and draft.based_on == active and not checked.problems
    waits_for = _who_approves(draft) if ready and draft.approver is None else ""
    return ReviewPage(
        draft=draft,
        active=active,
        changes=changes[:SHOWN],
        hidden=max(len(changes) - SHOWN, 0),
        check=check_page(draft, checked),
        stages=progress(draft, active, checked),
        replay=latest if latest and latest.revision == draft.revision else None,
        may_approve=ready and draft.approver is None and not waits_for,
        may_publish=ready and draft.approver is not None and may("rules.publish"),
        waits_for=waits_for,
        withdrawn=draft_withdrawals.last_withdrawal(draft),
    )


def _who_approves(draft: RuleSetDraft) -> str:
    """Return why the person signed in cannot approve; empty when they can."""
    if not may("rules.approve"):
        return "Somebody whose role may approve rules has to approve this draft next."
    if person() in draft.authors and not current_app.config["JUNCTION"].one_person_publishes:
        return "You wrote in this draft, so somebody who wrote nothing in it has to approve it."
    return ""
