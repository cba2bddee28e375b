"""Experiments: what came of the sessions in each arm, and whether one offer can be said to convert better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import case, func, select

from app.domain.proportions import Interval, difference, proportion
from app.domain.statuses import SessionStatus
from app.models import CheckoutSession, DecisionRecord, Payment, db
from app.services.experiment_runs import ExperimentRun, list_runs
from app.services.transaction import reading
from rules import Offer, Rule
from rules.arms import Arm, offer_of

FEWEST_FINISHED = 400  # sessions in each arm: with fewer, a difference of seven points may well be chance
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
    """The sessions in one arm: each is `open`, or finished and then perhaps `paid`.

    `amounts` is what was paid, in minor units by currency; `conversion` is the paid share of the finished ones, None
    while there are none.
    """

    arm: Arm
    offer: Offer
    sessions: int
    finished: int
    paid: int
    amounts: Mapping[str, int]

    @property
    def open(self) -> int:
        """Sessions that may still be paid."""
        return self.sessions - self.finished

    @property
    def conversion(self) -> Interval | None:
        """The paid share of the finished sessions, with its interval."""
        return proportion(self.paid, self.finished) if self.finished else None


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
        """Conversion of B less that of A."""
        first, second = self.a.conversion, self.b.conversion
        return difference(first, second) if first and second else None

    @property
    def verdict(self) -> Verdict:
        """What can be said, withheld while too few sessions have finished or paid."""
        finished = min(self.a.finished, self.b.finished)
        paid = self.a.paid + self.b.paid
        between = self.difference
        few = "Too few to say" if self.ended_at else "Too early to say"
        if finished < FEWEST_FINISHED or between is None:
            message = f"{few}: {finished} of {FEWEST_FINISHED} finished sessions in the smaller arm."
            return Verdict(Outcome.TOO_EARLY, message)
        if paid < FEWEST_PAID:
            message = f"{few}: {paid} of {FEWEST_PAID} paid sessions in the two arms together."
            return Verdict(Outcome.TOO_EARLY, message)
        return _judged(between)


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
    finished = case((CheckoutSession.status != SessionStatus.OPEN, 1), else_=0)
    paid = case((Payment.paid > 0, finished), else_=0)
    counted = (
        select(
            drawn.c.arm,
            CheckoutSession.currency,
            func.count().label("sessions"),
            func.sum(finished).label("finished"),
            func.sum(paid).label("paid"),
            func.coalesce(func.sum(Payment.paid), 0).label("amount"),
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
            finished=sum(int(row.finished) for row in mine),
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


def _judged(between: Interval) -> Verdict:
    if between.low > 0:
        message = f"Offer B converts better by {points(between.low)} to {points(between.high)} points."
        return Verdict(Outcome.B_BETTER, message)
    if between.high < 0:
        message = f"Offer A converts better by {points(-between.high)} to {points(-between.low)} points."
        return Verdict(Outcome.A_BETTER, message)
    message = (
        "No difference can be told: offer B may convert anything from "
        f"{points(-between.low)} points worse to {points(between.high)} points better."
    )
    return Verdict(Outcome.NO_DIFFERENCE, message)


def points(fraction: float) -> str:
    """Return a fraction in percentage points, e.g. "1.2" for 0.012, with a second digit where it is very small."""
    return f"{100 * fraction:.1f}" if abs(fraction) >= 0.001 or fraction == 0 else f"{100 * fraction:.2f}"
