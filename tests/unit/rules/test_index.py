"""The index never leaves out a rule that matches, and usually leaves out the others."""

from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

from hypothesis import given, settings

from rules import Condition, Group, Operator, RuleSet, index
from rules.compiler import Compiler, dated
from rules.explain import in_force, satisfied
from rules.index import Index
from tests.unit.rules.strategies import cases


def masks(ruleset: RuleSet, sessions: list[Mapping[str, Any]]) -> list[int]:
    compiler = Compiler([dated(rule) for rule in ruleset.rules])
    terms = [compiler.term(dated(rule)) for rule in ruleset.rules]
    built = Index(terms)
    return [
        built.candidates(facts, {name: encode(facts) for name, encode in compiler.columns.items()})
        for facts in sessions
    ]


@settings(max_examples=150, deadline=None)
@given(cases(sessions=8))
def test_every_match_is_a_candidate(case: tuple[RuleSet, list[Mapping[str, Any]]]) -> None:
    ruleset, sessions = case
    for facts, mask in zip(sessions, masks(ruleset, sessions), strict=True):
        for number, rule in enumerate(ruleset.rules):
            if in_force(rule, facts) and satisfied(rule.when, facts):
                assert mask >> number & 1


def exact(*conditions: Condition) -> Index:
    compiler = Compiler([Group(children=(condition,)) for condition in conditions])
    return Index(compiler.term(Group(children=(condition,))) for condition in conditions)


def test_equalities_lists_and_ranges_are_exact() -> None:
    country = [Condition("country", Operator.EQUALS, "IT"), Condition("country", Operator.IN, ("IT", "DE"))]
    built = exact(*country, Condition("tags", Operator.CONTAINS_ANY, ("a", "b")))
    assert built.candidates({"country": "IT", "tags": ("b",)}, {}) == 0b111
    assert built.candidates({"country": "DE", "tags": ("c",)}, {}) == 0b010
    assert built.candidates({}, {}) == 0


def test_a_part_that_would_grow_too_wide_is_left_out() -> None:
    countries = [Condition("locale", Operator.EQUALS, f"w{n}") for n in range(20)]
    with patch.object(index, "MAX_MASKS", 10):
        assert exact(*countries).candidates({"locale": "w3"}, {}) == (1 << 20) - 1
    assert exact(*countries).candidates({"locale": "w3"}, {}) == 1 << 3
