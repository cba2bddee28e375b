"""The engine against the plain evaluator, in child processes: a crash or a hang of the C code is a failed test."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.rules import engine_cases, engine_life_cases

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


@pytest.mark.parametrize("case", sorted(engine_cases.CASES))
def test_at_its_bounds(case: str) -> None:
    run(engine_cases.__name__, case, timeout=180)


@pytest.mark.parametrize("case", sorted(engine_life_cases.CASES))
def test_in_use(case: str) -> None:
    run(engine_life_cases.__name__, case, timeout=180)


def test_agrees_on_20_000_random_pairs() -> None:
    pairs, decided = map(int, run("tests.unit.rules.engine_fuzz", "1100", "20", timeout=280).split())
    assert pairs >= 20_000
    assert decided > pairs // 10  # the pairs must not be trivial
