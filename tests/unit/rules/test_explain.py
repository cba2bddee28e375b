"""What conditions mean: two-valued logic, exact negations, own currency only, and a trace of every condition."""

from datetime import date

import pytest
from hypothesis import given, settings

from rules import (
    Adjustment,
    Condition,
    Facts,
    Group,
    GroupKind,
    HideMethods,
    Match,
    Money,
    Offer,
    Operator,
    Rule,
    RuleSet,
)
from rules.explain import evaluate, explain, holds, satisfied
from rules.spec import ConditionValue
from tests.unit.rules.strategies import conditions, facts

ALL, ANY, NONE = GroupKind
HOUR = Condition("hour", Operator.EQUALS, 9)
LATE = Condition("hour", Operator.GREATER_THAN, 20)


@pytest.mark.parametrize(
    ("operator", "value", "true_for", "false_for"),
    [
        (Operator.EQUALS, 5, [5], [4, 6]),
        (Operator.GREATER_THAN, 5, [6], [5, 4]),
        (Operator.GREATER_OR_EQUAL, 5, [5, 6], [4]),
        (Operator.LESS_THAN, 5, [4], [5, 6]),
        (Operator.LESS_OR_EQUAL, 5, [4, 5], [6]),
        (Operator.BETWEEN, (5, 7), [5, 6, 7], [4, 8]),
        (Operator.IN, (5, 7), [5, 7], [6]),
        (Operator.IS_KNOWN, None, [0, 5], []),
    ],
)
def test_positive_tests(operator: Operator, value: ConditionValue, true_for: list[int], false_for: list[int]) -> None:
    condition = Condition("attempts", operator, value)
    assert all(holds(condition, {"attempts": actual}) for actual in true_for)
    assert not any(holds(condition, {"attempts": actual}) for actual in false_for)
    assert not holds(condition, {})  # a positive test on a missing attribute is false


@pytest.mark.parametrize(
    ("positive", "negative"),
    [
        (Operator.EQUALS, Operator.NOT_EQUALS),
        (Operator.IN, Operator.NOT_IN),
        (Operator.CONTAINS_ANY, Operator.CONTAINS_NONE),
        (Operator.IS_KNOWN, Operator.IS_UNKNOWN),
    ],
)
def test_negations_are_exact(positive: Operator, negative: Operator) -> None:
    samples: list[tuple[str, ConditionValue, list[Facts]]] = [
        ("country", "IT", [{}, {"country": "IT"}, {"country": "DE"}]),
        ("country", ("IT", "DE"), [{}, {"country": "IT"}, {"country": "FR"}]),
        ("failed_methods", ("card",), [{}, {"failed_methods": ()}, {"failed_methods": ("card", "paypal")}]),
        (
            "amount",
            Money(5, "EUR"),
            [{"amount": 5}, {"amount": 5, "currency": "EUR"}, {"amount": 5, "currency": "CHF"}],
        ),
    ]
    for attribute, value, many in samples:
        for each in many:
            asserted = holds(Condition(attribute, positive, value), each)
            assert holds(Condition(attribute, negative, value), each) is not asserted


def test_lists() -> None:
    wanted = Condition("failed_methods", Operator.CONTAINS_ANY, ("card", "paypal"))
    assert holds(wanted, {"failed_methods": ("invoice", "paypal")})
    assert not holds(wanted, {"failed_methods": ("invoice",)})
    assert not holds(wanted, {"failed_methods": ()})
    assert holds(Condition("failed_methods", Operator.IS_KNOWN), {"failed_methods": ()})


def test_amounts_count_only_in_their_own_currency() -> None:
    over = Condition("amount", Operator.GREATER_THAN, Money(500, "EUR"))
    under = Condition("amount", Operator.LESS_OR_EQUAL, Money(500, "EUR"))
    span = Condition("amount", Operator.BETWEEN, (Money(1, "EUR"), Money(9_999, "EUR")))
    assert holds(over, {"amount": 501, "currency": "EUR"})
    for elsewhere in ({"amount": 501, "currency": "JPY"}, {"amount": 501}, {"currency": "EUR"}):
        assert not holds(over, elsewhere)
        assert not holds(under, elsewhere)
        assert not holds(span, elsewhere)
        assert holds(Condition("amount", Operator.NOT_EQUALS, Money(501, "EUR")), elsewhere)
        assert satisfied(Group(NONE, (over, under)), elsewhere)


