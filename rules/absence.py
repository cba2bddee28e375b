"""Why a payment method is missing from a decision: which rule, adjustment or provider keeps it out, and by what."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rules.decision import Decision, Withheld
from rules.explain import ConditionTrace, GroupTrace, in_force, rule_matches, satisfied, trace_group
from rules.facts import Facts
from rules.spec import Adjustment, GroupKind, HideMethods, Offer, Rule, RuleSet

NEAREST = 3  # rules told that match too, and that do not; how many more there are is said
MOST_CONDITIONS = 5  # told of one rule


class AbsenceKind(StrEnum):
    """What keeps a method out; a provider that may not carry it has a code of its own (see rules.eligibility)."""

    HIDDEN = "hidden"  # by an adjustment, whose conditions held
    NOT_IN_OFFER = "not_in_offer"  # of the rule that decided; what follows says where it would have been
    NOT_MATCHED = "rule_not_matched"  # a rule offers it; its conditions failed
    SWITCHED_OFF = "rule_off"
    NOT_IN_FORCE = "rule_not_in_force"
    LATER = "rule_later"  # a rule that matches too offers it, but comes after the one that decided
    MORE_NOT_MATCHED = "more_rules_not_matched"
    MORE_LATER = "more_rules_later"
    OTHER_OFFER = "other_offer"  # of the experiment of the rule that decided
    DEFAULT_OFFER = "default_offer"  # has it, but a rule matched
    NOT_OFFERED = "not_offered"  # by any rule nor the default offer


@dataclass(frozen=True)
class Absence:
    """One reason: `code` is an AbsenceKind or a provider's; `owner` and its `place` from 1 are the rule or adjustment.

    `conditions` are those to blame, the first few, and `more` counts the others, or further rules; `withheld` is the
    reason as the decision has it, of the provider or of the offer that was made.
    """

    code: str
    owner: Rule | Adjustment | None = None
    place: int = 0
    conditions: tuple[ConditionTrace, ...] = ()
    more: int = 0
    withheld: Withheld | None = None


@dataclass(frozen=True)
class MethodAnswer:
    """Whether a method is offered, and every reason against it or against one of its accounts."""

    method: str
    offered: bool
    absences: tuple[Absence, ...]


def answers(ruleset: RuleSet, decision: Decision, facts: Facts, methods: Sequence[str]) -> tuple[MethodAnswer, ...]:
    """Why each of `methods`, and each that the decision names, is offered or not.

    The decision must be of this rule set and these facts. The methods offered come first, in the customer's order.
    """
    offered = [item.method for item in decision.offered]
    named = dict.fromkeys((*offered, *methods, *(item.method for item in decision.withheld)))
    offering = _Offering(ruleset, decision, facts)
    return tuple(MethodAnswer(each, each in offered, tuple(offering.absences(each))) for each in named)


def to_blame(trace: GroupTrace) -> Iterator[ConditionTrace]:
    """The conditions that make a tree hold or fail: were each of them the other way, so would the tree be."""
    wanted = {GroupKind.ALL: False, GroupKind.ANY: True, GroupKind.NONE: True}[trace.kind]
    deciding = [child for child in trace.children if child.result is wanted] or trace.children
    for child in deciding:
        if isinstance(child, GroupTrace):
            yield from to_blame(child)
        else:
            yield child


class _Offering:
    """Which rules offer what, around the one that decided."""

    def __init__(self, ruleset: RuleSet, decision: Decision, facts: Facts) -> None:
        self._ruleset, self._decision, self._facts = ruleset, decision, facts
        ids = [rule.id for rule in ruleset.rules]
        self._position = ids.index(decision.rule_id) if decision.rule_id in ids else len(ids)
        self._applied = {key for key, _ in decision.adjustments}
        self._matching: dict[int, bool] = {}
        self._rules: dict[str, list[int]] = {}  # where the rules are that offer a method, in either arm
        for index, rule in enumerate(ruleset.rules):
            for method in _methods_of(rule):
                self._rules.setdefault(method, []).append(index)

    def absences(self, method: str) -> Iterator[Absence]:
        """Every reason against one method, in the order in which the decision was made."""
        withheld = [item for item in self._decision.withheld if item.method == method]
        for item in withheld:
            if item.code == AbsenceKind.HIDDEN:
                yield from self._hidden(method)
                continue
            yield Absence(item.code, withheld=item)
            if item.code == AbsenceKind.NOT_IN_OFFER:
                yield from self._elsewhere(method)

    def _elsewhere(self, method: str) -> Iterator[Absence]:
        places = self._rules.get(method, [])
        later = [index for index in places if index > self._position and self._matches(index)]
        others = [index for index in places if index != self._position and index not in set(later)]
        nearest = sorted(sorted(others, key=lambda index: abs(index - self._position))[:NEAREST])
        default = self._position < len(self._ruleset.rules) and _names(self._ruleset.default, method)
        if self._position in places:
            yield Absence(AbsenceKind.OTHER_OFFER, self._ruleset.rules[self._position], self._position + 1)
        for index in later[:NEAREST]:
            yield Absence(AbsenceKind.LATER, self._ruleset.rules[index], index + 1)
        if len(later) > NEAREST:
            yield Absence(AbsenceKind.MORE_LATER, more=len(later) - NEAREST)
        yield from map(self._not_matched, nearest)
        if len(others) > NEAREST:
            yield Absence(AbsenceKind.MORE_NOT_MATCHED, more=len(others) - NEAREST)
        if default:
            yield Absence(AbsenceKind.DEFAULT_OFFER)
        elif not places:
            yield Absence(AbsenceKind.NOT_OFFERED)

    def _matches(self, index: int) -> bool:
        """Whether a rule matches; one that offers several methods is asked once."""
        if index not in self._matching:
            self._matching[index] = rule_matches(self._ruleset.rules[index], self._facts)
        return self._matching[index]

    def _not_matched(self, index: int) -> Absence:
        """Why a rule does not match: that it is off or not valid, and which conditions fail besides."""
        rule = self._ruleset.rules[index]
        kind = AbsenceKind.NOT_MATCHED
        if not rule.enabled:
            kind = AbsenceKind.SWITCHED_OFF
        elif not in_force(rule, self._facts):
            kind = AbsenceKind.NOT_IN_FORCE
        if kind is not AbsenceKind.NOT_MATCHED and satisfied(rule.when, self._facts):
            return Absence(kind, rule, index + 1)
        return self._blamed(kind, rule, index + 1)

    def _hidden(self, method: str) -> Iterator[Absence]:
        for place, adjustment in enumerate(self._ruleset.adjustments, 1):
            hides = (action for action in adjustment.actions if isinstance(action, HideMethods))
            if adjustment.id in self._applied and any(method in action.methods for action in hides):
                yield self._blamed(AbsenceKind.HIDDEN, adjustment, place)

    def _blamed(self, kind: AbsenceKind, owner: Rule | Adjustment, place: int) -> Absence:
        conditions = tuple(to_blame(trace_group(owner.when, self._facts)))
        shown = conditions[:MOST_CONDITIONS]
        return Absence(kind, owner, place, shown, len(conditions) - len(shown))


def _methods_of(rule: Rule) -> set[str]:
    offers = (rule.offer, rule.experiment.offer) if rule.experiment else (rule.offer,)
    return {item.method for offer in offers for item in offer.methods}


def _names(offer: Offer, method: str) -> bool:
    return any(item.method == method for item in offer.methods)
