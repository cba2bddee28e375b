"""Idempotency keys: one key is one request, whoever repeats it, whenever, and however many at once."""

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.models import ApiKey, IdempotencyKey, db, utc_now
from app.services import idempotency
from app.services.errors import TermsNotAccepted
from app.services.idempotency import (
    ABANDONED,
    KEPT,
    Answer,
    KeyBusy,
    KeyMalformed,
    KeyMissing,
    KeyReused,
    fingerprint,
    forget_old,
    once,
)
from tests.support.api import Api, session_body
from tests.support.problems import assert_problem
from tests.support.threads import together


def ask(key: str | None = "key-1", print_: str = "a", handle: Any = None) -> Answer:
    """One request under `key`; by default it is answered with the id of what it made."""
    api_key = db.session.scalars(select(ApiKey.id)).first()
    db.session.rollback()
    return once(api_key, key, print_, "cs", handle or (lambda resource_id: (201, {"id": resource_id})))


def keys() -> int:
    db.session.rollback()
    return int(db.session.scalar(select(func.count()).select_from(IdempotencyKey)))


@pytest.mark.usefixtures("app_context")
def test_a_repeated_request_gets_the_first_answer_and_does_nothing() -> None:
    first = ask()
    again = ask(handle=lambda _: pytest.fail("it was done twice"))
    assert (again.status, again.body, first.replayed, again.replayed) == (201, first.body, False, True)


@pytest.mark.usefixtures("app_context")
@pytest.mark.parametrize("key", [None, ""])
def test_a_missing_key_is_refused(key: str | None) -> None:
    with pytest.raises(KeyMissing) as refused:
        ask(key)
    assert (refused.value.status, refused.value.field) == (400, "Idempotency-Key")
    assert keys() == 0


@pytest.mark.usefixtures("app_context")
@pytest.mark.parametrize("key", ["x" * 256, "clé", "a\nb", "a\x00b", "\x7f"])
def test_a_malformed_key_is_refused(key: str) -> None:
    with pytest.raises(KeyMalformed):
        ask(key)
    assert keys() == 0


@pytest.mark.usefixtures("app_context")
def test_a_key_used_for_another_request_is_refused() -> None:
    ask(print_="a")
    with pytest.raises(KeyReused) as refused:
        ask(print_="b", handle=lambda _: pytest.fail("it was done"))
    assert refused.value.status == 422


def test_requests_differ_by_method_path_and_body() -> None:
    prints = {
        fingerprint(*parts)
        for parts in [
            ("POST", "/a", b"1"),
            ("PUT", "/a", b"1"),
            ("POST", "/b", b"1"),
            ("POST", "/a", b"2"),
            ("POST", "/a1", b""),
        ]
    }
    assert len(prints) == 5


@pytest.mark.usefixtures("app_context")
def test_a_refused_request_may_use_its_key_again_once_it_is_mended() -> None:
    def refuse(_: str) -> Any:
        raise TermsNotAccepted

    with pytest.raises(TermsNotAccepted):
        ask(handle=refuse)
    assert ask(print_="mended").status == 201


@pytest.mark.usefixtures("app_context")
def test_a_request_that_crashed_is_resumed_and_makes_the_same_thing() -> None:
    made: list[str] = []

    def crash(resource_id: str) -> Any:
        made.append(resource_id)
        raise RuntimeError("the lights went out")

    with pytest.raises(RuntimeError):
        ask(handle=crash)
    assert ask().body == {"id": made[0]}


@pytest.mark.usefixtures("app_context")
def test_the_key_of_a_killed_process_is_busy_and_then_taken_over() -> None:
    """A killed process runs no handler of exceptions: its lock stays behind."""
    api_key = db.session.scalars(select(ApiKey.id)).first()
    db.session.add(
        IdempotencyKey(
            id="idem_1", api_key_id=api_key, key="key-1", fingerprint="a", resource_id="cs_1", locked_at=utc_now()
        )
    )
    db.session.commit()
    with pytest.raises(KeyBusy) as refused:
        ask()
    assert refused.value.status == 409
    row = db.session.get(IdempotencyKey, "idem_1")
    row.locked_at = utc_now() - ABANDONED - timedelta(seconds=1)
    db.session.commit()
    assert ask().body == {"id": "cs_1"}


def test_sixteen_at_once_are_one(app: Flask) -> None:
    made: list[str] = []
    finish = threading.Event()

    def handle(resource_id: str) -> tuple[int, dict[str, str]]:
        made.append(resource_id)
        finish.wait(0.5)  # long enough for the others to find the key in use
        return 201, {"id": resource_id}

    def request() -> Answer:
        with app.app_context():
            return ask(handle=handle)

    answers = together(16, request)
    assert len(made) == 1
    for answer in answers:
        assert isinstance(answer, KeyBusy) or answer.body == {"id": made[0]}, answer
    assert sum(isinstance(answer, Answer) and not answer.replayed for answer in answers) == 1
    with app.app_context():
        assert ask().body == {"id": made[0]}


@pytest.fixture
def freed_just_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another request holds the key when ours asks for it, is refused, and frees it before ours looks who has it."""

    def insert_once(model: Any, values: dict[str, Any], *, unique: list[str]) -> bool:
        assert (model, unique) == (IdempotencyKey, ["api_key_id", "key"])
        return False

    monkeypatch.setattr(idempotency, "insert_once", insert_once)


@pytest.mark.usefixtures("app_context", "freed_just_now")
def test_a_key_freed_while_it_was_asked_for_is_busy() -> None:
    with pytest.raises(KeyBusy) as refused:
        ask(handle=lambda _: pytest.fail("it was done without its key"))
    assert refused.value.status == 409


@pytest.mark.usefixtures("freed_just_now")
def test_a_merchant_is_told_to_come_again_when_a_key_was_freed_just_now(api: Api) -> None:
    reply = api.post("/v1/checkout/sessions", session_body())
    assert_problem(reply, 409, "Idempotency-Key", "try again")
    assert (reply.json["code"], reply.headers["Retry-After"]) == ("idempotency_key_busy", "2")


def test_refused_requests_at_once_never_break_on_each_others_key(app: Flask) -> None:
    """Each frees the key it holds while the others ask for it."""

    def refuse(_: str) -> Any:
        raise TermsNotAccepted

    def request() -> None:
        with app.app_context():
            for _ in range(10):
                with pytest.raises((TermsNotAccepted, KeyBusy)):
                    ask(handle=refuse)

    assert together(8, request) == [None] * 8
    with app.app_context():
        assert keys() == 0


@pytest.mark.usefixtures("app_context")
def test_two_merchants_may_use_the_same_key() -> None:
    first = ask()
    db.session.add(ApiKey(id="key_other", name="other", prefix="sk_other", sha256="0" * 64))
    db.session.commit()
    other = once("key_other", "key-1", "b", "cs", lambda resource_id: (201, {"id": resource_id}))
    assert other.body != first.body


@pytest.mark.usefixtures("app_context")
def test_an_answer_survives_as_it_was_given() -> None:
    body = {"text": "naïve 👛", "nested": {"list": [1, None, True]}, "big": 10**15}
    ask(handle=lambda _: (202, body))
    assert json.dumps(ask().body, sort_keys=True) == json.dumps(body, sort_keys=True)


@pytest.mark.usefixtures("app_context")
def test_old_keys_are_forgotten() -> None:
    ask()
    row = db.session.scalars(select(IdempotencyKey)).one()
    row.created_at = utc_now() - KEPT - timedelta(seconds=1)
    db.session.commit()
    ask("key-2")
    forget_old()
    assert keys() == 1
