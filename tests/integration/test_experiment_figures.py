"""Figures of experiments: equal to a plain recount, over the right versions, and no verdict before there is enough."""

import random
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from app.domain.proportions import difference, proportion
from app.domain.statuses import SessionStatus
from app.models import RuleSetActivation, db, utc_now
from app.services import rule_sets
from app.services.experiment_runs import list_runs
from app.services.experiments import ArmFigures, ExperimentFigures, Outcome, list_experiments, points
from app.services.transaction import transaction
from rules import Group, Offer, Rule
from tests.support.experiments import decide, offer, publish, session_in
from tests.support.rows import session_row


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
            session = session_in(version, arm, fate, amount=amount, currency=currency)
            if chance.random() < 0.3:  # asked anew: it still counts once, where it was first
                decide(session, again, chance.choice("ab"), 1)
            if version in (publish_other_share, between):
                continue
            counted[arm, "sessions"] += 1
            counted[arm, "finished"] += fate != "open"
            if fate in ("paid", "refunded"):
                counted[arm, "paid"] += 1
                counted[arm, currency] += amount
    running, ended = list_experiments()
    assert (running.versions, running.ended_at) == ((first, last, again), None)
    assert (ended.versions, ended.share) == ((publish_other_share,), 31)
    for arm in (running.a, running.b):
        assert (arm.sessions, arm.finished, arm.paid) == tuple(
            counted[arm.arm, key] for key in ("sessions", "finished", "paid")
        )
        assert dict(arm.amounts) == {code: counted[arm.arm, code] for code in ("CHF", "EUR", "JPY")}
        assert all(type(amount) is int for amount in arm.amounts.values())
        assert arm.open == arm.sessions - arm.finished
        assert arm.conversion == proportion(arm.paid, arm.finished)
    assert running.difference == difference(running.a.conversion, running.b.conversion)
    assert running.rule.name == "Everybody"


def test_a_session_that_came_to_the_rule_later_counts_from_there_and_other_rules_do_not(app_context: Flask) -> None:
    version = publish(50)
    with transaction():
        session = session_row(status=SessionStatus.EXPIRED)
        decide(session, version, None, 0, "rule_before")
        decide(session, version, "b", 1)
        decide(session, version, "b", 2)
        decide(session_row(), version, "a", 0, "rule_other")
        decide(session_row(), version, None)
    assert (figures().a.sessions, figures().b.sessions, figures().b.finished) == (0, 1, 1)


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
    assert found.verdict.message == "Too early to say: 0 of 400 finished sessions in the smaller arm."


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


BEGAN = datetime.fromisoformat("2026-01-01T00:00:00+00:00")


def experiment(a: tuple[int, int], b: tuple[int, int], ended: bool = False) -> ExperimentFigures:
    """An experiment with (paid, finished) of both arms."""
    arms = [ArmFigures(name, Offer(), of + 7, of, paid, {}) for name, (paid, of) in (("a", a), ("b", b))]
    return ExperimentFigures(Rule("r", "R", Group(), Offer()), 50, (1,), BEGAN, BEGAN if ended else None, *arms)


@pytest.mark.parametrize(
    ("a", "b", "outcome", "message"),
    [
        ((0, 132), (90, 400), "too_early", "Too early to say: 132 of 400 finished sessions in the smaller arm."),
        ((399, 399), (0, 9_000), "too_early", "Too early to say: 399 of 400 finished sessions in the smaller arm."),
        ((0, 400), (19, 400), "too_early", "Too early to say: 19 of 20 paid sessions in the two arms together."),
        ((0, 400), (20, 400), "b_better", "Offer B converts better by 3.0 to 7.6 points."),
        ((300, 1_000), (240, 1_000), "a_better", "Offer A converts better by 2.1 to 9.9 points."),
        (
            (300, 1_000),
            (305, 1_000),
            "no_difference",
            "No difference can be told: offer B may convert anything from 3.5 points worse to 4.5 points better.",
        ),
    ],
)
def test_the_verdict(a: tuple[int, int], b: tuple[int, int], outcome: str, message: str) -> None:
    verdict = experiment(a, b).verdict
    assert (verdict.outcome, verdict.message) == (outcome, message)


def test_the_verdict_on_one_that_ended_is_not_early() -> None:
    assert experiment((1, 2), (1, 2), ended=True).verdict.message.startswith("Too few to say: 2 of 400")


def test_points() -> None:
    assert [points(each) for each in (0.0, 0.012, 0.0004, 1.0, -0.25)] == ["0.0", "1.2", "0.04", "100.0", "-25.0"]
