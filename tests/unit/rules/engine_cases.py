"""Run in a child process by test_engine: the engine at its bounds.

`python -m tests.unit.rules.engine_cases NAME` runs one function; it fails by an exception, a crash or a hang.
"""

import random
import resource
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from itertools import pairwise

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
from rules.engine import CompiledRuleSet
from rules.explain import evaluate
from rules.facts import MAX_INTEGER
from rules.limits import MAX_CONDITIONS, MAX_DEPTH, MAX_GROUPS, MAX_RULES, MAX_VALUES

ALL, ANY, NONE = GroupKind


def rules_of(trees: Iterable[Group]) -> RuleSet:
    """One rule for each tree."""
    return RuleSet(tuple(Rule(f"rule_{number}", "Rule", tree, Offer()) for number, tree in enumerate(trees)))


def compare(ruleset: RuleSet, sessions: Iterable[Facts]) -> set[Match]:
    """Assert that engine and evaluator agree on each session; the distinct answers."""
    answers = set()
    with closing(CompiledRuleSet(ruleset)) as engine:
        for facts in sessions:
            expected = evaluate(ruleset, facts)
            assert engine.match(facts) == expected, (facts, expected)
            answers.add(expected)
        assert engine.faults == 0
    return answers


def over(attribute: str, bound: int) -> Condition:
    return Condition(attribute, Operator.GREATER_OR_EQUAL, bound)


def ranges() -> None:
    """Three hundred open ranges that all match at once: naively, more than the network's stack holds."""
    trees = [Group(ALL, (over("attempts", n), Condition("hour", Operator.NOT_EQUALS, n))) for n in range(300)]
    answers = compare(rules_of(reversed(trees)), [{"attempts": n, "hour": n} for n in (-1, 0, 1, 59, 60, 64, 65, 299)])
    assert len(answers) == 7  # -1 and 0 meet none


def alternatives() -> None:
    """Rules that each hold one broad `any`, all of whose members match at once."""
    trees = [
        Group(ANY, tuple(over("attempts", n * MAX_CONDITIONS + m) for m in range(MAX_CONDITIONS))) for n in range(20)
    ]
    answers = compare(rules_of(reversed(trees)), [{"attempts": n} for n in (0, 49, 50, 999, 1_000, MAX_INTEGER)])
    assert len(answers) == 3


def wide_lists() -> None:
    """Lists at their bound, in every operator that takes one, over many rules."""
    words = [f"w{n}" for n in range(MAX_VALUES * 3)]
    trees = [
        Group(ALL, (Condition(attribute, operator, tuple(words[start : start + MAX_VALUES])),))
        for start in (0, 150, 400, 800)
        for attribute, operator in (
            ("locale", Operator.IN),
            ("failed_methods", Operator.CONTAINS_ANY),
            ("locale", Operator.NOT_IN),
            ("failed_methods", Operator.CONTAINS_NONE),
        )
    ]
    sessions: list[Facts] = [{}, {"locale": "else"}, {"failed_methods": ()}, {"failed_methods": tuple(words[:50])}]
    sessions += [{"locale": word, "failed_methods": (word, "else")} for word in words[::37]]
    for offset in range(len(trees)):
        compare(rules_of(trees[offset:]), sessions)


def distinct_values() -> None:
    """As many rules as are allowed, each beginning with another value: naively, an endless loop in C."""
    trees = [Group(ALL, (Condition("locale", Operator.EQUALS, f"w{n}"),)) for n in range(MAX_RULES)]
    answers = compare(rules_of(trees), [{"locale": f"w{n}"} for n in (*range(0, MAX_RULES, 97), MAX_RULES - 1, -1)])
    assert Match(f"rule_{MAX_RULES - 1}") in answers
    assert Match(None) in answers


def equal_rules() -> None:
    """As many equal rules as are allowed, and one that differs at the end."""
    equal = Group(ALL, (over("attempts", 5),))
    trees = [equal] * (MAX_RULES - 1) + [Group(ALL, (over("attempts", 4),))]
    assert compare(rules_of(trees), [{"attempts": 5}, {"attempts": 4}]) == {
        Match("rule_0"),
        Match(f"rule_{MAX_RULES - 1}"),
    }


