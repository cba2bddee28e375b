"""The active rules with what became of them: how often each decided, what it sold, and which never do."""

from __future__ import annotations

from dataclasses import dataclass

from admin import formats
from admin.rule_cards import Card, Slice, cards, slice_of
from admin.tracing import Tracer
from app.models import RuleSetActivation, RuleSetDraft, RuleSetVersion
from app.services import drafts, rule_figures, rule_sets
from app.services.errors import NoActiveRules
from app.services.rule_figures import Figures


@dataclass(frozen=True)
class Overview:
    """All that the page of the active rules says; `silent` are the ids of rules that never decide."""

    version: RuleSetVersion
    active: RuleSetActivation
    draft: RuleSetDraft
    rules: list[Card]
    adjustments: list[Card]
    default: str
    part: Slice
    figures: Figures
    silent: frozenset[str]
    silent_elsewhere: int  # on other pages of the list


def overview(page: str) -> Overview:
    """Return the page of the active rules. Raises NoActiveRules."""
    draft = drafts.get_draft()
    active = rule_sets.newest_activation()
    if active is None:
        raise NoActiveRules
    number = active.version
    figures = rule_figures.figures(active)
    ruleset, tracer = rule_sets.ruleset_of(number), Tracer({})
    part = slice_of(len(ruleset.rules), page)
    shown = cards(ruleset.rules, tracer, part=part)
    today = formats.today()
    silent = frozenset(rule.id for rule in ruleset.rules if figures.is_silent(rule, today))
    return Overview(
        version=rule_sets.get_version(number),
        active=active,
        draft=draft,
        rules=shown,
        adjustments=cards(ruleset.adjustments, tracer),
        default=tracer.sentence(ruleset.default),
        part=part,
        figures=figures,
        silent=silent,
        silent_elsewhere=len(silent - {card.id for card in shown}),
    )
