"""The analysis says exactly what a walk over every session says: no false alarm, nothing missed."""

from dataclasses import replace
from random import Random

import pytest

from rules import AccountLimits, Group, GroupKind, MethodLimits, Rule, RuleSet
from rules.analysis import analyse
from tests.unit.rules.analysis_cases import (
    ACCOUNTS,
    CATALOGUE,
    METHODS,
    carried,
    random_condition,
    random_group,
    random_ruleset,
    sessions,
    walk,
)

SETS = 2_000
PARTS = 8


def found(ruleset: RuleSet, kind: str, accounts: dict[str, AccountLimits] = ACCOUNTS) -> set[str | None]:
    """The rules that the analysis reports under a kind."""
    return {finding.rule_id for finding in analyse(ruleset, CATALOGUE, accounts, METHODS) if finding.kind == kind}


@pytest.mark.parametrize("part", range(PARTS))
def test_never_matching_and_shadowed_rules_are_exactly_those_of_the_walk(part: int) -> None:
    seen = {"never_matches": 0, "shadowed": 0}
    for seed in range(part, SETS, PARTS):
        ruleset, used = random_ruleset(Random(seed))
        never, shadowed = walk(ruleset, sessions(used))
        assert found(ruleset, "never_matches") == never, f"set {seed}"
        assert found(ruleset, "shadowed") == shadowed, f"set {seed}"
        seen["never_matches"] += len(never)
        seen["shadowed"] += len(shadowed)
    assert min(seen.values()) > 20, "the sets are too easy"


def test_the_rules_that_a_shadow_names_do_cover_and_each_is_needed() -> None:
    several = 0
    for seed in range(400):
        ruleset, used = random_ruleset(Random(seed))
        facts = sessions(used)
        for finding in analyse(ruleset, CATALOGUE, ACCOUNTS, METHODS):
            if finding.kind != "shadowed":
                continue
            others, last = finding.other_rule_ids, ruleset.rules_by_id[str(finding.rule_id)]
            several += len(others) > 1
            for left_out in (None, *others):
                kept = tuple(ruleset.rules_by_id[key] for key in others if key != left_out)
                covered = last.id in walk(RuleSet((*kept, last)), facts)[1]
                assert covered is (left_out is None), f"set {seed}, without {left_out}"
            for other in others:
                assert f"“{ruleset.rules_by_id[other].name}”" in finding.message
    assert several > 5


@pytest.mark.parametrize("seed", range(100))
def test_planted_faults_are_found(seed: int) -> None:
    random = Random(f"planted {seed}")
    ruleset, used = random_ruleset(random)
    keys = sorted(used)
    first = replace(random.choice(ruleset.rules), id="first", enabled=True)
    if walk(RuleSet((first,)), sessions(used))[0]:
        first = replace(first, when=Group(), valid_from=None, valid_until=None)
    copy = replace(first, id="copy")
    narrowed = replace(first, id="narrowed", when=Group(GroupKind.ALL, (first.when, random_condition(random, keys))))
    contradiction = random_group(random, keys)
    opposite = Group(GroupKind.NONE, (contradiction,))
    never = replace(first, id="never", when=Group(GroupKind.ALL, (contradiction, opposite)))
    split = random_condition(random, keys)
    halves = [
        Rule("yes", "Yes", Group(GroupKind.ALL, (first.when, split)), first.offer),
        Rule("no", "No", Group(GroupKind.ALL, (first.when, Group(GroupKind.NONE, (split,)))), first.offer),
    ]
    assert "copy" in found(RuleSet((first, *ruleset.rules, copy)), "shadowed")
    both = RuleSet((first, narrowed))
    assert "narrowed" in found(both, "shadowed") | found(both, "never_matches")
    assert "never" in found(RuleSet((*ruleset.rules, never)), "never_matches")
    assert "first" in found(RuleSet((*halves, first)), "shadowed")


@pytest.mark.parametrize("part", range(4))
def test_offers_of_nothing_are_exactly_those_of_the_walk(part: int) -> None:
    seen = 0
    for seed in range(part, 120, 4):
        random = Random(f"offers {seed}")
        ruleset, used = random_ruleset(random, ["amount", "currency", "country", "flow"], dated=False)
        limits = MethodLimits(
            currencies=random.choice([None, frozenset({"EUR"}), frozenset({"EUR", "XXX"})]),
            countries=random.choice([None, frozenset({"IT", "DE"}), frozenset({"IT", "??"})]),
            flows=random.choice([None, frozenset({"direct"})]),
            min_amount=random.choice([None, {"EUR": 11}]),
            max_amount=random.choice([None, {"EUR": 10}, {"CHF": 9}]),
        )
        accounts = {
            "north": AccountLimits("north", methods={"card": limits, "klarna": limits}, in_outage=seed % 2 == 0),
            "south": AccountLimits("south", enabled=random.random() < 0.3, methods={"card": MethodLimits()}),
        }
        if seed % 3 == 0:
            accounts["north"] = replace(accounts["north"], methods_off=frozenset({random.choice(("card", "klarna"))}))
        facts = sessions(used | {"amount", "currency", "country", "flow"})
        never, _ = walk(ruleset, facts)
        running = {key: replace(account, in_outage=False) for key, account in accounts.items()}
        empty = {
            rule.id
            for rule in ruleset.rules
            if rule.enabled and rule.id not in never and not carried(rule, facts, running)
        }
        assert found(ruleset, "offers_nothing", accounts) - {None} == empty, f"set {seed}"
        seen += len(empty)
    assert seen > 5


def test_it_stops_after_its_steps_and_raises_no_false_alarm_then() -> None:
    for seed in range(300):
        ruleset, used = random_ruleset(Random(seed))
        never, shadowed = walk(ruleset, sessions(used))
        for steps in (0, 1, 5, 20, 60):
            findings = analyse(ruleset, CATALOGUE, ACCOUNTS, METHODS, steps_each=steps, steps_in_all=4 * steps)
            assert {one.rule_id for one in findings if one.kind == "never_matches"} <= never
            assert {one.rule_id for one in findings if one.kind == "shadowed"} <= shadowed
