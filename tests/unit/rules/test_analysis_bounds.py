"""The analysis is bounded by steps, so that no rule set can keep it busy for long."""

from dataclasses import replace
from typing import Any

import pytest

from rules import BUILT_IN_CATALOGUE, Condition, Group, GroupKind, Operator, Rule, RuleSet, analyse
from rules.analysis import NOT_EVERYTHING
from rules.search import STEPS_EACH, STEPS_IN_ALL, Search
from tests.benchmarks.rules_cases import ruleset as large_ruleset
from tests.unit.rules.analysis_cases import ACCOUNTS, METHODS, OFFERS


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[Search]:
    """Every search that the test begins."""
    begun: list[Search] = []
    start = Search.__init__

    def noted(self: Search, *arguments: Any) -> None:
        start(self, *arguments)
        begun.append(self)

    monkeypatch.setattr(Search, "__init__", noted)
    return begun


def test_a_thousand_rules_are_analysed_within_the_steps(searches: list[Search]) -> None:
    ruleset = large_ruleset(1_000)
    copies = tuple(replace(each, id=f"copy_{each.id}", name=f"Copy of {each.name}") for each in ruleset.rules[:10])
    found = analyse(replace(ruleset, rules=(*ruleset.rules, *copies)), BUILT_IN_CATALOGUE, {}, {})
    assert {finding.rule_id for finding in found if finding.kind == "shadowed"} >= {each.id for each in copies}
    [search] = searches
    assert 0 < search.left < STEPS_IN_ALL, "it gave up"


def test_rules_made_to_be_hard_are_given_up_within_the_steps(searches: list[Search]) -> None:
    """No account of the pigeons in their holes can be told apart from a contradiction without trying nearly all."""
    pigeons, holes = range(9), range(8)
    homes = [
        Condition("failed_methods", Operator.CONTAINS_ANY, (f"{pigeon} in {hole}",))
        for pigeon in pigeons
        for hole in holes
    ]
    anywhere = [Group(GroupKind.ANY, tuple(homes[8 * pigeon : 8 * pigeon + 8])) for pigeon in pigeons]
    housed = Group(children=tuple(anywhere))
    pairs = {
        f"crowded_{hole}_{one}_{other}": Group(children=(homes[8 * one + hole], homes[8 * other + hole]))
        for hole in holes
        for one in pigeons
        for other in range(one)
    }
    crowded = [Rule(key, "Crowded", pair, OFFERS[0]) for key, pair in pairs.items()]
    ruleset = RuleSet((*crowded, Rule("housed", "Housed", housed, OFFERS[0])), (), OFFERS[0])
    found = analyse(ruleset, BUILT_IN_CATALOGUE, ACCOUNTS, METHODS)
    assert found == (NOT_EVERYTHING,), "the last rule is shadowed, but that takes too many steps to see"
    [search] = searches
    assert 0 < search.left < STEPS_IN_ALL - STEPS_EACH, "each question has steps of its own"
    assert search.satisfiable(()) is True
