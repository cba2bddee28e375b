"""A rule set tried out in a child process that can be killed: a fault of the engine's C code never reaches a server."""

import json
import math
import resource
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rules.engine import CompiledRuleSet, EngineFault
from rules.explain import evaluate
from rules.json_form import from_json
from rules.samples import sample_facts

SAMPLES = 200
MEMORY = 1 << 30  # bytes that a trial may take
_DIFFERS, _REFUSED = 3, 4  # exit statuses of the child

_COMMAND = (sys.executable, "-m", "rules.trial")


class TrialFailed(RuntimeError):
    """The rule set must not be published; the reason is a sentence."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def try_out(ruleset_json: dict[str, Any], timeout: float = 10.0, command: Sequence[str] = _COMMAND) -> None:
    """Compile a valid rule set in a child process and compare engine and evaluator on sample facts.

    `timeout` is in seconds. TrialFailed when the child crashes, hangs, refuses the set or answers differently.
    """
    try:
        child = subprocess.run(  # noqa: S603  # our own interpreter and module, no shell
            [*command, str(math.ceil(timeout))],
            input=json.dumps(ruleset_json).encode(),
            capture_output=True,
            timeout=timeout,
            check=False,
            cwd=Path(__file__).parent.parent,
        )
    except subprocess.TimeoutExpired as error:
        raise TrialFailed(f"The engine did not finish trying these rules within {timeout:g} seconds.") from error
    if child.returncode == 0:
        return
    said = child.stdout.decode(errors="replace").strip()[:500]
    if child.returncode in (_DIFFERS, _REFUSED) and said:
        raise TrialFailed(said)
    if child.returncode < 0:
        name = signal.Signals(-child.returncode).name
        raise TrialFailed(f"The engine crashed while trying these rules ({name}).")
    raise TrialFailed(f"The trial of these rules ended unexpectedly (status {child.returncode}).")


def main(text: str) -> int:
    """The child's work: print a reason and return a status other than 0 when the rule set fails."""
    ruleset = from_json(json.loads(text))
    try:
        engine = CompiledRuleSet(ruleset)
        for facts in sample_facts(ruleset, SAMPLES):
            expected, actual = evaluate(ruleset, facts), engine.match(facts)
            if expected != actual:
                print(f"The engine chose {actual} where these rules mean {expected}.")  # noqa: T201  # to the parent
                return _DIFFERS
        engine.close()
        if engine.faults:
            raise EngineFault(f"it failed on {engine.faults} of {SAMPLES} samples")
    except EngineFault as fault:
        print(f"The engine refused these rules: {fault}.")  # noqa: T201  # to the parent
        return _REFUSED
    return 0


if __name__ == "__main__":
    # The child ends by itself if its parent dies first, and cannot take the machine's memory with it.
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[1]), int(sys.argv[1])))
    sys.exit(main(sys.stdin.read()))
