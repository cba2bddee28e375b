"""An experiment laid out for a page: figures in words, and each interval as a bar on a scale that both arms share."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor

from admin import formats
from admin.reading import describer
from app.domain.proportions import Interval
from app.services.experiments import ArmFigures, ExperimentFigures, Outcome

WIDTH = 1_000  # units of a drawing
STEP = 20  # scales end on a twentieth: 5 points

VERDICTS = {
    Outcome.TOO_EARLY: ("wait", "clock"),
    Outcome.NO_DIFFERENCE: ("wait", "question"),
    Outcome.A_BETTER: ("good", "check"),
    Outcome.B_BETTER: ("good", "check"),
}


@dataclass(frozen=True)
class Bar:
    """Where an interval begins, is estimated and ends, in units of a drawing."""

    low: int
    mark: int
    high: int


@dataclass(frozen=True)
class Scale:
    """A stretch of fractions, as wide as a drawing."""

    low: float
    high: float

    def place(self, value: float) -> int:
        """Return where a fraction stands."""
        return round(WIDTH * (value - self.low) / (self.high - self.low))

    def bar(self, interval: Interval) -> Bar:
        """Return where an interval stands."""
        return Bar(self.place(interval.low), self.place(interval.estimate), self.place(interval.high))


@dataclass(frozen=True)
class ArmCard:
    """One arm: its offer as a sentence, and its conversion in words and as a bar, both empty while nothing counts."""

    title: str
    share: int
    sentence: str
    figures: ArmFigures
    conversion: str
    interval: str
    bar: Bar | None


@dataclass(frozen=True)
class ExperimentPage:
    """One experiment: `ends` name both ends of the arms' scale, `difference` and `difference_bar` compare them."""

    figures: ExperimentFigures
    arms: tuple[ArmCard, ArmCard]
    ends: tuple[str, str]
    difference: str
    difference_bar: Bar | None
    difference_ends: tuple[str, str]
    tone: str
    icon: str
    currencies: tuple[str, ...]


def lay_out(figures: ExperimentFigures) -> ExperimentPage:
    """Return what the page shows of an experiment."""
    scale, around = _scale(figures), _around_zero(figures.difference)
    between = figures.difference
    tone, icon = VERDICTS[figures.verdict.outcome]
    return ExperimentPage(
        figures=figures,
        arms=(_arm(figures.a, 100 - figures.share, scale), _arm(figures.b, figures.share, scale)),
        ends=(formats.percent(scale.low, 0), formats.percent(scale.high, 0)),
        difference=f"{signed(between.estimate)} points ({signed(between.low)} to {signed(between.high)})"
        if between
        else "",
        difference_bar=around.bar(between) if between else None,
        difference_ends=(f"{signed(around.low, 0)} points", f"{signed(around.high, 0)} points"),
        tone=tone,
        icon=icon,
        currencies=tuple(sorted({*figures.a.amounts, *figures.b.amounts})),
    )


def _arm(figures: ArmFigures, share: int, scale: Scale) -> ArmCard:
    seen = figures.conversion
    return ArmCard(
        title=f"Offer {figures.arm.upper()}",
        share=share,
        sentence=f"{describer().describe(figures.offer)}.",
        figures=figures,
        conversion=formats.percent(seen.estimate) if seen else "",
        interval=f"{formats.percent(seen.low)} to {formats.percent(seen.high)}" if seen else "",
        bar=scale.bar(seen) if seen else None,
    )


def _scale(figures: ExperimentFigures) -> Scale:
    """Return the narrowest scale of whole steps that holds the intervals of both arms."""
    seen = [arm.conversion for arm in (figures.a, figures.b) if arm.conversion]
    low = floor(STEP * min((interval.low for interval in seen), default=0))
    high = ceil(STEP * max((interval.high for interval in seen), default=1))
    return Scale(low / STEP, max(high, low + 1) / STEP)


def _around_zero(between: Interval | None) -> Scale:
    widest = max(abs(between.low), abs(between.high)) if between else 0
    reach = max(1, ceil(STEP * widest)) / STEP
    return Scale(-reach, reach)


def signed(fraction: float, digits: int = 1) -> str:
    """Return percentage points with their sign, e.g. "+1.2", with a real minus."""
    return f"{100 * fraction:+.{digits}f}".replace("-", "−")


def money(figures: ArmFigures, currency: str) -> str:
    """Return what was paid in this currency."""
    return formats.money(figures.amounts.get(currency, 0), currency)
