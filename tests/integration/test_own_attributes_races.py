"""Attributes changed, removed, carried and published in one moment: rules and facts never name what is not there."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from app.models import CheckoutSession, OwnAttribute, RuleSetVersion, db
from app.services import own_attributes, rule_sets
from app.services.attribute_errors import AttributeChanged, AttributeInUse, RulesOutdated
from app.services.attribute_fields import Fields
from app.services.errors import FieldsRefused, NotFound
from app.services.transaction import release
from rules import InvalidFacts, InvalidRuleSet
from tests.support import flow
from tests.support.attributes import asking_for, declare
from tests.support.threads import together


def at_once(app: Flask, *acts: Callable[[], Any]) -> list[Any]:
    """Do different things together; for each, what it returned or raised, in the order they ended."""
    waiting = list(acts)

    def run() -> Any:
        act = waiting.pop()
        with app.app_context():
            return act()

    return together(len(acts), run)


@contextmanager
def before_commit(app: Flask, act: Callable[[], Any]) -> Iterator[None]:
    """Let `act` begin in another thread just before the next commit of this one, and end whenever it can."""
    mine = threading.get_ident()
    others: list[threading.Thread] = []

    def run() -> None:
        with app.app_context():
            act()

    def begin(_connection: Any) -> None:
        if threading.get_ident() == mine and not others:
            others.append(threading.Thread(target=run, daemon=True))
            others[0].start()
            others[0].join(0.5)  # long enough to get as far as it may

    event.listen(db.engine, "commit", begin)
    try:
        yield
    finally:
        event.remove(db.engine, "commit", begin)
        for other in others:
            other.join(60)
            assert not other.is_alive()


def test_of_people_who_change_one_at_once_one_is_first(app: Flask) -> None:
    with app.app_context():
        declare()
    names = ["One", "Two", "Three", "Four"]
    changes = [
        lambda name=name: own_attributes.change("vip", Fields(name, "boolean"), revision=1, actor=name)
        for name in names
    ]
    outcomes = at_once(app, *changes)
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [AttributeChanged] * 3
    with app.app_context():
        row = own_attributes.get_own("vip")
        assert row.revision == 2
        assert row.label in names


def test_one_key_and_one_label_are_given_once(app: Flask) -> None:
    same_key = at_once(app, *[lambda label=label: declare("vip", label=label) for label in ("A", "B", "C", "D")])
    same_label = at_once(app, *[lambda key=key: declare(key, label="Same") for key in ("a", "b", "c", "d")])
    for outcomes in (same_key, same_label):
        assert len([outcome for outcome in outcomes if isinstance(outcome, FieldsRefused)]) == 3
        assert outcomes.count(None) == 1


def test_no_version_names_what_was_removed_while_it_was_tried(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The trial of a rule set takes a while: here, as long as it takes to remove what it tests, or to change it."""
    tried = rule_sets.try_out
    meanwhile: list[Callable[[], Any]] = []

    def slow(document: Any) -> None:
        tried(document)
        meanwhile.pop()()

    monkeypatch.setattr(rule_sets, "try_out", slow)
    with app.app_context():
        declare()
        declare("loyalty", "string", choices=("silver", "gold"))
        for act, document in (
            (lambda: own_attributes.remove("vip", actor="anna"), asking_for("vip")),
            (
                lambda: own_attributes.change("loyalty", Fields("L", "string", ("gold",)), revision=1, actor="anna"),
                asking_for("loyalty", "equals", "silver"),
            ),
            (
                lambda: own_attributes.change("loyalty", Fields("L", "boolean"), revision=2, actor="anna"),
                asking_for("loyalty", "equals", "gold"),
            ),
        ):
            meanwhile.append(act)
            with pytest.raises(RulesOutdated):
                rule_sets.publish(document, author="bruno")
        declare("wider", "string", choices=("a",))
        wider = Fields("Wider", "string", ("a", "b"))
        meanwhile.append(lambda: own_attributes.change("wider", wider, revision=1, actor="anna"))
        rule_sets.publish(asking_for("wider", "equals", "a"), author="bruno")
        assert list(db.session.scalars(select(RuleSetVersion.number))) == [1, 2]


def test_publishing_and_removing_at_once_leave_no_rule_without_its_attribute(app: Flask) -> None:
    for turn in range(4):
        key = f"own_{turn}"
        with app.app_context():
            declare(key)
        outcomes = at_once(
            app,
            lambda key=key: rule_sets.publish(asking_for(key), author="bruno") and "published",
            lambda key=key: own_attributes.remove(key, actor="anna"),
        )
        refusals = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        assert len(refusals) == 1
        assert isinstance(refusals[0], RulesOutdated | InvalidRuleSet | AttributeInUse), refusals
        with app.app_context():
            there = db.session.get(OwnAttribute, key) is not None
            assert there == ("published" in outcomes)


def test_what_a_session_carries_first_cannot_be_removed_at_the_same_time(app: Flask) -> None:
    with app.app_context():
        declare()
        refused: list[Exception] = []

        def remove() -> None:
            try:
                own_attributes.remove("vip", actor="anna")
            except AttributeInUse as used:
                refused.append(used)

        with before_commit(app, remove):
            flow.open_session(attributes={"vip": True})
        assert len(refused) == 1
        release()
        assert own_attributes.get_own("vip").carried_at is not None


def test_what_is_being_removed_is_carried_by_no_session(app: Flask) -> None:
    with app.app_context():
        declare()
        refused: list[Exception] = []

        def carry() -> None:
            try:
                flow.open_session(attributes={"vip": True}, reference="too-late")
            except InvalidFacts as invalid:
                refused.append(invalid)

        with before_commit(app, carry):
            own_attributes.remove("vip", actor="anna")
        assert len(refused) == 1
        release()
        assert db.session.scalar(select(CheckoutSession).where(CheckoutSession.reference == "too-late")) is None
        with pytest.raises(NotFound):
            own_attributes.get_own("vip")


def test_many_sessions_carry_several_new_ones_at_once(app: Flask) -> None:
    keys = [f"own_{number}" for number in range(5)]
    with app.app_context():
        for key in keys:
            declare(key, "integer")

    def open_one(turn: int) -> str:
        ordered = keys if turn % 2 else list(reversed(keys))
        return str(flow.open_session(attributes=dict.fromkeys(ordered, turn)).id)

    outcomes = at_once(app, *[lambda turn=turn: open_one(turn) for turn in range(8)])
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    with app.app_context():
        assert all(row.carried_at is not None for row in own_attributes.list_own())
