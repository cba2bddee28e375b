"""The engine against the plain evaluator, in child processes: a crash or a hang of the C code is a failed test."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.rules.engine_cases import CASES

ROOT = Path(__file__).parents[3]


def run(*arguments: str, timeout: float) -> str:
    """A module run in a child process: its output. AssertionError when it fails, crashes or takes too long."""
    try:
        child = subprocess.run(
            [sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.fail(f"{arguments} did not end within {timeout} s")
    assert child.returncode == 0, f"status {child.returncode}\n{child.stdout[-2000:]}\n{child.stderr[-4000:]}"
    return child.stdout


@pytest.mark.parametrize("case", sorted(CASES))
def test_case(case: str) -> None:
    run("tests.unit.rules.engine_cases", case, timeout=180)


def test_agrees_on_20_000_random_pairs() -> None:
    pairs, decided = map(int, run("tests.unit.rules.engine_fuzz", "1100", "20", timeout=280).split())
    assert pairs >= 20_000
    assert decided > pairs // 10  # the pairs must not be trivial
