"""The check of the draft as pages show it: asked for, or made in passing where the draft is small."""

from __future__ import annotations

from app.models import RuleSetDraft
from app.services import drafts, rule_checks
from app.services.recent import Recent
from app.services.rule_checks import CheckedRules

SMALL = 200  # rules
QUICK = 300_000  # steps of an analysis in passing: about half a second
_checks = Recent("draft check", seconds=120, most=4)


def check_now() -> tuple[RuleSetDraft, CheckedRules]:
    """Return the draft and its check, made now and in full: seconds for thousands of rules."""
    draft, checked = drafts.check()
    return draft, _checks.put(draft.revision, checked)


def last_check(draft: RuleSetDraft) -> CheckedRules | None:
    """Return the latest check of this revision, made in passing for a small draft; None when there is none at hand."""
    if len(draft.document["rules"]) > SMALL:
        found: CheckedRules | None = _checks.peek(draft.revision)
        return found
    return _checks.get(draft.revision, lambda: rule_checks.check(draft.document, steps=QUICK))
