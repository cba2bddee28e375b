"""Two rule sets asked about the same sessions: for which of them the second one offers something else."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from rules.decide import decide
from rules.decision import Decision, Match
from rules.eligibility import AccountLimits
from rules.engine import CompiledRuleSet
from rules.facts import Facts
from rules.spec import RuleSet

_PAIRS_REMEMBERED = 4_096  # of matches, whether they can differ at all


class Difference(StrEnum):
    """In what two decisions differ for the customer, or for the providers that carry the payment."""

    METHODS = "methods"
    ORDER = "order"
    PROVIDERS = "providers"
    STRONG_AUTHENTICATION = "strong_authentication"
    NOTICES = "notices"


@dataclass(frozen=True)
class Seen:
    """A decision under both rule sets: the rules that decided (None: the default offer), the methods offered in order.

    Without `differences` it is offered the same; the methods are given only where there are some.
    """

    before: str | None
    after: str | None
    differences: tuple[Difference, ...] = ()
    methods_before: tuple[str, ...] = ()
    methods_after: tuple[str, ...] = ()


def differences(before: Decision, after: Decision) -> tuple[Difference, ...]:
    """What differs between two decisions about one session: which methods, their order, the accounts that carry each
    and their order, strong authentication, notices. Which rule decided, and why a method is missing, do not count."""
    old = {item.method: item.accounts for item in before.offered}
    new = {item.method: item.accounts for item in after.offered}
    both = old.keys() & new.keys()
    strong = both & (set(before.strong_authentication) ^ set(after.strong_authentication))
    differs = {
        Difference.METHODS: old.keys() != new.keys(),
        Difference.ORDER: [key for key in old if key in both] != [key for key in new if key in both],
        Difference.PROVIDERS: any(old[key] != new[key] for key in both),
        Difference.STRONG_AUTHENTICATION: bool(strong),
        Difference.NOTICES: [*map(dict, before.notices)] != [*map(dict, after.notices)],
    }
    return tuple(key for key, differ in differs.items() if differ)


class Replayer:
    """Asks both rule sets, compiled, about sessions; `accounts` are the same for both.

    EngineFault when one of them cannot be compiled. Close it when done.
    """

    def __init__(self, before: RuleSet, after: RuleSet) -> None:
        self._before, self._after = before, after
        with ExitStack() as undo:
            self._old = CompiledRuleSet(before)
            undo.callback(self._old.close)
            self._new = CompiledRuleSet(after)
            undo.pop_all()
        self._alike = lru_cache(_PAIRS_REMEMBERED)(self._decide_alike)

    def look(self, session_id: str, facts: Facts, accounts: Mapping[str, AccountLimits]) -> Seen:
        """What both rule sets make of these facts of a session, as `recorded` reads them. EngineClosed once closed."""
        old, new = self._old.match(facts), self._new.match(facts)
        if self._alike(old, new):
            return Seen(old.rule_id, new.rule_id)
        # Why a method is not offered is not compared, so no reasons are asked for.
        no_reasons: Sequence[str] = ()
        before = decide(0, self._before, old, facts, accounts, session_id, no_reasons)
        after = decide(0, self._after, new, facts, accounts, session_id, no_reasons)
        found = differences(before, after)
        if not found:
            return Seen(old.rule_id, new.rule_id)
        offered = (tuple(item.method for item in decision.offered) for decision in (before, after))
        return Seen(old.rule_id, new.rule_id, found, *offered)

    def close(self) -> None:
        """Free the engine's memory."""
        self._old.close()
        self._new.close()

    def _decide_alike(self, old: Match, new: Match) -> bool:
        """Whether two matches lead to the same decision whatever the session: the same offer, adjusted alike."""
        return _outcome(self._before, old) == _outcome(self._after, new)


def _outcome(ruleset: RuleSet, match: Match) -> tuple[object, ...]:
    """All that a decision is made from, besides the session; the arm of an experiment is drawn by the rule's id too."""
    adjusted = [ruleset.adjustments_by_id[key].actions for key in match.adjustment_ids]
    if match.rule_id is None:
        return ruleset.default, adjusted
    rule = ruleset.rules_by_id[match.rule_id]
    drawn = (rule.id, rule.experiment) if rule.experiment else ()
    return rule.offer, adjusted, *drawn
