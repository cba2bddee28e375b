"""Microseconds per decision beside three other engines, on the same rules and sessions, answers compared.

`python -m tests.benchmarks.rules_bench` prints a table and fails when the answers differ or a goal is missed.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import Any

from rules import AccountLimits, MethodLimits
from rules.decide import decide
from rules.engine import CompiledRuleSet
from rules.explain import evaluate
from tests.benchmarks.rules_cases import METHODS, coerced, ruleset, sessions
from tests.benchmarks.rules_peers import with_json_logic, with_rule_engine, with_zen

SIZES = (10, 100, 1_000, 4_000)
SESSIONS = 200
ROUNDS = 3
TIMES_FASTER = 5  # than each peer, from 100 rules up
TIMES_DEARER = 5  # 1,000 rules than 10, at most
PEERS = {"rule-engine": with_rule_engine, "json-logic-qubit": with_json_logic, "zen-engine": with_zen}
ACCOUNTS = {
    name: AccountLimits(name, methods={method: MethodLimits(max_amount={"EUR": 100_000}) for method in METHODS})
    for name in ("north", "south")
}


def microseconds(call: Callable[[Any], object], arguments: Sequence[Any]) -> float:
    """The best round's mean time of one call; the others carry the machine's noise."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = perf_counter()
        for argument in arguments:
            call(argument)
        best = min(best, perf_counter() - start)
    return best / len(arguments) * 1e6


def measure(size: int) -> dict[str, float]:
    """Microseconds by engine for that many rules. AssertionError when any two answers differ."""
    rules = ruleset(size)
    raw = sessions(rules, SESSIONS)
    facts = [coerced(each) for each in raw]
    expected = [evaluate(rules, each).rule_id for each in facts]
    start = perf_counter()
    engine = CompiledRuleSet(rules)
    compiled = perf_counter() - start

    def full(each: Mapping[str, Any]) -> object:
        return decide(1, rules, engine.match(each), each, ACCOUNTS, "cs_bench", METHODS)

    assert [engine.match(each).rule_id for each in facts] == expected
    figures = {"match": microseconds(engine.match, facts), "match + decide": microseconds(full, facts)}
    engine.close()
    for name, build in PEERS.items():
        ask = build(rules)
        assert [ask(each) for each in raw] == expected, f"{name} answers differently at {size} rules"
        figures[name] = microseconds(ask, raw)
    default = sum(rule is None for rule in expected)
    print(f"{size:>5} rules: compiled in {compiled * 1e3:.0f} ms; {default} of {SESSIONS} sessions reach the default")
    return figures


def main() -> int:
    """Print the table; 1 when a goal is missed."""
    results = {size: measure(size) for size in SIZES}
    print(f"\n{'us per decision':<18}" + "".join(f"{size:>9,} rules" for size in SIZES))
    for name in results[SIZES[0]]:
        print(f"{name:<18}" + "".join(f"{results[size][name]:>15.1f}" for size in SIZES))
    for name in PEERS:
        ratios = [results[size][name] / results[size]["match"] for size in SIZES]
        print(f"{'x of match: ' + name[:6]:<18}" + "".join(f"{ratio:>15.1f}" for ratio in ratios))
    growth = results[1_000]["match"] / results[10]["match"]
    print(f"\n1,000 rules cost {growth:.1f} times 10 rules (goal: at most {TIMES_DEARER})")
    least = min(results[size][name] / results[size]["match"] for size in SIZES[1:] for name in PEERS)
    print(f"at least {least:.1f} times faster than every peer from 100 rules up (goal: {TIMES_FASTER})")
    return int(growth > TIMES_DEARER or least < TIMES_FASTER)


if __name__ == "__main__":
    sys.exit(main())
