"""The pages of experiments: both offers, their figures, the verdict, and who may end it."""

import re
from datetime import timedelta

import pytest
from flask import Flask

from admin.experiment_page import lay_out
from app.domain.proportions import proportion
from app.models import RuleSetActivation, db, utc_now
from app.services import rule_sets
from app.services.experiments import ArmFigures, ExperimentFigures
from app.services.transaction import transaction
from rules import Group, Offer, Rule
from tests.support.backoffice import Operator, add_person, words
from tests.support.experiments import publish, session_in

LIST, PAGE = "/admin/rules/experiments/", "/admin/rules/experiments/rule_all"


def some_sessions(version: int) -> None:
    """Offer A: 6 sessions, 4 of them counted, 3 paid; offer B: 2 counted, none paid."""
    with transaction():
        for arm, fate in (("a", "paid"), ("a", "refunded"), ("a", "expired"), ("a", "open"), ("b", "expired")):
            session_in(version, arm, fate)
        session_in(version, "b", "failed", currency="CHF", amount=500)
        session_in(version, "a", "paid", currency="JPY", amount=1_234)
        session_in(version, "a", "paid", expires_at=utc_now() + timedelta(hours=1))


def test_without_experiments_the_page_says_how_to_begin_one(app: Flask) -> None:
    assert "No experiment runs" in Operator(app).words(LIST)


def test_the_list_and_the_page_tell_what_was_counted(app: Flask) -> None:
    with app.app_context():
        some_sessions(publish(20))
    operator = Operator(app)
    listed = operator.words(LIST)
    assert "Everybody Running 20% of the sessions see offer B · since" in listed
    assert "Offer A 75.0% 30.1% to 95.4%" in listed
    assert "Offer B 0.0% 0.0% to 65.8%" in listed
    assert "Too early to say: 2 of 400 counted sessions in the smaller arm." in listed
    page = operator.words(PAGE)
    assert "Offer A · 80% of the sessions Offer Card through North; PayPal through North." in page
    assert "Offer B · 20% of the sessions Offer PayPal through North; Card through North." in page
    assert "Sessions 6 2 Still running 2 0 Counted 4 2 Paid 3 0 Conversion 75.0% 0.0%" in page
    assert "Paid in EUR €259.80 €0.00 Paid in JPY JP¥1,234 JP¥0" in page
    assert "CHF" not in page
    assert "B less A −75.0 points" in page
    assert "in version 2 of the rules" in page
    assert "at any look in nineteen of twenty experiments" in page


def test_an_experiment_that_ended_stands_below_the_one_that_runs(app: Flask) -> None:
    with app.app_context():
        publish(20)
        publish(40)
    page = Operator(app).words(PAGE)
    assert page.index("40% of the sessions see offer B") < page.index("An earlier experiment of this rule")
    assert page.index("An earlier experiment of this rule") < page.index("Ended 20% of the sessions see offer B")


def test_only_who_may_edit_rules_is_sent_to_the_draft_and_only_while_it_runs(app: Flask) -> None:
    with app.app_context():
        publish(20)
    add_person(app, "viewer@example.com", "viewer")
    link = 'href="/admin/rules/draft/rules/rule_all"'
    assert link in Operator(app).page(PAGE)
    assert link not in Operator(app, "viewer@example.com").page(PAGE)
    with app.app_context():
        publish(None)
    assert link not in Operator(app).page(PAGE)


def test_a_rule_without_experiment_has_no_page(app: Flask) -> None:
    reply = Operator(app).get("/admin/rules/experiments/rule_none")
    assert reply.status_code == 404
    assert "There is nothing at this address" in words(reply.text)


def test_a_hostile_name_is_text(app: Flask) -> None:
    with app.app_context():
        publish(20, name="<script>alert(1)</script>")
    for path in (LIST, PAGE):
        page = Operator(app).page(path)
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_nothing_in_the_page_is_styled_in_place(app: Flask) -> None:
    with app.app_context():
        some_sessions(publish(20))
    for path in (LIST, PAGE):
        assert not re.search(r'\sstyle=|<style|\son\w+="', Operator(app).page(path))


def arm(name: str, paid: int, counted: int) -> ArmFigures:
    return ArmFigures(name, Offer(), counted, counted, paid, {})  # type: ignore[arg-type]  # a or b


@pytest.mark.parametrize("paid", [(0, 0), (1, 1), (200, 200), (0, 200), (120, 130), (100, 3)])
def test_bars_stand_where_their_intervals_are(app: Flask, paid: tuple[int, int]) -> None:
    a, b = (arm(name, each, 200) for name, each in zip("ab", paid, strict=True))
    figures = ExperimentFigures(Rule("r", "R", Group(), Offer()), 50, (1,), utc_now(), None, a, b)
    with app.test_request_context():
        page = lay_out(figures)
    low, high = (float(end.rstrip("%")) / 100 for end in page.ends)
    for card, each in zip(page.arms, paid, strict=True):
        interval, bar = proportion(each, 200), card.bar
        assert bar is not None
        assert 0 <= bar.low <= bar.mark <= bar.high <= 1_000
        for place, value in ((bar.low, interval.low), (bar.mark, interval.estimate), (bar.high, interval.high)):
            assert abs(low + (high - low) * place / 1_000 - value) < 0.001
    assert page.difference_bar is not None
    assert 0 <= page.difference_bar.low <= page.difference_bar.high <= 1_000
    assert (page.difference_bar.mark > 500) is (paid[1] > paid[0])


def test_the_experiment_runs_again_after_a_roll_back(app: Flask) -> None:
    with app.app_context():
        first = publish(20)
        publish(None)
        assert "Ended" in Operator(app).words(PAGE)
        rule_sets.activate_version(first, actor="tester")
        assert db.session.query(RuleSetActivation).count() == 4
    assert "Running" in Operator(app).words(PAGE)
