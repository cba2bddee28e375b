"""A draft is tried as far as it can be: what cannot be asked is left out, the rest decides as it would."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import given, settings

from rules import (
    BUILT_IN_CATALOGUE,
    Adjustment,
    Condition,
    Group,
    HideMethods,
    Match,
    Money,
    Operator,
    Rule,
    RuleSet,
    evaluate,
)
from rules.unfinished import usable
from tests.unit.rules.strategies import CATALOGUE, OFFER, cases


def rule(name: str, *conditions: Condition) -> Rule:
    return Rule(f"rule_{name}", name, Group(children=conditions), OFFER)


FINE = rule("fine", Condition("hour", Operator.GREATER_THAN, 8))
BROKEN = (
    rule("type", Condition("hour", Operator.GREATER_THAN, "late")),
    rule("money", Condition("amount", Operator.LESS_THAN, 5)),
    rule("attribute", Condition("colour", Operator.EQUALS, "red")),
    rule("operator", Condition("country", Operator.BETWEEN, ("IT", "DE"))),
    rule("currency", Condition("amount", Operator.EQUALS, Money(1, "GOLD"))),
    rule("deep", *(Condition("hour", Operator.EQUALS, 1),)),
)
DEEP = Group()
for _ in range(9):
    DEEP = Group(children=(DEEP,))


def test_what_cannot_be_asked_is_left_out() -> None:
    broken = (*BROKEN[:-1], replace(BROKEN[-1], when=DEEP))
    drafted = RuleSet((*broken, FINE, replace(FINE, name="again")), default=OFFER)
    fit = usable(drafted, BUILT_IN_CATALOGUE)
    assert list(fit.left_out.values()) == [*broken, replace(FINE, name="again")]
    assert [item.name for item in fit.ruleset.rules] == [*(item.name for item in broken), "fine", "again"]
    assert [item for item in fit.ruleset.rules if item.enabled] == [FINE]
    assert evaluate(fit.ruleset, {"hour": 9}).rule_id == FINE.id


def test_what_stands_in_keeps_the_place_and_decides_nothing() -> None:
    named_alike = replace(BROKEN[0], id=FINE.id)  # the one that comes first is broken, the second one is used
    hides = Adjustment("left out 1", "Hides", BROKEN[0].when, (HideMethods(("card",)),))
    fit = usable(RuleSet((named_alike, FINE), (hides, replace(hides, when=FINE.when)), OFFER), BUILT_IN_CATALOGUE)
    match = evaluate(fit.ruleset, {"hour": 9})
    assert match == Match(FINE.id, (hides.id,))
    assert fit.ruleset.rules.index(fit.ruleset.rules_by_id[FINE.id]) == 1
    assert [item.id for item in fit.ruleset.adjustments if item.id not in fit.left_out] == [hides.id]
    assert [item.actions for item in fit.ruleset.adjustments] == [(), hides.actions]
    ids = [item.id for item in (*fit.ruleset.rules, *fit.ruleset.adjustments)]
    assert len(set(ids)) == len(ids) == 4


@given(cases(sessions=2))
@settings(max_examples=50, deadline=None)
def test_a_rule_set_that_is_fit_is_used_whole(case: tuple[RuleSet, list[Mapping[str, Any]]]) -> None:
    ruleset, _ = case
    fit = usable(ruleset, CATALOGUE)
    back = [fit.left_out.get(item.id, item) for item in (*fit.ruleset.rules, *fit.ruleset.adjustments)]
    assert back == [*ruleset.rules, *ruleset.adjustments]
    assert fit.ruleset.default == ruleset.default
