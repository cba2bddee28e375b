"""Sample facts that stand on, beside and away from every value a rule set tests."""

import random
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from rules.compiler import conditions
from rules.facts import Facts, FactValue
from rules.spec import Money, RuleSet


def sample_facts(ruleset: RuleSet, count: int) -> Iterator[Facts]:
    """That many facts, the same ones each time: none at all first, then random mixes of the tested values."""
    values, lists = _tested(ruleset)
    chooser = random.Random(0)  # noqa: S311  # repeatable samples, no secret
    yield {}
    for _ in range(count - 1):
        facts: dict[str, FactValue] = {}
        for attribute, options in values.items():
            if chooser.random() < 0.8:
                facts[attribute] = chooser.choice(options)
        for attribute, items in lists.items():
            facts[attribute] = tuple(chooser.sample(items, min(len(items), chooser.randrange(4))))
        yield facts


def _tested(ruleset: RuleSet) -> tuple[dict[str, list[Any]], dict[str, list[str]]]:
    values: dict[str, set[Any]] = defaultdict(set)
    lists: dict[str, set[str]] = defaultdict(set)
    for rule in ruleset.rules:
        values["date"].update(day.isoformat() for day in (rule.valid_from, rule.valid_until) if day is not None)
    trees = [*(rule.when for rule in ruleset.rules), *(adjustment.when for adjustment in ruleset.adjustments)]
    for condition in conditions(trees):
        several = condition.value if isinstance(condition.value, tuple) else (condition.value,)
        if condition.operator.value.startswith("contains"):
            lists[condition.attribute].update(str(value) for value in several)
            continue
        for value in several:
            values[condition.attribute].update(_around(value))
            if isinstance(value, Money):
                values["currency"].add(value.currency)
    return (
        {key: sorted(options, key=repr) for key, options in values.items() if options},
        {key: [*sorted(items), "something else"] for key, items in lists.items()},
    )


def _around(value: Any) -> Iterator[Any]:
    match value:
        case None:
            return
        case bool():
            yield from (True, False)
        case int() | Money():
            number = value.amount if isinstance(value, Money) else value
            yield from (number - 1, number, number + 1)
        case _:
            yield from (value, f"{value}~")
