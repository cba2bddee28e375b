"""Publishing from the draft while customers come and several people write and approve: nobody loses anything."""

import copy
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from flask import Flask

from app.models import utc_now
from app.services import draft_publishing, drafts, rule_sets
from app.services.errors import DraftChanged, Refusal
from rules import seed_json
from tests.support.api import Api
from tests.support.hub import SEED_VERSION, variant
from tests.support.waiting import wait_until

NAME = "Italian consumers"
PUBLICATIONS = 8
EDITS = 4  # of each author


@pytest.fixture
def strict(app: Flask) -> Flask:
    """A hub where nobody approves what they wrote themselves."""
    return variant(app, one_person_publishes=False)


def renamed(number: int) -> dict[str, Any]:
    """The rules of a new hub with the Italian one named after a version, so that a decision shows where it is from."""
    document = copy.deepcopy(seed_json())
    [rule] = [rule for rule in document["rules"] if rule["name"] == NAME]
    rule["name"] = name_in(number)
    return document


def name_in(number: int) -> str:
    return NAME if number == SEED_VERSION else f"{NAME} {number}"


@dataclass
class Activation:
    """A version became the active one at some moment between these two."""

    version: int
    began: datetime
    ended: datetime


@dataclass
class Answer:
    """What a customer's shop was told, and when it asked and got it."""

    decision: dict[str, Any]
    began: datetime
    ended: datetime


def was_active(version: int, answer: Answer, activations: list[Activation]) -> bool:
    """Whether the version was the active one at some moment while the answer was made."""
    ends = [later.ended for later in activations[1:]] + [answer.ended]
    return any(
        one.version == version and one.began <= answer.ended and end >= answer.began
        for one, end in zip(activations, ends, strict=True)
    )


@pytest.mark.timeout(300)
def test_no_session_fails_and_each_decision_is_of_the_version_that_was_active(strict: Flask) -> None:
    answers: list[Answer] = []
    activations = [Activation(SEED_VERSION, utc_now(), utc_now())]
    over = threading.Event()
    failures: list[Exception] = []

    def buy() -> None:
        try:
            api = Api(strict.test_client())
            while not over.is_set():
                began = utc_now()
                answers.append(Answer(api.open_session()["decision"], began, utc_now()))
        except Exception as error:  # a failed session is told after the thread's end, which would hide it
            failures.append(error)

    def activate(version: int, act: Callable[[], object]) -> None:
        began = utc_now()
        act()
        activations.append(Activation(version, began, utc_now()))

    threads = [threading.Thread(target=buy, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        with strict.app_context():
            for number in range(SEED_VERSION + 1, SEED_VERSION + 1 + PUBLICATIONS):
                publish(number, activate)
                if number % 3 == 0:
                    back = number // 2
                    activate(back, lambda back=back: rule_sets.activate_version(back, actor="carla"))
    finally:
        over.set()
        for thread in threads:
            thread.join(60)

    assert failures == []
    wrong = [one for one in answers if not was_active(one.decision["version"], one, activations)]
    assert wrong == [], activations
    assert all(one.decision["rule"]["name"] == name_in(one.decision["version"]) for one in answers)
    assert len({one.decision["version"] for one in answers}) > PUBLICATIONS / 2, "there was hardly any traffic"
    with strict.app_context():
        events = [event.version for event in reversed(rule_sets.list_events())]
    assert events == [one.version for one in activations]


def publish(number: int, activate: Callable[[int, Callable[[], object]], None]) -> None:
    """Bring a draft to customers as version `number`."""
    revision = drafts.get_draft().revision
    revision = drafts.save_draft(renamed(number), revision=revision, author="anna").revision
    with pytest.raises(Refusal):
        drafts.approve(revision=revision, approver="anna")
    drafts.approve(revision=revision, approver="bruno")
    activate(number, lambda: draft_publishing.publish(revision=revision, actor="bruno", note="Go"))


@pytest.mark.timeout(300)
def test_of_two_authors_and_two_approvers_at_once_no_edit_is_lost_and_what_was_approved_goes_live(
    strict: Flask,
) -> None:
    live: dict[int, dict[str, Any]] = {}  # version number -> the document that its approver read
    failures: list[Exception] = []
    done = threading.Event()

    def write(name: str) -> None:
        for number in range(EDITS):
            add_rule(f"rule_{name}_{number}", name)
            seen = len(live)
            assert wait_until(lambda seen=seen: len(live) > seen, seconds=60), "nobody published what was written"

    def approve(name: str) -> None:
        while not done.is_set():
            draft = drafts.get_draft()
            if draft.author is None:
                done.wait(0.02)
                continue
            try:
                drafts.approve(revision=draft.revision, approver=name)
                version = draft_publishing.publish(revision=draft.revision, actor=name, note=f"By {name}")
            except Refusal:
                continue  # somebody was faster, and this approver reads the draft again
            assert version.number not in live, "one version was published twice"
            live[version.number] = draft.document

    def run(act: Callable[[str], None], name: str) -> None:
        try:
            with strict.app_context():
                act(name)
        except Exception as error:
            failures.append(error)

    authors = [threading.Thread(target=run, args=(write, name), daemon=True) for name in ("anna", "arne")]
    approvers = [threading.Thread(target=run, args=(approve, name), daemon=True) for name in ("bruno", "britta")]
    for thread in authors + approvers:
        thread.start()
    for thread in authors:
        thread.join(200)
    done.set()
    for thread in approvers:
        thread.join(60)

    assert failures == []
    with strict.app_context():
        versions = {version.number: version for version in rule_sets.list_versions()}
        del versions[SEED_VERSION]
        assert sorted(versions) == sorted(live) == list(range(2, 2 + len(live)))
        assert all(versions[number].document == document for number, document in live.items())
        assert {version.approver for version in versions.values()} <= {"bruno", "britta"}
        assert {version.author for version in versions.values()} <= {"anna", "arne"}
        events = [event.version for event in reversed(rule_sets.list_events())]
        assert events == [SEED_VERSION, *sorted(live)]
        ids = {rule.id for rule in rule_sets.ruleset_of(max(versions)).rules}
    expected = {f"rule_{name}_{number}" for name in ("anna", "arne") for number in range(EDITS)}
    assert expected <= ids, "an edit was lost"
    assert EDITS <= len(live) <= 2 * EDITS


def add_rule(id_: str, author: str) -> None:
    """Add a rule to the draft as it is, however often somebody else is faster."""
    rule = copy.deepcopy(seed_json()["rules"][-1]) | {"id": id_, "name": id_}
    while True:
        draft = drafts.get_draft()
        document = draft.document | {"rules": [rule, *draft.document["rules"]]}
        try:
            drafts.save_draft(document, revision=draft.revision, author=author)
        except DraftChanged:
            continue
        return
