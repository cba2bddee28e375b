"""How far the draft is on its way to customers: written, checked, approved, published; and what is missing."""

from __future__ import annotations

from dataclasses import dataclass

from admin import formats
from app.models import RuleSetDraft
from app.services.rule_checks import CheckedRules
from rules import Severity


@dataclass(frozen=True)
class Stage:
    """One step of the way: `state` is done, now, blocked or later."""

    label: str
    state: str
    text: str

    @property
    def icon(self) -> str:
        return {"done": "check", "now": "circle", "blocked": "warning", "later": "clock"}[self.state]

    @property
    def word(self) -> str:
        """The state for those who cannot see the icon."""
        return {"done": "Done", "now": "Next", "blocked": "Needs attention", "later": "Later"}[self.state]


def progress(draft: RuleSetDraft, active: int | None, checked: CheckedRules | None) -> list[Stage]:
    """Return the four steps; the first that is not done says what has to happen."""
    if draft.author is None:
        return [
            Stage("Draft", "now", "Nothing is changed yet"),
            *(Stage(label, "later", "") for label in ("Checked", "Approved", "Published")),
        ]
    written = Stage("Draft", "done", f"Written by {formats.actors(draft.authors)}")
    if draft.based_on != active:
        written = Stage("Draft", "blocked", f"Version {active} went live meanwhile")
    check = _checked(checked)
    approved = Stage("Approved", "later", "")
    published = Stage("Published", "later", "")
    if draft.approver is not None:
        approved = Stage("Approved", "done", f"By {formats.actor(draft.approver)}")
        published = Stage("Published", "now", "")
        if draft.publish_at is not None:
            published = Stage("Published", "now", f"Planned for {formats.moment(draft.publish_at)}")
    elif written.state == "done" and checked is not None and not checked.problems:
        approved = Stage("Approved", "now", "")
    return [written, check, approved, published]


def _checked(checked: CheckedRules | None) -> Stage:
    if checked is None:
        return Stage("Checked", "now", "Not since the last change")
    if checked.problems:
        return Stage("Checked", "blocked", _count(len(checked.problems), "problem", "to mend"))
    wrong = sum(finding.severity is Severity.ERROR for finding in checked.findings)
    warnings = sum(finding.severity is Severity.WARNING for finding in checked.findings)
    if wrong:
        return Stage("Checked", "blocked", _count(wrong, "rule", "cannot work"))
    if warnings:
        return Stage("Checked", "done", _count(warnings, "warning", "to look at"))
    return Stage("Checked", "done", "Nothing is wrong")


def _count(number: int, noun: str, rest: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'} {rest}"
