"""A trial says in a sentence what went wrong, and always ends."""

import sys
import time

import pytest

from rules import (
    Adjustment,
    Condition,
    Group,
    GroupKind,
    HideMethods,
    Offer,
    Operator,
    Rule,
    RuleSet,
    seed_json,
    to_json,
)
from rules.trial import TrialFailed, try_out


def child(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def reason(*command: str, timeout: float = 20.0) -> str:
    with pytest.raises(TrialFailed) as caught:
        try_out(seed_json(), timeout, command)
    return caught.value.reason


def test_the_seed_passes() -> None:
    try_out(seed_json(), timeout=60)


def test_a_crash() -> None:
    crashed = reason(*child("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"))
    assert crashed == "The engine crashed while trying these rules (SIGSEGV)."


def test_a_hang_is_killed() -> None:
    start = time.monotonic()
    assert reason(*child("while True: pass"), timeout=1.5) == (
        "The engine did not finish trying these rules within 1.5 seconds."
    )
    assert time.monotonic() - start < 15


def test_a_difference_is_told_in_the_childs_words() -> None:
    assert reason(*child("print('The engine chose this.'); raise SystemExit(3)")) == "The engine chose this."


def test_an_unexpected_end() -> None:
    assert reason(*child("raise SystemExit(9)")) == "The trial of these rules ended unexpectedly (status 9)."


def test_what_the_engine_cannot_hold_is_refused_by_the_real_child() -> None:
    late = Condition("hour", Operator.GREATER_THAN, 20)
    early = Condition("hour", Operator.LESS_THAN, 6)
    pairs = tuple(
        Group(GroupKind.ANY, (late, Condition("attempts", Operator.EQUALS, number), early)) for number in range(40)
    )
    unbounded = RuleSet((Rule("rule_1", "Too many groups", Group(GroupKind.ALL, pairs), Offer()),))
    with pytest.raises(TrialFailed, match=r"The engine refused these rules: .*error code: 113"):
        try_out(to_json(unbounded), timeout=60)


def test_a_difference_is_found_by_the_real_child() -> None:
    # Two rules with one id: the ids no longer say which of them matched, which only validation could have caught.
    late = Group(GroupKind.ALL, (Condition("hour", Operator.GREATER_THAN, 20),))
    ruleset = RuleSet((), (Adjustment("adj", "Late", late, (HideMethods(("card",)),)),))
    try_out(to_json(ruleset), timeout=60)
    sabotage = (
        "import sys, rules.trial_child as trial; from rules import Match;"
        "trial.evaluate = lambda ruleset, facts: Match('another');"
        "sys.exit(trial.main(sys.stdin.read()))"
    )
    with pytest.raises(TrialFailed, match=r"The engine chose Match\(rule_id=None.* these rules mean Match\(.*another"):
        try_out(to_json(ruleset), timeout=60, command=child(sabotage))
