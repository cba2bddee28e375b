"""The draft of the rules as its page shows it: two lists of cards, what changed, what is odd, how far it has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from admin.draft_progress import Stage, progress
from admin.rule_cards import Card, Slice, cards, slice_of
from admin.tracing import Tracer
from app.models import RuleSetDraft
from app.services import draft_checks, draft_steps, drafts, rule_sets
from app.services.draft_steps import Step
from app.services.rule_checks import CheckedRules
from app.services.transaction import release
from rules import Finding, RuleSet, from_json
from rules.difference import Item, marks, removed


@dataclass(frozen=True)
class DraftPage:
    """All that the page of the draft says; `checked` is None where no check of this revision is at hand."""

    draft: RuleSetDraft
    rules: list[Card]
    adjustments: list[Card]
    default: str
    default_changed: bool
    default_findings: list[Finding]
    removed: list[tuple[str, str]]
    part: Slice
    active: int | None
    step: Step | None
    checked: CheckedRules | None
    stages: list[Stage]


def draft_page(page: str) -> DraftPage:
    """Return the page of the draft; `page` is the part of a long list that the address asks for."""
    draft = drafts.get_draft()
    active = rule_sets.newest_activation()
    number = None if active is None else active.version
    old = RuleSet() if number is None else rule_sets.ruleset_of(number)
    step, tracer = draft_steps.last(), Tracer({})
    release()  # hold nothing while the rules are compared and looked at
    new = from_json(draft.document)
    checked = draft_checks.last_check(draft)
    findings = () if checked is None else checked.findings
    marked = marks(old, new)
    part = slice_of(len(new.rules), page)
    return DraftPage(
        draft=draft,
        rules=cards(new.rules, tracer, part=part, marks=marked, findings=findings),
        adjustments=cards(new.adjustments, tracer, marks=marked, findings=findings),
        default=tracer.sentence(new.default),
        default_changed=new.default != old.default,
        default_findings=[finding for finding in findings if finding.rule_id is None],
        removed=_gone(old.rules, new.rules, tracer) + _gone(old.adjustments, new.adjustments, tracer),
        part=part,
        active=number,
        step=step,
        checked=checked,
        stages=progress(draft, number, checked),
    )


def _gone(old: Sequence[Item], new: Sequence[Item], tracer: Tracer) -> list[tuple[str, str]]:
    return [(item.name, tracer.sentence(item)) for item in removed(old, new)]
