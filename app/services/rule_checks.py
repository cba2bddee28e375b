"""Checks of rules before they are published: what is wrong with them, and what is odd about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import select

from app.domain.methods import LABELS
from app.models import DecisionRecord, db, utc_now
from app.services import accounts
from app.services.catalogue import catalogue
from app.services.transaction import release
from rules import Finding, InvalidRuleSet, Problem, Severity, analyse, parse
from rules.search import STEPS_IN_ALL

LATELY = timedelta(days=30)
MOST_SESSIONS = 1_000  # looked at, the newest ones
FEWEST_SESSIONS = 100  # that say what sessions usually carry


@dataclass(frozen=True)
class CheckedRules:
    """The problems of a rule set that is not valid, or else the findings of its analysis."""

    problems: tuple[Problem, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong: warnings and information may remain."""
        return not self.problems and all(finding.severity is not Severity.ERROR for finding in self.findings)


def check(document: object, *, steps: int = STEPS_IN_ALL) -> CheckedRules:
    """Validate a rule set in its JSON form and analyse it against this hub's provider accounts; nothing is stored.

    The analysis of a very large set may take some seconds, and fewer with fewer `steps`; the caller's transaction
    must hold nothing.
    """
    limits, seen, known = accounts.limits(), seen_attributes(), catalogue()
    release()  # hold no connection meanwhile
    try:
        ruleset = parse(document, known, LABELS, limits)
    except InvalidRuleSet as invalid:
        return CheckedRules(problems=invalid.problems)
    today = utc_now().astimezone(ZoneInfo(current_app.config["JUNCTION"].merchant_timezone)).date()
    return CheckedRules(findings=analyse(ruleset, known, limits, LABELS, seen, today=today, steps_in_all=steps))


def seen_attributes() -> frozenset[str] | None:
    """Return the attributes that sessions carried lately, or None when there were too few sessions to say."""
    newest = (
        select(DecisionRecord.facts)
        .where(DecisionRecord.created_at > utc_now() - LATELY, DecisionRecord.sequence == 0)
        .order_by(DecisionRecord.created_at.desc())
        .limit(MOST_SESSIONS)
    )
    facts = db.session.scalars(newest).all()
    return frozenset(key for carried in facts for key in carried) if len(facts) >= FEWEST_SESSIONS else None
