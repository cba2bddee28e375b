"""The overview: figures counted exactly, silent rules named, and the sessions behind a figure."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from app.domain.statuses import SessionStatus
from app.models import DecisionRecord, RuleSetActivation, db, utc_now
from app.services import rule_figures, rule_sets
from app.services.transaction import transaction
from tests.support.backoffice import Operator, words
from tests.support.drafting import SEED
from tests.support.rows import session_row


def decided(rule_id: str | None, *, ago: timedelta = timedelta(hours=1), sequence: int = 0, **columns: Any) -> Any:
    """A session that a rule decided; `session` adds a decision to one that is there."""
    session = columns.pop("session", None) or session_row(**columns)
    outcome = {"rule": {"id": rule_id, "name": rule_id or "default"}, "offered": [], "withheld": []}
    db.session.add(
        DecisionRecord(
            session_id=session.id,
            sequence=sequence,
            version=1,
            rule_id=rule_id,
            facts={},
            outcome=outcome,
            created_at=utc_now() - ago,
        )
    )
    db.session.flush()
    return session


def some_decisions() -> None:
    with transaction():
        paid = {"status": SessionStatus.COMPLETED, "completed_at": utc_now()}
        over = {"expires_at": utc_now() - timedelta(minutes=1)}
        again = decided(SEED[0], **paid, **over)
        decided(SEED[0], session=again, sequence=1)
        decided(SEED[0])
        decided(SEED[0], ago=timedelta(days=8), status=SessionStatus.EXPIRED, **over)
        decided(SEED[0], ago=timedelta(days=31), expires_at=utc_now() - timedelta(days=30), status="expired")
        decided(SEED[1], session=again, sequence=2)
        decided(None, **paid, **over)
        decided(None, **paid)  # its time is not over
        decided(None, **over)  # over, and not yet said to have expired


def figures() -> rule_figures.Figures:
    active = rule_sets.newest_activation()
    assert active is not None
    return rule_figures.figures(active)


@pytest.mark.usefixtures("app_context")
def test_figures_are_exact() -> None:
    some_decisions()
    counted = figures()
    assert counted.of(SEED[0]) == rule_figures.Usage(week=3, month=4, counted=2, paid=1, running=1)
    assert counted.of(SEED[1]) == rule_figures.Usage(week=1, month=1, counted=1, paid=1)
    assert counted.of(None) == rule_figures.Usage(week=3, month=3, counted=2, paid=1, running=1)
    assert counted.of("unheard_of").conversion is None
    assert figures() is counted, "the same figures for a minute"


def test_the_page_says_them_and_leads_to_the_sessions(app: Flask) -> None:
    with app.app_context():
        some_decisions()
    operator = Operator(app)
    page = operator.words("/admin/rules/")
    assert "Decided 3 in 7 days, 4 in 30 days Paid 1 of 2 sessions (50.0%) 1 newer session does not count yet" in page
    assert "Figures of" in page
    listed = operator.page(f"/admin/sessions/?rule={SEED[0]}")
    assert listed.count('class="row-link"') == 3
    assert "Decided lately by:" in words(listed)
    assert operator.page("/admin/sessions/?rule=-").count('class="row-link"') == 3
    assert "is not known here" in operator.words("/admin/sessions/?rule=%3Cscript%3E")


def test_a_rule_that_never_decides_is_named_once_that_can_be_told(app: Flask) -> None:
    with app.app_context(), transaction():
        for _ in range(rule_figures.SESSIONS_ENOUGH):
            decided(SEED[0])
    operator = Operator(app)
    assert "Never decides" not in operator.words("/admin/rules/"), "the version is too young"
    with app.app_context():
        with transaction():
            db.session.execute(update(RuleSetActivation).values(at=utc_now() - timedelta(days=2)))
        app.extensions["recent:rule figures"].clear()
    assert operator.words("/admin/rules/").count("Never decides") == len(SEED) - 1


def test_who_may_not_see_payments_gets_no_link_to_them(app: Flask) -> None:
    with app.app_context():
        some_decisions()
    page = Operator(app).page("/admin/rules/")
    assert "/admin/sessions/?rule=" in page
    assert "Edit rules" in words(page)
