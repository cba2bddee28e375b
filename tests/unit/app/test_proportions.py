"""Intervals of proportions: the published figures, their coverage in simulated experiments, and their bounds."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.proportions import Interval, difference, proportion


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_published_intervals_of_one_proportion(hits: int, of: int, low: float, high: float) -> None:
    """Newcombe 1998 (857-872), table I, method 3."""
    interval = proportion(hits, of)
    assert interval.estimate == hits / of
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


@pytest.mark.parametrize(
    ("more", "of_more", "less", "of_less", "low", "high"),
    [
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (0, 10, 0, 10, -0.2775, 0.2775),
        (10, 10, 0, 20, 0.6791, 1.0000),
        (10, 10, 0, 10, 0.6075, 1.0000),
    ],
)
def test_the_published_intervals_of_a_difference(
    more: int, of_more: int, less: int, of_less: int, low: float, high: float
) -> None:
    """Newcombe 1998 (873-890), table II, method 10."""
    interval = difference(proportion(less, of_less), proportion(more, of_more))
    assert interval.estimate == pytest.approx(more / of_more - less / of_less)
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


def seen(chance: random.Random, truth: float, of: int) -> Interval:
    return proportion(sum(chance.random() < truth for _ in range(of)), of)


def coverage(truth: float, draw: Callable[[], Interval], times: int = 1_000) -> float:
    """How often an interval that is drawn holds the truth."""
    drawn = [draw() for _ in range(times)]
    return sum(interval.low <= truth <= interval.high for interval in drawn) / times


@pytest.mark.parametrize("truth", [0.05, 0.3, 0.62, 0.9])
def test_an_interval_holds_the_truth_as_often_as_it_says(truth: float) -> None:
    chance = random.Random(f"one {truth}")
    assert 0.93 <= coverage(truth, lambda: seen(chance, truth, 400)) <= 0.975


@pytest.mark.parametrize(("first", "second"), [(0.62, 0.62), (0.05, 0.08), (0.7, 0.6), (0.9, 0.95)])
def test_the_interval_of_a_difference_holds_it_as_often_as_it_says(first: float, second: float) -> None:
    chance = random.Random(f"two {first} {second}")
    held = coverage(second - first, lambda: difference(seen(chance, first, 400), seen(chance, second, 150)))
    assert 0.93 <= held <= 0.975


@given(st.integers(1, 10**7), st.floats(0, 1), st.integers(1, 10**7), st.floats(0, 1))
def test_bounds_stand_in_order_and_swapping_turns_the_sign(n: int, p: float, m: int, q: float) -> None:
    first, second = proportion(round(n * p), n), proportion(round(m * q), m)
    for interval in (first, second):
        assert 0 <= interval.low <= interval.estimate <= interval.high <= 1
    there, back = difference(first, second), difference(second, first)
    assert -1 <= there.low <= there.estimate <= there.high <= 1
    assert (back.low, back.high) == (-there.high, -there.low)


@pytest.mark.parametrize(("hits", "of"), [(0, 0), (-1, 5), (6, 5)])
def test_what_is_no_proportion_is_refused(hits: int, of: int) -> None:
    with pytest.raises(ValueError, match="is no proportion"):
        proportion(hits, of)
