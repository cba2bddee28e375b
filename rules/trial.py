"""A rule set tried out in a child process that can be killed: a fault of the engine's C code never reaches a server."""

import json
import math
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rules.limits import DIFFERS, REFUSED

_COMMAND = (sys.executable, "-m", "rules.trial_child")


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
    if child.returncode in (DIFFERS, REFUSED) and said:
        raise TrialFailed(said)
    if child.returncode < 0:
        name = signal.Signals(-child.returncode).name
        raise TrialFailed(f"The engine crashed while trying these rules ({name}).")
    raise TrialFailed(f"The trial of these rules ended unexpectedly (status {child.returncode}).")