@settings(max_examples=200, deadline=None)
@given(conditions(), facts())
def test_none_is_the_negation_of_any(condition: Condition, session: Facts) -> None:
    assert satisfied(Group(NONE, (condition,)), session) is not satisfied(Group(ANY, (condition,)), session)
    assert satisfied(Group(ALL, (condition,)), session) is holds(condition, session)


def test_empty_groups() -> None:
    assert satisfied(Group(ALL), {})
    assert satisfied(Group(NONE), {})
    assert not satisfied(Group(ANY), {})


def rule(number: int, when: Group, **changes: object) -> Rule:
    return Rule(f"rule_{number}", f"Rule {number}", when, Offer(), **changes)  # type: ignore[arg-type]  # any field


def test_the_first_rule_and_every_adjustment() -> None:
    hide = (HideMethods(("card",)),)
    ruleset = RuleSet(
        (rule(1, Group(ALL, (LATE,))), rule(2, Group(), enabled=False), rule(3, Group()), rule(4, Group())),
        (
            Adjustment("adj_1", "One", Group(), hide),
            Adjustment("adj_2", "Two", Group(ALL, (LATE,)), hide),
            Adjustment("adj_3", "Three", Group(), hide, enabled=False),
            Adjustment("adj_4", "Four", Group(), hide),
        ),
    )
    assert evaluate(ruleset, {"hour": 9}) == Match("rule_3", ("adj_1", "adj_4"))
    assert evaluate(ruleset, {"hour": 23}) == Match("rule_1", ("adj_1", "adj_2", "adj_4"))
    assert evaluate(RuleSet(), {}) == Match(None)


def test_validity_includes_both_days_and_needs_the_date() -> None:
    dated = RuleSet((rule(1, Group(), valid_from=date(2026, 1, 2), valid_until=date(2026, 1, 4)),))
    matched = {day: evaluate(dated, {"date": f"2026-01-0{day}"}).rule_id is not None for day in range(1, 6)}
    assert matched == {1: False, 2: True, 3: True, 4: True, 5: False}
    assert evaluate(dated, {}).rule_id is None
    assert evaluate(RuleSet((rule(1, Group(), valid_from=date(2026, 1, 2)),)), {"date": "9999-12-31"}).rule_id
    assert evaluate(RuleSet((rule(1, Group(), valid_until=date(2026, 1, 2)),)), {"date": "2025-01-01"}).rule_id


def test_the_trace_shows_every_condition_with_what_was_there() -> None:
    tree = Group(ALL, (HOUR, Group(ANY, (LATE, Condition("country", Operator.IN, ("IT", "DE"))))))
    explanation = explain(RuleSet((rule(1, tree), rule(2, Group()))), {"hour": 9, "country": "FR"})
    assert explanation.match == Match("rule_2")
    assert [trace.matched for trace in explanation.rules] == [False, True]
    assert explanation.rules[0].when.to_json() == {
        "all": [
            {"attribute": "hour", "operator": "equals", "expected": 9, "actual": 9, "result": True},
            {
                "any": [
                    {"attribute": "hour", "operator": "greater_than", "expected": 20, "actual": 9, "result": False},
                    {
                        "attribute": "country",
                        "operator": "in",
                        "expected": ["IT", "DE"],
                        "actual": "FR",
                        "result": False,
                    },
                ],
                "result": False,
            },
        ],
        "result": False,
    }


def test_the_trace_says_disabled_and_out_of_force() -> None:
    ruleset = RuleSet((rule(1, Group(), enabled=False), rule(2, Group(), valid_from=date(2026, 1, 1))))
    first, second = explain(ruleset, {"date": "2025-12-31"}).to_json()["rules"]
    assert (first["enabled"], first["matched"], first["when"]["result"]) == (False, False, True)
    assert (second["in_force"], second["matched"]) == (False, False)
