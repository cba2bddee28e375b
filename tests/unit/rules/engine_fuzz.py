"""Run in a child process by test_engine_fuzz: random rule sets and facts, engine against plain evaluator.

`python -m tests.unit.rules.engine_fuzz EXAMPLES SESSIONS` prints how many pairs agreed; any difference fails it.
"""

import sys
from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from rules import chunks
from rules.engine import CompiledRuleSet
from rules.explain import evaluate, explain
from rules.spec import RuleSet
from tests.unit.rules.strategies import cases


def main(examples: int, sessions: int) -> int:
    """Compare on that many rule sets times that many facts; the number of pairs."""
    pairs = decided = 0

    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],  # shrinking could outlast the parent's patience and hide the difference
    )
    @given(cases(sessions), st.sampled_from((4, chunks.MAX_OPEN)))
    def agree(case: tuple[RuleSet, list[Mapping[str, Any]]], chunk_size: int) -> None:
        nonlocal pairs, decided
        ruleset, many_facts = case
        with patch.object(chunks, "MAX_OPEN", chunk_size):  # small chunks: even a few rules need several
            engine = CompiledRuleSet(ruleset)
        try:
            for facts in many_facts:
                expected = evaluate(ruleset, facts)
                assert engine.match(facts) == expected, facts
                assert explain(ruleset, facts).match == expected
                pairs += 1
                decided += expected.rule_id is not None
            assert engine.faults == 0
        finally:
            engine.close()

    agree()
    print(pairs, decided)
    return pairs


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
