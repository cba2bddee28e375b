"""A draft is tried as far as it can be: what cannot be asked is left out, the rest decides as it would."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import given, settings

from rules import BUILT_IN_CATALOGUE, Condition, Group, Money, Operator, Rule, RuleSet, evaluate
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
    assert fit.ruleset == RuleSet((FINE,), default=OFFER)
    assert [item.name for item in fit.left_out] == [*(item.name for item in broken), "again"]
    assert evaluate(fit.ruleset, {"hour": 9}).rule_id == FINE.id


@given(cases(sessions=2))
@settings(max_examples=50, deadline=None)
def test_a_rule_set_that_is_fit_is_used_whole(case: tuple[RuleSet, list[Mapping[str, Any]]]) -> None:
    ruleset, _ = case
    fit = usable(ruleset, CATALOGUE)
    for item in fit.left_out:
        assert item in (*ruleset.rules, *ruleset.adjustments)
    kept = (*fit.ruleset.rules, *fit.ruleset.adjustments)
    assert len(kept) + len(fit.left_out) == len(ruleset.rules) + len(ruleset.adjustments)
    assert fit.ruleset.default == ruleset.default
