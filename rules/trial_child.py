"""The child process of a trial: a rule set on standard input, the reason why it fails on standard output.

`python -m rules.trial_child SECONDS` also ends by itself after that much processor time, should its parent die.
"""

import json
import resource
import sys

from rules.engine import CompiledRuleSet, EngineFault
from rules.explain import evaluate
from rules.json_form import from_json
from rules.limits import DIFFERS, REFUSED
from rules.samples import sample_facts

SAMPLES = 200
MEMORY = 1 << 30  # bytes that a trial may take


def main(text: str) -> int:
    """Compile, ask, compare: 0, or the exit status after the reason was printed."""
    ruleset = from_json(json.loads(text))
    try:
        engine = CompiledRuleSet(ruleset)
        for facts in sample_facts(ruleset, SAMPLES):
            expected, actual = evaluate(ruleset, facts), engine.match(facts)
            if expected != actual:
                print(f"The engine chose {actual} where these rules mean {expected}.")  # noqa: T201  # to the parent
                return DIFFERS
        engine.close()
        if engine.faults:
            raise EngineFault(f"it failed on {engine.faults} of {SAMPLES} samples")
    except EngineFault as fault:
        print(f"The engine refused these rules: {fault}.")  # noqa: T201  # to the parent
        return REFUSED
    return 0


if __name__ == "__main__":
    seconds = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    sys.exit(main(sys.stdin.read()))
