"""How often each rule decided lately, and how many of the sessions that it decided were paid in their time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Select, case, func, select

from app.domain.statuses import SessionStatus
from app.models import CheckoutSession, DecisionRecord, RuleSetActivation, db, utc_now
from app.services.recent import Recent
from app.services.transaction import reading
from rules import Rule

WEEK, MONTH = timedelta(days=7), timedelta(days=30)
LONG_ENOUGH = timedelta(days=1)  # a version has to be active before a rule of it is called silent
SESSIONS_ENOUGH = 100  # and as many sessions have to be decided
_figures = Recent("rule figures", seconds=60, most=4)


@dataclass(frozen=True)
class Usage:
    """Decisions of the last 7 and 30 days; of the sessions of those 30 days, those that count and those that were paid.

    A session counts once its time to pay is over, as in an experiment; until then it is `running`, paid or not.
    """

    week: int = 0
    month: int = 0
    counted: int = 0
    paid: int = 0
    running: int = 0

    @property
    def conversion(self) -> float | None:
        """Paid sessions of those that count, 0 to 1; None without any."""
        return self.paid / self.counted if self.counted else None


@dataclass(frozen=True)
class Figures:
    """The usage of each rule by id, of the default offer under None, as it was `at` a moment."""

    at: datetime
    by_rule: Mapping[str | None, Usage]
    can_tell: bool  # whether the active version has been asked long and often enough

    def of(self, rule_id: str | None) -> Usage:
        """Return the usage of one rule, or of the default offer."""
        return self.by_rule.get(rule_id, Usage())

    def is_silent(self, rule: Rule, today: date) -> bool:
        """Tell whether a rule that could have decided never did; never while it is too early to tell."""
        valid = (rule.valid_from or today) <= today <= (rule.valid_until or today)
        return self.can_tell and rule.enabled and valid and rule.id not in self.by_rule


def figures(active: RuleSetActivation) -> Figures:
    """Return the figures beside the active version, at most a minute old."""
    activation, since = active.id, active.at
    return _figures.get(activation, lambda: _count(since))


def _count(active_since: datetime) -> Figures:
    now, decision = utc_now(), DecisionRecord
    recent, session_id = decision.created_at > now - WEEK, decision.session_id
    lately = decision.created_at > now - MONTH
    usage = select(decision.rule_id, func.count(case((recent, 1))), func.count(), func.count(session_id.distinct()))
    # As an expression, so that SQLite reads its narrow index once and does not fetch a wide row for each session.
    paid, running = (
        func.count(case((func.coalesce(session_id, "").in_(sessions), session_id)).distinct())
        for sessions in (_paid(now), _running(now))
    )
    decided = select(decision.id).where(decision.created_at > active_since, decision.sequence == 0)
    few = decided.limit(SESSIONS_ENOUGH).subquery()
    with reading():
        used = db.session.execute(usage.where(lately).group_by(decision.rule_id)).all()
        came = select(decision.rule_id, paid, running).where(lately).group_by(decision.rule_id)
        ended = {rule_id: (sold, still) for rule_id, sold, still in db.session.execute(came)}
        asked = db.session.scalar(select(func.count()).select_from(few)) or 0
    by_rule = {
        rule_id: Usage(week, month, sessions - ended[rule_id][1], *ended[rule_id])
        for rule_id, week, month, sessions in used
    }
    can_tell = now - active_since >= LONG_ENOUGH and asked >= SESSIONS_ENOUGH
    return Figures(now, by_rule, can_tell)


def _paid(now: datetime) -> Select[str]:
    """Return the ids of the sessions that were paid, whose time is over, and that may have been decided lately.

    A session that was decided lately was open then, so it expires later: an index has both columns.
    """
    expires_at = CheckoutSession.expires_at
    lately = CheckoutSession.status == SessionStatus.COMPLETED, expires_at > now - MONTH, expires_at <= now
    return select(CheckoutSession.id).where(*lately)


def _running(now: datetime) -> Select[str]:
    """Return the ids of the sessions whose time is not over, in whatever status: the same index leads to them."""
    anyhow = CheckoutSession.status.in_(list(SessionStatus))
    return select(CheckoutSession.id).where(anyhow, CheckoutSession.expires_at > now)
