"""The plain evaluator: what a rule set means, condition by condition; the engine is held to it by property tests."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from rules.attributes import Operator
from rules.decision import Match
from rules.facts import Facts, FactValue
from rules.json_form import value_to_json
from rules.spec import Adjustment, Condition, ConditionValue, Group, GroupKind, Money, Rule, RuleSet

_NEGATIONS = {
    Operator.NOT_EQUALS: Operator.EQUALS,
    Operator.NOT_IN: Operator.IN,
    Operator.CONTAINS_NONE: Operator.CONTAINS_ANY,
    Operator.IS_UNKNOWN: Operator.IS_KNOWN,
}


def positive(operator: Operator) -> tuple[Operator, bool]:
    """The positive test behind an operator, and whether the operator is its exact negation."""
    return (_NEGATIONS[operator], True) if operator in _NEGATIONS else (operator, False)


def holds(condition: Condition, facts: Facts) -> bool:
    """Whether one condition holds: a positive test on a missing attribute is false, a negation its exact opposite."""
    operator, negated = positive(condition.operator)
    actual = facts.get(condition.attribute)
    return negated != (actual is not None and _test(operator, actual, condition.value, facts.get("currency")))


def _test(operator: Operator, actual: FactValue, expected: ConditionValue, currency: FactValue | None) -> bool:
    if operator is Operator.IS_KNOWN:
        return True
    several = expected if isinstance(expected, tuple) else (expected,)
    if operator is Operator.IN:
        return actual in several
    if operator is Operator.CONTAINS_ANY:
        return isinstance(actual, tuple) and any(item in several for item in actual)
    if any(isinstance(bound, Money) and bound.currency != currency for bound in several):
        return False  # amounts are compared only within their own currency
    bounds: list[Any] = [bound.amount if isinstance(bound, Money) else bound for bound in several]
    return _compare(operator, actual, bounds)


def _compare(operator: Operator, actual: Any, bounds: list[Any]) -> bool:
    match operator:
        case Operator.EQUALS:
            return bool(actual == bounds[0])
        case Operator.GREATER_THAN:
            return bool(actual > bounds[0])
        case Operator.GREATER_OR_EQUAL:
            return bool(actual >= bounds[0])
        case Operator.LESS_THAN:
            return bool(actual < bounds[0])
        case Operator.LESS_OR_EQUAL:
            return bool(actual <= bounds[0])
        case _:
            return bool(bounds[0] <= actual <= bounds[1])


def satisfied(group: Group, facts: Facts) -> bool:
    """Whether a condition tree holds; an empty all or none is true, an empty any is false."""
    results = (satisfied(child, facts) if isinstance(child, Group) else holds(child, facts) for child in group.children)
    return _combine(group.kind, results)


def _combine(kind: GroupKind, results: Iterator[bool]) -> bool:
    if kind is GroupKind.ALL:
        return all(results)
    return any(results) is (kind is GroupKind.ANY)


def in_force(rule: Rule, facts: Facts) -> bool:
    """Whether the fact "date" lies within the rule's validity; a rule with dates needs that fact."""
    if rule.valid_from is None and rule.valid_until is None:
        return True
    today = facts.get("date")
    first, last = rule.valid_from or date.min, rule.valid_until or date.max
    return isinstance(today, str) and first.isoformat() <= today <= last.isoformat()


def rule_matches(rule: Rule, facts: Facts) -> bool:
    """Whether an enabled rule is in force and its conditions hold."""
    return rule.enabled and in_force(rule, facts) and satisfied(rule.when, facts)


def adjustment_matches(adjustment: Adjustment, facts: Facts) -> bool:
    """Whether an enabled adjustment's conditions hold."""
    return adjustment.enabled and satisfied(adjustment.when, facts)


def evaluate(ruleset: RuleSet, facts: Facts) -> Match:
    """The first rule that matches and every adjustment that matches."""
    return Match(
        next((rule.id for rule in ruleset.rules if rule_matches(rule, facts)), None),
        tuple(adjustment.id for adjustment in ruleset.adjustments if adjustment_matches(adjustment, facts)),
    )


@dataclass(frozen=True)
class ConditionTrace:
    """One condition, what the session had (None: missing) and whether it held."""

    condition: Condition
    actual: FactValue | None
    result: bool

    def to_json(self) -> dict[str, Any]:
        """Plain data: attribute, operator, expected, actual, result."""
        return {
            "attribute": self.condition.attribute,
            "operator": self.condition.operator.value,
            "expected": value_to_json(self.condition.value),
            "actual": list(self.actual) if isinstance(self.actual, tuple) else self.actual,
            "result": self.result,
        }


@dataclass(frozen=True)
class GroupTrace:
    """One group of the tree, every child traced whatever the others said."""

    kind: GroupKind
    result: bool
    children: tuple["ConditionTrace | GroupTrace", ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data: the kind over its children, and the result."""
        return {self.kind.value: [child.to_json() for child in self.children], "result": self.result}


@dataclass(frozen=True)
class RuleTrace:
    """A rule or an adjustment: whether it matched, and why."""

    id: str
    name: str
    enabled: bool
    in_force: bool
    matched: bool
    when: GroupTrace

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "id": self.id,
            "name": self.name,
            "enabled": self.enabled,
            "in_force": self.in_force,
            "matched": self.matched,
            "when": self.when.to_json(),
        }


@dataclass(frozen=True)
class Explanation:
    """The match, and the trace of every rule and adjustment in order."""

    match: Match
    rules: tuple[RuleTrace, ...]
    adjustments: tuple[RuleTrace, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data: the rule that decided (None: the default offer), and every trace."""
        return {
            "rule_id": self.match.rule_id,
            "adjustment_ids": list(self.match.adjustment_ids),
            "rules": [trace.to_json() for trace in self.rules],
            "adjustments": [trace.to_json() for trace in self.adjustments],
        }


def explain(ruleset: RuleSet, facts: Facts) -> Explanation:
    """Every condition of every rule and adjustment traced against the facts."""
    rules = tuple(_rule_trace(rule, facts, in_force(rule, facts)) for rule in ruleset.rules)
    adjustments = tuple(_rule_trace(adjustment, facts, True) for adjustment in ruleset.adjustments)
    first = next((trace.id for trace in rules if trace.matched), None)
    return Explanation(Match(first, tuple(trace.id for trace in adjustments if trace.matched)), rules, adjustments)


def _rule_trace(rule: Rule | Adjustment, facts: Facts, valid: bool) -> RuleTrace:
    tree = trace_group(rule.when, facts)
    return RuleTrace(rule.id, rule.name, rule.enabled, valid, rule.enabled and valid and tree.result, tree)


def trace_group(group: Group, facts: Facts) -> GroupTrace:
    """A condition tree traced against the facts."""
    children = tuple(
        trace_group(child, facts)
        if isinstance(child, Group)
        else ConditionTrace(child, facts.get(child.attribute), holds(child, facts))
        for child in group.children
    )
    return GroupTrace(group.kind, _combine(group.kind, (child.result for child in children)), children)
