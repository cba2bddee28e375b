"""What is said of two offers: nothing before there is enough, and hardly ever a lead that is not there."""

from collections.abc import Iterator
from datetime import datetime
from random import Random

import pytest

from app.services.experiments import ArmFigures, ExperimentFigures, Outcome, points
from rules import Group, Offer, Rule

BEGAN = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
TOLD = (Outcome.A_BETTER, Outcome.B_BETTER)


def experiment(a: tuple[int, int], b: tuple[int, int], ended: bool = False) -> ExperimentFigures:
    """An experiment with (paid, counted) of both arms."""
    first, second = ArmFigures("a", Offer(), a[1] + 7, a[1], a[0], {}), ArmFigures("b", Offer(), b[1], b[1], b[0], {})
    ended_at = BEGAN if ended else None
    return ExperimentFigures(Rule("r", "R", Group(), Offer()), 50, (1,), BEGAN, ended_at, first, second)


@pytest.mark.parametrize(
    ("a", "b", "outcome", "message"),
    [
        ((0, 0), (0, 0), "too_early", "Too early to say: 0 of 400 counted sessions in the smaller arm."),
        ((0, 132), (90, 400), "too_early", "Too early to say: 132 of 400 counted sessions in the smaller arm."),
        ((399, 399), (0, 9_000), "too_early", "Too early to say: 399 of 400 counted sessions in the smaller arm."),
        ((0, 400), (19, 400), "too_early", "Too early to say: 19 of 20 paid sessions in the two arms together."),
        ((0, 400), (20, 400), "b_better", "Offer B converts better: by 5.0 points among the sessions counted."),
        (
            (300, 1_000),
            (220, 1_000),
            "a_better",
            "Offer A converts better: by 8.0 points among the sessions counted.",
        ),
        (
            (300, 1_000),
            (250, 1_000),
            "no_difference",
            "No difference can be told: offer A is ahead by 5.0 points, "
            "but chance alone brings such a lead to whoever looks often.",
        ),
        (
            (300, 1_000),
            (305, 1_000),
            "no_difference",
            "No difference can be told: offer B may convert anything from 3.5 points worse to 4.5 points better.",
        ),
    ],
)
def test_the_verdict(a: tuple[int, int], b: tuple[int, int], outcome: str, message: str) -> None:
    verdict = experiment(a, b).verdict
    assert (verdict.outcome, verdict.message) == (outcome, message)


def test_the_verdict_on_one_that_ended_is_not_early() -> None:
    assert experiment((1, 2), (1, 2), ended=True).verdict.message.startswith("Too few to say: 2 of 400")


def test_points() -> None:
    assert [points(each) for each in (0.0, 0.012, 0.0004, 1.0, -0.25)] == ["0.0", "1.2", "0.04", "100.0", "-25.0"]


def eighths(chance: Random, of: int, truth: int) -> int:
    """How many of so many sessions pay, of which each does with a chance of `truth` eighths, 1 to 7."""
    drawn, threshold = [chance.getrandbits(of) for _ in range(3)], truth
    paid = 0
    for bits in drawn:  # from the lowest binary digit of the threshold: a session pays if its three digits are below
        paid = paid | ~bits if threshold & 1 else paid & ~bits
        threshold >>= 1
    return (paid & (1 << of) - 1).bit_count()


def looks(chance: Random, a: int, b: int, every: int) -> Iterator[Outcome]:
    """The verdicts of an experiment that is looked at every so many sessions of each arm, from 400 to 8,000."""
    size, first, second = 400, eighths(chance, 400, a), eighths(chance, 400, b)
    while size <= 8_000:
        yield experiment((first, size), (second, size)).verdict.outcome
        size, first, second = size + every, first + eighths(chance, every, a), second + eighths(chance, every, b)


@pytest.mark.parametrize(("truth", "every"), [(5, 200), (5, 400), (1, 200)])
def test_offers_that_are_alike_rarely_seem_to_differ_at_any_look(truth: int, every: int) -> None:
    chance = Random(f"alike {truth} {every}")
    misled = sum(any(seen in TOLD for seen in looks(chance, truth, truth, every)) for _ in range(500))
    assert misled <= 25, "at most five of a hundred"


def test_offers_that_differ_are_told_apart() -> None:
    chance = Random("apart")
    for _ in range(50):
        seen = list(looks(chance, 4, 5, 400))
        assert Outcome.B_BETTER in seen[:5]
        assert Outcome.A_BETTER not in seen
