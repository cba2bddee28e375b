"""What of a rule set that is still being written can be asked for a decision."""

from dataclasses import dataclass

from rules.attributes import Catalogue
from rules.logic import is_sound
from rules.spec import Adjustment, Rule, RuleSet


@dataclass(frozen=True)
class Usable:
    """The rules and adjustments whose conditions can be tested, and those that are left out, in order."""

    ruleset: RuleSet
    left_out: tuple[Rule | Adjustment, ...]


def usable(ruleset: RuleSet, catalogue: Catalogue) -> Usable:
    """Leave out what has a fault in its conditions, or an id that is taken: everything else decides as it would."""
    taken: set[str] = set()
    left_out: list[Rule | Adjustment] = []

    def fits(item: Rule | Adjustment) -> bool:
        if item.id in taken or not is_sound(item.when, catalogue):
            left_out.append(item)
            return False
        taken.add(item.id)
        return True

    rules = tuple(rule for rule in ruleset.rules if fits(rule))
    adjustments = tuple(adjustment for adjustment in ruleset.adjustments if fits(adjustment))
    return Usable(RuleSet(rules, adjustments, ruleset.default), tuple(left_out))
