"""Proportions with their uncertainty: how far a share, or the difference of two shares, may be from what was seen."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, sqrt
from statistics import NormalDist

LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """An estimate and the bounds of its confidence interval, all fractions: 0.25 is 25 percent."""

    estimate: float
    low: float
    high: float


def proportion(hits: int, of: int, level: float = LEVEL) -> Interval:
    """Return the share of `hits` with its Wilson score interval. Raises ValueError unless 0 <= hits <= of and of > 0.

    Method 3 of R. G. Newcombe, "Two-sided confidence intervals for the single proportion: comparison of seven methods",
    Statistics in Medicine 17 (1998), 857-872; first in E. B. Wilson, JASA 22 (1927), 209-212.
    """
    if not 0 <= hits <= of or of == 0:
        raise ValueError(f"{hits} of {of} is no proportion.")
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = hits / of
    middle = 2 * hits + z * z
    spread = z * sqrt(z * z + 4 * hits * (1 - share))
    low, high = ((middle - spread) / (2 * (of + z * z)), (middle + spread) / (2 * (of + z * z)))
    return Interval(share, max(0.0, low) if hits else 0.0, min(1.0, high) if hits < of else 1.0)


def difference(first: Interval, second: Interval) -> Interval:
    """Return how much larger the second proportion is than the first, which are independent, with its interval.

    Method 10 (square and add, from Wilson intervals of one level) of R. G. Newcombe, "Interval estimation for the
    difference between independent proportions: comparison of eleven methods", Statistics in Medicine 17 (1998),
    873-890.
    """
    between = second.estimate - first.estimate
    return Interval(
        between,
        between - hypot(second.estimate - second.low, first.high - first.estimate),
        between + hypot(second.high - second.estimate, first.estimate - first.low),
    )
