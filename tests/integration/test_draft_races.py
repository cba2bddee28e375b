"""Several people at the draft in the same moment: one is first, the others are told, and nothing is lost."""

import itertools
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.models import RuleSetDraft, db
from app.services import draft_publishing, drafts, rule_sets
from app.services.errors import DraftChanged, Refusal
from app.services.transaction import transaction
from tests.support.drafts import renamed
from tests.support.threads import together

Actor = Callable[[str], Any]


def at_once(app: Flask, count: int, act: Actor) -> tuple[list[Any], list[Exception]]:
    """Let people with different names act together; what was returned to them, and what was raised."""
    names = itertools.count()

    def run() -> Any:
        with app.app_context():
            return act(f"person {next(names)}")

    results = together(count, run)
    refused = [result for result in results if isinstance(result, Exception)]
    return [result for result in results if not isinstance(result, Exception)], refused


def approved(app: Flask) -> int:
    """A draft that may be published; its revision."""
    with app.app_context():
        revision = drafts.get_draft().revision
        saved = drafts.save_draft(renamed("Ready"), revision=revision, author="anna")
        return drafts.approve(revision=saved.revision, approver="bruno").revision


def test_readers_of_a_draft_that_is_not_there_yet_get_the_same_one(app: Flask) -> None:
    drafted, refused = at_once(app, 8, lambda _: drafts.get_draft().revision)
    assert (drafted, refused) == ([1] * 8, [])


def test_of_authors_who_save_at_once_one_is_first(app: Flask) -> None:
    with app.app_context():
        revision = drafts.get_draft().revision

    def save(name: str) -> str:
        return str(drafts.save_draft(renamed(name), revision=revision, author=name).author)

    for _ in range(5):
        [winner], refused = at_once(app, 4, save)
        assert [type(error) for error in refused] == [DraftChanged] * 3
        assert all(error.who == winner for error in refused), "the others were told another name"
        with app.app_context():
            draft = drafts.get_draft()
            assert (draft.author, draft.document["rules"][0]["name"]) == (winner, winner)
            assert draft.revision == revision + 1
            revision = draft.revision


def test_authors_who_read_again_lose_no_edit(app: Flask) -> None:
    """Each adds a mark to the note of the same rule until it is in."""

    def add_mark(name: str) -> None:
        while True:
            draft = drafts.get_draft()
            document = draft.document | {"rules": [dict(rule) for rule in draft.document["rules"]]}
            document["rules"][0]["name"] += f" {name[-1]}"
            try:
                drafts.save_draft(document, revision=draft.revision, author=name)
            except DraftChanged:
                continue
            return

    _, refused = at_once(app, 4, add_mark)
    assert refused == []
    with app.app_context():
        marks = drafts.get_draft().document["rules"][0]["name"].split()[-4:]
    assert sorted(marks) == ["0", "1", "2", "3"]


def test_of_approvers_the_first_one_stays(app: Flask) -> None:
    with app.app_context():
        drafts.save_draft(renamed("Ready"), revision=drafts.get_draft().revision, author="anna")
    named, refused = at_once(app, 4, lambda name: drafts.approve(revision=2, approver=name).approver)
    assert refused == []
    with app.app_context():
        assert set(named) == {drafts.get_draft().approver}


def test_a_revision_is_published_once_however_many_ask(app: Flask) -> None:
    revision = approved(app)
    published, refused = at_once(
        app, 4, lambda name: draft_publishing.publish(revision=revision, actor=name, note="Go").number
    )
    assert published == [2]
    assert [type(error) for error in refused] == [DraftChanged] * 3
    with app.app_context():
        assert [version.number for version in rule_sets.list_versions()] == [2, 1]
        assert len(rule_sets.list_events()) == 2


def test_a_publication_and_an_edit_at_once_never_mix(app: Flask) -> None:
    """Either the approved revision goes live and the author is told, or the edit is saved and nothing goes live."""
    versions = 1
    for _ in range(4):
        revision = approved(app)
        turn = itertools.count()

        def act(name: str, revision: int = revision, turn: Any = turn) -> str:
            if next(turn) % 2:
                draft_publishing.publish(revision=revision, actor=name, note="Go")
                return "published"
            drafts.save_draft(renamed("Edited"), revision=revision, author=name)
            return "saved"

        [done], refused = at_once(app, 2, act)
        assert [type(error) for error in refused] == [DraftChanged]
        with app.app_context():
            draft = drafts.get_draft()
            if done == "published":
                versions += 1
                assert (draft.author, draft.based_on) == (None, versions)
            else:
                assert draft.document["rules"][0]["name"] == "Edited"
            assert rule_sets.active_number() == versions
            names = {rule_sets.ruleset_of(n).rules[0].name for n in range(2, versions + 1)}
            assert names <= {"Ready"}


def test_a_roll_back_at_the_same_moment_is_not_undone(app: Flask) -> None:
    """Whatever comes first: a draft that was approved over version 2 never follows version 1."""
    with app.app_context():
        rule_sets.publish(renamed("Second"), author="command line")
    revision = approved(app)
    turn = itertools.count()

    def act(name: str) -> str:
        if next(turn):
            rule_sets.activate_version(1, actor=name)
            return "rolled back"
        draft_publishing.publish(revision=revision, actor=name, note="Go")
        return "published"

    _, refused = at_once(app, 2, act)
    assert all(isinstance(error, Refusal) for error in refused)
    with app.app_context():
        events = [event.version for event in reversed(rule_sets.list_events())]
    assert events in ([1, 2, 3, 1], [1, 2, 1])


def test_publications_from_the_draft_and_from_files_at_once_are_numbered_without_gaps(app: Flask) -> None:
    revision = approved(app)
    turn = itertools.count()

    def act(name: str) -> int:
        if next(turn):
            return rule_sets.publish(renamed(name), author=name).number
        return draft_publishing.publish(revision=revision, actor=name, note="Go").number

    numbers, refused = at_once(app, 4, act)
    assert all(isinstance(error, Refusal) for error in refused)
    with app.app_context():
        assert sorted([1, *numbers]) == sorted(version.number for version in rule_sets.list_versions())
        assert sorted(numbers) == list(range(2, 2 + len(numbers)))
        assert db.session.query(RuleSetDraft).count() == 1


def test_a_publication_waits_for_the_one_that_is_taking_the_next_number(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    revision = approved(app)
    ready, answers = threading.Event(), []

    def tried(document: object) -> rule_sets.Tried:
        made = original(document)
        ready.set()
        return made

    def publish() -> None:
        with app.app_context():
            try:
                answers.append(draft_publishing.publish(revision=revision, actor="carla", note="Go").number)
            except Exception as error:
                answers.append(error)

    with app.app_context():
        version = rule_sets.tried(renamed("From a file"))
        original = rule_sets.tried
        monkeypatch.setattr(rule_sets, "tried", tried)
        thread = threading.Thread(target=publish, daemon=True)
        with transaction():
            rule_sets.one_publisher_at_a_time()
            rule_sets.add_version(version, authors=["anna"], note="", actor=None)
            thread.start()
            ready.wait(1)  # on SQLite the other one waits earlier, for this very transaction
            time.sleep(0.3)
        thread.join(30)
    assert answers == [3]