def unknowns() -> None:
    """More negations of missing attributes than one node could hold."""
    trees = [
        Group(ALL, (Condition("country", Operator.IS_UNKNOWN), Condition("hour", Operator.EQUALS, n)))
        for n in range(300)
    ]
    assert len(compare(rules_of(trees), [{"hour": n} for n in (0, 150, 299, 300)])) == 4
    assert compare(rules_of(trees), [{"hour": 1, "country": "IT"}, {}]) == {Match(None)}


def deep_trees() -> None:
    """Trees at the bounds of depth, groups and conditions, in every combination of kinds."""
    kinds = list(GroupKind)
    chooser = random.Random(7)
    trees = []
    for _ in range(150):
        budget = [MAX_GROUPS, MAX_CONDITIONS]
        trees.append(_grow(chooser, kinds, 1, budget))
    sessions: list[Facts] = [{"attempts": chooser.randrange(12), "hour": chooser.randrange(12)} for _ in range(60)]
    compare(rules_of(trees), [{}, *sessions])
    for tree in trees:
        compare(rules_of([tree]), [{}, *sessions[:20]])


def _grow(chooser: random.Random, kinds: list[GroupKind], depth: int, budget: list[int]) -> Group:
    children: list[Condition | Group] = []
    for _ in range(chooser.randint(2, 5)):
        if depth < MAX_DEPTH and budget[0] and chooser.random() < 0.6:
            budget[0] -= 1
            children.append(_grow(chooser, kinds, depth + 1, budget))
        elif budget[1]:
            budget[1] -= 1
            attribute, bound = chooser.choice(("attempts", "hour")), chooser.randrange(12)
            operator = chooser.choice((Operator.EQUALS, Operator.NOT_EQUALS, Operator.LESS_THAN, Operator.BETWEEN))
            value = (bound, bound + 3) if operator is Operator.BETWEEN else bound
            children.append(Condition(attribute, operator, value))
    return Group(chooser.choice(kinds), tuple(children) or (over("attempts", 3),))


def flat_groups() -> None:
    """As many groups beside each other as are allowed, of every kind in every kind."""
    for outer in GroupKind:
        for inner in GroupKind:
            groups = tuple(Group(inner, (over("attempts", n), over("hour", 20 - n))) for n in range(MAX_GROUPS))
            compare(
                rules_of([Group(outer, groups)]), [{"attempts": n, "hour": m} for n in range(14) for m in (0, 9, 21)]
            )


def large_integers() -> None:
    """Integers and amounts at the ends of 64 bits, where a float would blur them."""
    edges = [-MAX_INTEGER, -(2**53) - 1, -1, 0, 1, 2**31, 2**53, 2**53 + 1, MAX_INTEGER - 1, MAX_INTEGER]
    trees = [Group(ALL, (Condition("attempts", Operator.EQUALS, edge),)) for edge in edges]
    trees += [Group(ALL, (Condition("attempts", Operator.BETWEEN, pair),)) for pair in pairwise(edges)]
    trees += [
        Group(ALL, (Condition("amount", Operator.LESS_OR_EQUAL, Money(edge, currency)),))
        for edge in edges
        for currency in ("EUR", "JPY")
    ]
    values = sorted({edge + step for edge in edges for step in (-1, 0, 1)})
    sessions: list[Facts] = [{"attempts": value} for value in values]
    sessions += [{"amount": value, "currency": currency} for value in values for currency in ("EUR", "JPY", "CHF")]
    for offset in range(len(trees)):
        compare(rules_of(trees[offset:]), sessions)


def many_adjustments() -> None:
    """Two hundred adjustments, all of which match, and subsets of them."""
    adjustments = tuple(
        Adjustment(f"adj_{n}", "Adjustment", Group(ALL, (over("attempts", n),)), (HideMethods(("card",)),), n % 7 != 3)
        for n in range(200)
    )
    ruleset = RuleSet(adjustments=adjustments)
    answers = compare(ruleset, [{"attempts": n} for n in (-1, 0, 5, 60, 61, 199, 500)])
    assert max(len(answer.adjustment_ids) for answer in answers) == sum(n % 7 != 3 for n in range(200))


CASES: dict[str, Callable[[], None]] = {
    case.__name__: case
    for case in (
        ranges,
        alternatives,
        wide_lists,
        distinct_values,
        equal_rules,
        unknowns,
        deep_trees,
        flat_groups,
        large_integers,
        many_adjustments,
    )
}


def run_named(cases: Mapping[str, Callable[[], None]]) -> None:
    """Run the case that the command line names; a crash leaves no core file."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    cases[sys.argv[1]]()


if __name__ == "__main__":
    run_named(CASES)
