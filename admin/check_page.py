"""What the check says, rule by rule, in the order in which the rules stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from admin.rule_cards import draft_address, edit_address
from app.models import RuleSetDraft
from app.services.rule_checks import CheckedRules
from rules import Finding, FindingKind, Problem, Severity

_OWNER = re.compile(r"(rules|adjustments)\[([0-9]+)\]")
_HEADINGS = {"rules": "rule", "adjustments": "adjustment"}
_MATTERS = [Severity.ERROR, Severity.WARNING, Severity.INFORMATION]


@dataclass(frozen=True)
class Said:
    """One sentence; `tone` is bad, warn or wait, `word` says it for those who cannot see the colour."""

    text: str
    tone: str
    word: str
    icon: str
    path: str = ""


@dataclass
class About:
    """What is said of one rule or adjustment, of the default offer, or (no subject) of all; `address` is its card's."""

    title: str
    subject: str = ""
    id: str = ""
    address: str = ""
    said: list[Said] = field(default_factory=list)

    @property
    def edit_address(self) -> str:
        """Where it is mended."""
        return edit_address(self.subject, self.id)


@dataclass(frozen=True)
class CheckPage:
    """The draft, what keeps it from going live, and else what is odd about it; `partial` says why it may be more."""

    draft: RuleSetDraft
    checked: CheckedRules
    groups: list[About]
    partial: str


_TONES = {
    Severity.ERROR: ("bad", "Cannot work", "cross"),
    Severity.WARNING: ("warn", "Look at this", "warning"),
    Severity.INFORMATION: ("wait", "For your information", "bell"),
}


def check_page(draft: RuleSetDraft, checked: CheckedRules) -> CheckPage:
    """Return the check, grouped by what it is about: the worst first within a group."""
    places = _places(draft.document)
    groups: dict[tuple[str, int], About] = {}
    for problem in checked.problems:
        key = _owner(problem)
        said = Said(problem.message, "bad", "Keeps it from going live", "cross", problem.path)
        groups.setdefault(key, _about(draft.document, key)).said.append(said)
    for finding in sorted(checked.findings, key=lambda finding: _MATTERS.index(finding.severity)):
        if finding.kind is not FindingKind.NOT_ANALYSED:
            key = places.get(finding.rule_id, ("default", 0)) if finding.rule_id else ("default", 0)
            groups.setdefault(key, _about(draft.document, key)).said.append(_said(finding))
    partial = [finding.message for finding in checked.findings if finding.kind is FindingKind.NOT_ANALYSED]
    order = ["", "rules", "adjustments", "default"]
    ordered = [groups[key] for key in sorted(groups, key=lambda key: (order.index(key[0]), key[1]))]
    return CheckPage(draft, checked, ordered, partial[0] if partial else "")


def _said(finding: Finding) -> Said:
    return Said(finding.message, *_TONES[finding.severity])


def _owner(problem: Problem) -> tuple[str, int]:
    """Return the list and the index that a problem's path begins with."""
    found = _OWNER.match(problem.path)
    if found:
        return found[1], int(found[2])
    return ("default" if problem.path.startswith("default") else ""), 0


def _places(document: dict[str, Any]) -> dict[str | None, tuple[str, int]]:
    """Return where each id stands; ids of a valid rule set are unique."""
    return {item["id"]: (name, index) for name in _HEADINGS for index, item in enumerate(document[name])}


def _about(document: dict[str, Any], key: tuple[str, int]) -> About:
    name, index = key
    items: Sequence[dict[str, Any]] = document.get(name, ()) if name in _HEADINGS else ()
    if index < len(items):
        item, subject = items[index], _HEADINGS[name]
        nth = sum(other["id"] == item["id"] for other in items[:index])
        address = draft_address(subject, item["id"], nth, index + 1)
        return About(item["name"] or "(no name)", subject, item["id"], address)
    if name == "default":
        return About("When no rule matches", "default", address=draft_address("default", ""))
    return About("The rules as a whole")
