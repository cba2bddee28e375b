"""Experiments: what came of the sessions in each arm, and whether one offer can be said to convert better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import case, func, select

from app.domain.proportions import ONE_LOOK, Interval, any_look, difference, proportion
from app.models import CheckoutSession, DecisionRecord, Payment, db, utc_now
from app.services.experiment_runs import ExperimentRun, list_runs
from app.services.transaction import reading
from rules import Offer, Rule
from rules.arms import Arm, offer_of

FEWEST_COUNTED = 400  # sessions in each arm: with fewer, a difference of seven points may well be chance
FEWEST_PAID = 20  # sessions in both arms together: with fewer, nothing much was sold to compare


class Outcome(StrEnum):
    """What can be said of the two offers."""

    TOO_EARLY = "too_early"
    A_BETTER = "a_better"
    B_BETTER = "b_better"
    NO_DIFFERENCE = "no_difference"


@dataclass(frozen=True)
class Verdict:
    """What can be said, and in a sentence."""

    outcome: Outcome
    message: str


@dataclass(frozen=True)
class ArmFigures:
    """The sessions in one arm: each is `running`, or `counted` and then perhaps `paid`.

    A session counts once its time to pay is over, even if it was paid at once: those who pay do so early, and to
    count them earlier than the others would show a young experiment in which everybody pays. `amounts` is what the
    counted ones paid, in minor units by currency; `conversion` is their paid share, None while there are none.
    """

    arm: Arm
    offer: Offer
    sessions: int
    counted: int
    paid: int
    amounts: Mapping[str, int]

    @property
    def running(self) -> int:
        """Sessions whose time to pay is not over, paid or not."""
        return self.sessions - self.counted

    @property
    def conversion(self) -> Interval | None:
        """The paid share of the counted sessions, with its interval at one look."""
        return self.converted(ONE_LOOK)

    def converted(self, width: float) -> Interval | None:
        """Return the paid share with an interval of so many standard errors to each side."""
        return proportion(self.paid, self.counted, width) if self.counted else None


@dataclass(frozen=True)
class ExperimentFigures:
    """One experiment with the figures of both arms; `difference` is by how much B converts better, None without any."""

    rule: Rule
    share: int
    versions: tuple[int, ...]
    began_at: datetime
    ended_at: datetime | None
    a: ArmFigures
    b: ArmFigures

    @property
    def difference(self) -> Interval | None:
        """Conversion of B less that of A, with its interval at one look."""
        return self._differing(ONE_LOOK)

    @property
    def verdict(self) -> Verdict:
        """What can be said, however often one looks; withheld while too few sessions count or have paid."""
        counted = min(self.a.counted, self.b.counted)
        paid = self.a.paid + self.b.paid
        few = "Too few to say" if self.ended_at else "Too early to say"
        if counted < FEWEST_COUNTED:
            message = f"{few}: {counted} of {FEWEST_COUNTED} counted sessions in the smaller arm."
            return Verdict(Outcome.TOO_EARLY, message)
        if paid < FEWEST_PAID:
            message = f"{few}: {paid} of {FEWEST_PAID} paid sessions in the two arms together."
            return Verdict(Outcome.TOO_EARLY, message)
        between, sure = self.difference, self._differing(any_look(self.a.counted, self.b.counted))
        assert between is not None  # as both arms have counted sessions
        assert sure is not None
        return _judged(between, sure)

    def _differing(self, width: float) -> Interval | None:
        first, second = self.a.converted(width), self.b.converted(width)
        return difference(first, second) if first and second else None


def list_experiments(rule_id: str | None = None, limit: int = 50) -> list[ExperimentFigures]:
    """Return the experiments that run or ended lately, of one rule or of all, running ones first, with their figures.

    Call it where no transaction is open.
    """
    return [_figures(run) for run in list_runs(rule_id)[:limit]]


def _figures(run: ExperimentRun) -> ExperimentFigures:
    """Count each session once: in the arm, and the version, of its first decision by an experiment of the rule."""
    place = func.row_number().over(partition_by=DecisionRecord.session_id, order_by=DecisionRecord.sequence)
    drawn = (
        select(DecisionRecord.session_id, DecisionRecord.arm, DecisionRecord.version, place.label("place"))
        .where(DecisionRecord.rule_id == run.rule.id, DecisionRecord.arm.is_not(None))
        .subquery()
    )
    over = CheckoutSession.expires_at <= utc_now()
    paid = case((over, Payment.paid), else_=0)
    counted = (
        select(
            drawn.c.arm,
            CheckoutSession.currency,
            func.count().label("sessions"),
            func.sum(case((over, 1), else_=0)).label("counted"),
            func.sum(case((paid > 0, 1), else_=0)).label("paid"),
            func.coalesce(func.sum(paid), 0).label("amount"),
        )
        .join(CheckoutSession, CheckoutSession.id == drawn.c.session_id)
        .outerjoin(Payment, Payment.session_id == drawn.c.session_id)
        .where(drawn.c.place == 1, drawn.c.version.in_(sorted(run.versions)))
        .group_by(drawn.c.arm, CheckoutSession.currency)
        .order_by(CheckoutSession.currency)
    )
    with reading():
        rows = db.session.execute(counted).all()

    def arm(name: Arm) -> ArmFigures:
        mine = [row for row in rows if row.arm == name]
        return ArmFigures(
            arm=name,
            offer=offer_of(run.rule, name),
            sessions=sum(row.sessions for row in mine),
            counted=sum(int(row.counted) for row in mine),
            paid=sum(int(row.paid) for row in mine),
            amounts={row.currency: int(row.amount) for row in mine if row.amount},
        )

    return ExperimentFigures(
        rule=run.rule,
        share=run.share,
        versions=tuple(sorted(run.versions)),
        began_at=run.began_at,
        ended_at=run.ended_at,
        a=arm("a"),
        b=arm("b"),
    )


def _judged(between: Interval, sure: Interval) -> Verdict:
    """Say what the interval `between` shows at one look, of which `sure` can be relied on at any look."""
    ahead, by = ("B", between.estimate) if between.estimate > 0 else ("A", -between.estimate)
    if sure.low > 0 or sure.high < 0:
        message = f"Offer {ahead} converts better: by {points(by)} points among the sessions counted."
        return Verdict(Outcome.B_BETTER if ahead == "B" else Outcome.A_BETTER, message)
    if between.low > 0 or between.high < 0:
        message = (
            f"No difference can be told: offer {ahead} is ahead by {points(by)} points, "
            "but chance alone brings such a lead to whoever looks often."
        )
        return Verdict(Outcome.NO_DIFFERENCE, message)
    message = (
        "No difference can be told: offer B may convert anything from "
        f"{points(-between.low)} points worse to {points(between.high)} points better."
    )
    return Verdict(Outcome.NO_DIFFERENCE, message)


def points(fraction: float) -> str:
    """Return a fraction in percentage points, e.g. "1.2" for 0.012, with a second digit where it is very small."""
    return f"{100 * fraction:.1f}" if abs(fraction) >= 0.001 or fraction == 0 else f"{100 * fraction:.2f}"
