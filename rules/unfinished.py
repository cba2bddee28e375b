"""What of a rule set that is still being written can be asked for a decision."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from rules.attributes import Catalogue
from rules.logic import is_sound
from rules.spec import Adjustment, Group, Offer, Rule, RuleSet


@dataclass(frozen=True)
class Usable:
    """A rule set that can be asked, and what is left out of it, by the id of what stands in its place."""

    ruleset: RuleSet
    left_out: Mapping[str, Rule | Adjustment]


def usable(ruleset: RuleSet, catalogue: Catalogue) -> Usable:
    """Leave out what has a fault in its conditions, or an id that is taken: everything else decides as it would.

    In its place stands one of its name that is switched off, without conditions, offer or actions, so that every
    other rule and adjustment keeps its place in the list. Its id is of no rule and no adjustment.
    """
    ids = {rule.id for rule in ruleset.rules} | {adjustment.id for adjustment in ruleset.adjustments}
    taken: set[str] = set()
    left_out: dict[str, Rule | Adjustment] = {}

    def place(item: Rule | Adjustment) -> str | None:
        """Return the id of what stands in for an item, None for one that fits."""
        if item.id not in taken and is_sound(item.when, catalogue):
            taken.add(item.id)
            return None
        key = f"left out {len(left_out) + 1}"
        while key in ids:
            key += "+"
        left_out[key] = item
        return key

    rules = tuple(
        rule
        if (key := place(rule)) is None
        else replace(rule, id=key, enabled=False, when=Group(), offer=Offer(), experiment=None)
        for rule in ruleset.rules
    )
    adjustments = tuple(
        adjustment
        if (key := place(adjustment)) is None
        else replace(adjustment, id=key, enabled=False, when=Group(), actions=())
        for adjustment in ruleset.adjustments
    )
    return Usable(RuleSet(rules, adjustments, ruleset.default), left_out)
