"""Figures of experiments: equal to a plain recount, over the right versions, of sessions whose time is over."""

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from app.domain.proportions import difference, proportion
from app.domain.statuses import PaymentStatus, SessionStatus
from app.models import CheckoutSession, RuleSetActivation, db, utc_now
from app.services import rule_sets
from app.services.experiment_runs import list_runs
from app.services.experiments import ExperimentFigures, Outcome, list_experiments
from app.services.transaction import transaction
from tests.support.experiments import decide, offer, publish, session_in
from tests.support.rows import payment_row, session_row


def figures() -> ExperimentFigures:
    (found,) = list_experiments()
    return found


def test_figures_are_those_of_a_plain_recount(app_context: Flask) -> None:
    first, between, last = publish(30), publish(None), publish(30, name="Everybody else")
    publish_other_share = publish(31)
    again = publish(30)
    chance = random.Random(4)
    counted: Counter[tuple[str, ...]] = Counter()
    with transaction():
        for _ in range(300):
            version = chance.choice([first, last, again, publish_other_share, between])
            arm, fate = chance.choice("ab"), chance.choice(["open", "paid", "refunded", "expired", "failed"])
            amount, currency = chance.randint(1, 10**10), chance.choice(["EUR", "CHF", "JPY"])
            early = chance.random() < 0.3  # its time is not over: it does not count yet, even if it was paid
            left = {"expires_at": utc_now() + timedelta(hours=chance.randint(1, 24))} if early else {}
            session = session_in(version, arm, fate, amount=amount, currency=currency, **left)
            if chance.random() < 0.3:  # asked anew: it still counts once, where it was first
                decide(session, again, chance.choice("ab"), 1)
            if version in (publish_other_share, between):
                continue
            counted[arm, "sessions"] += 1
            counted[arm, "counted"] += fate != "open" and not early
            if fate in ("paid", "refunded") and not early:
                counted[arm, "paid"] += 1
                counted[arm, currency] += amount
    running, ended = list_experiments()
    assert (running.versions, running.ended_at) == ((first, last, again), None)
    assert (ended.versions, ended.share) == ((publish_other_share,), 31)
    for arm in (running.a, running.b):
        assert (arm.sessions, arm.counted, arm.paid) == tuple(
            counted[arm.arm, key] for key in ("sessions", "counted", "paid")
        )
        assert dict(arm.amounts) == {code: counted[arm.arm, code] for code in ("CHF", "EUR", "JPY")}
        assert all(type(amount) is int for amount in arm.amounts.values())
        assert arm.running == arm.sessions - arm.counted
        assert arm.conversion == proportion(arm.paid, arm.counted)
    assert running.difference == difference(running.a.conversion, running.b.conversion)
    assert running.rule.name == "Everybody"


def test_a_session_that_came_to_the_rule_later_counts_from_there_and_other_rules_do_not(app_context: Flask) -> None:
    version = publish(50)
    with transaction():
        session = session_row(status=SessionStatus.EXPIRED, expires_at=utc_now())
        decide(session, version, None, 0, "rule_before")
        decide(session, version, "b", 1)
        decide(session, version, "b", 2)
        decide(session_row(), version, "a", 0, "rule_other")
        decide(session_row(), version, None)
    assert (figures().a.sessions, figures().b.sessions, figures().b.counted) == (0, 1, 1)


def test_a_session_first_drawn_by_another_share_is_left_out(app_context: Flask) -> None:
    old = publish(10)
    new = publish(50)
    with transaction():
        session = session_in(old, "b", "expired")
        decide(session, new, "b", 1)
    running, ended = list_experiments()
    assert (running.share, running.b.sessions) == (50, 0)
    assert (ended.share, ended.b.sessions) == (10, 1)


def test_an_experiment_that_nobody_saw_yet(app_context: Flask) -> None:
    publish(50)
    found = figures()
    assert (found.a.sessions, found.b.sessions, found.a.conversion, found.difference) == (0, 0, None, None)
    assert found.verdict.outcome is Outcome.TOO_EARLY
    assert found.verdict.message == "Too early to say: 0 of 400 counted sessions in the smaller arm."


def test_on_the_first_day_nobody_counts_although_some_have_paid(app_context: Flask) -> None:
    version = publish(50)
    tomorrow = utc_now() + timedelta(days=1)
    with transaction():
        for arm, of_ten in (("a", 3), ("b", 4)):
            for number in range(500):
                fate = "paid" if number % 10 < of_ten else "open"
                session_in(version, arm, fate, expires_at=tomorrow)
    young = figures()
    assert [(arm.sessions, arm.running, arm.counted, arm.paid) for arm in (young.a, young.b)] == [(500, 500, 0, 0)] * 2
    assert (young.a.conversion, young.b.conversion, young.difference, dict(young.a.amounts)) == (None, None, None, {})
    assert young.verdict.message == "Too early to say: 0 of 400 counted sessions in the smaller arm."
    with transaction():
        db.session.execute(update(CheckoutSession).values(expires_at=utc_now()))
    grown = figures()
    assert [(arm.counted, arm.conversion.estimate) for arm in (grown.a, grown.b) if arm.conversion] == [
        (500, 0.3),
        (500, 0.4),
    ]
    assert grown.verdict.outcome is Outcome.B_BETTER


def test_a_session_that_waits_for_its_expiry_counts_and_may_still_be_paid_then(app_context: Flask) -> None:
    version = publish(50)
    with transaction():
        session = session_in(version, "a", "open", expires_at=utc_now())
    assert (figures().a.counted, figures().a.paid) == (1, 0)
    with transaction():
        payment_row(db.session.get_one(CheckoutSession, session.id), status=PaymentStatus.PAID)
    assert (figures().a.counted, figures().a.paid) == (1, 1)


def age_activations(days: list[int]) -> None:
    """Let the activations have happened so many days ago, oldest first; the first is that of the seed."""
    with transaction():
        for number, ago in enumerate(days, 1):
            at = utc_now() - timedelta(days=ago)
            db.session.execute(update(RuleSetActivation).where(RuleSetActivation.id == number).values(at=at))


@pytest.mark.parametrize(("ended_days_ago", "listed"), [(89, True), (91, False)])
def test_an_experiment_that_ended_is_listed_for_ninety_days(
    app_context: Flask, ended_days_ago: int, listed: bool
) -> None:
    publish(50)
    publish(None)
    age_activations([300, 200, ended_days_ago])
    found = list_runs()
    assert len(found) == listed
    if listed:
        assert found[0].ended_at is not None
        assert (found[0].ended_at - found[0].began_at).days == 200 - ended_days_ago


@pytest.mark.parametrize("changes", [{"enabled": False}, {"offer": offer("ideal")}])
def test_an_experiment_ends_when_its_rule_is_switched_off_or_its_offer_changes(
    app_context: Flask, changes: dict[str, Any]
) -> None:
    publish(50)
    publish(50, **changes)
    ended = [run.rule.offer.methods[0].method for run in list_runs() if run.ended_at]
    assert ended == ["card"]


def test_going_back_to_a_version_runs_its_experiment_again(app_context: Flask) -> None:
    first = publish(50)
    publish(None)
    rule_sets.activate_version(first, actor="tester")
    (run,) = list_runs("rule_all")
    assert (run.versions, run.ended_at) == (frozenset({first}), None)
    assert list_runs("rule_other") == []
