"""Proportions with their uncertainty: how far a share, or the difference of two shares, may be from what was seen."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, log, sqrt
from statistics import NormalDist

LEVEL = 0.95
ONE_LOOK = NormalDist().inv_cdf((1 + LEVEL) / 2)  # standard errors to each side of an estimate that is looked at once
TUNED_TO = 200  # sessions an arm; the width at any look is least at some eight times as many


@dataclass(frozen=True)
class Interval:
    """An estimate and the bounds of its confidence interval, all fractions: 0.25 is 25 percent."""

    estimate: float
    low: float
    high: float


def proportion(hits: int, of: int, width: float = ONE_LOOK) -> Interval:
    """Return the share of `hits` with its Wilson score interval, `width` standard errors to each side.

    Raises ValueError unless 0 <= hits <= of and of > 0.

    Method 3 of R. G. Newcombe, "Two-sided confidence intervals for the single proportion: comparison of seven methods",
    Statistics in Medicine 17 (1998), 857-872; first in E. B. Wilson, JASA 22 (1927), 209-212.
    """
    if not 0 <= hits <= of or of == 0:
        raise ValueError(f"{hits} of {of} is no proportion.")
    share, square = hits / of, width * width
    middle = 2 * hits + square
    spread = width * sqrt(square + 4 * hits * (1 - share))
    low, high = ((middle - spread) / (2 * (of + square)), (middle + spread) / (2 * (of + square)))
    return Interval(share, max(0.0, low) if hits else 0.0, min(1.0, high) if hits < of else 1.0)


def difference(first: Interval, second: Interval) -> Interval:
    """Return how much larger the second proportion is than the first, which are independent, with its interval.

    Method 10 (square and add, from Wilson intervals of one width) of R. G. Newcombe, "Interval estimation for the
    difference between independent proportions: comparison of eleven methods", Statistics in Medicine 17 (1998),
    873-890.
    """
    between = second.estimate - first.estimate
    return Interval(
        between,
        between - hypot(second.estimate - second.low, first.high - first.estimate),
        between + hypot(second.high - second.estimate, first.estimate - first.low),
    )


def any_look(first: int, second: int) -> float:
    """Return the width at which 95 of 100 intervals of a difference hold at every look, however often one looks.

    `first` and `second` are the sizes of the two samples now, both above 0. An interval of `ONE_LOOK` holds as often
    at one look only: whoever looks each day meets a difference that is not there in about one case of four.

    The normal mixture of H. Robbins, "Statistical methods related to the law of the iterated logarithm", Annals of
    Mathematical Statistics 41 (1970), 1397-1409, as in I. Waudby-Smith et al., "Time-uniform central limit theory and
    asymptotic confidence sequences", Annals of Statistics 52 (2024), 2613-2640.
    """
    size = 2 / (1 / first + 1 / second)  # of two samples alike that tell as much as these
    return sqrt((1 + TUNED_TO / size) * log((1 + size / TUNED_TO) / (1 - LEVEL) ** 2))
