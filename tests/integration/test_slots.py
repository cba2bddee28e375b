"""Slots for provider calls: when all are held, paying is put off with nothing recorded, and everything else answers."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from flask import Flask

from app.models import db
from app.services import payments, slots
from app.services.errors import Busy
from tests.support.api import Api
from tests.support.customer import Customer, words_of
from tests.support.flow import attempts_of, open_session, pay
from tests.support.problems import assert_problem
from tests.support.rows import row_counts
from tests.support.sandbox import SandboxService


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for a slot that will not come free."""
    monkeypatch.setattr(slots, "PATIENCE", 0.05)


@contextmanager
def every_slot_held(app: Flask) -> Iterator[None]:
    """As if each thread that may wait for a provider did."""
    with ExitStack() as held:
        with app.app_context():
            for _ in range(app.config["JUNCTION"].web_threads - slots.KEPT_FREE):
                held.enter_context(slots.provider_slot())
        yield


def counts(app: Flask) -> dict[str, int]:
    with app.app_context():
        return row_counts()


def test_no_service_asks_a_provider_without_a_slot(app: Flask, sandbox: SandboxService) -> None:
    with app.app_context():
        fresh, started = open_session().id, pay(open_session().id)
        attempt_id, page_url = started.id, started.redirect_url
        before = row_counts()
        with every_slot_held(app):
            with pytest.raises(Busy):
                pay(fresh)
            sandbox.approve(page_url)
            for ask in (payments.settle, payments.abandon):
                with pytest.raises(Busy):
                    ask(attempt_id, actor="tester")
        assert row_counts() == before
        assert attempts_of(fresh) == []
        assert payments.settle(attempt_id).status == "succeeded"
        assert pay(fresh).status == "pending", "a slot was not given back"


@pytest.mark.usefixtures("app_context")
def test_nobody_waits_for_the_locks_of_who_waits_for_a_slot(app: Flask) -> None:
    held: list[bool] = []

    class NoneFree:
        def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
            if blocking:
                held.append(db.session().in_transaction())
            return False

    session_id = open_session().id
    app.extensions["provider_slots"] = NoneFree()
    with pytest.raises(Busy):
        pay(session_id)
    assert held == [False]


def test_a_slot_comes_back_whatever_happens_inside(app: Flask) -> None:
    with app.app_context():
        for _ in range(app.config["JUNCTION"].web_threads):
            with pytest.raises(RuntimeError), slots.provider_slot():
                raise RuntimeError
        with slots.provider_slot():
            pass


def test_a_merchant_is_told_when_to_come_again_and_may_use_the_same_key(app: Flask, api: Api) -> None:
    session_id = api.open_session()["id"]
    before = counts(app)
    with every_slot_held(app):
        refused = api.pay(session_id, key="key-1")
        assert_problem(refused, 503, None, "try again")
        assert (refused.json["code"], refused.headers["Retry-After"]) == ("busy", "2")
        assert counts(app) == before
        for path in ("/v1/payments", f"/v1/checkout/sessions/{session_id}", "/v1/rules/versions"):
            assert api.get(path).status_code == 200, path
        assert api.open_session()["status"] == "open"
    paid = api.pay(session_id, key="key-1")
    assert (paid.status_code, paid.json["next_action"]["type"]) == (200, "redirect")


def test_a_customer_reads_a_page_and_every_other_page_answers(app: Flask, sandbox: SandboxService) -> None:
    chooser, payer = Customer(app), Customer(app)
    page_url = payer.pay()
    back = sandbox.approve(page_url).removeprefix("http://localhost")
    before = counts(app)
    with every_slot_held(app):
        refusals = [chooser.send("pay", method="card", accept_terms="yes"), payer.client.get(back)]
        refusals += [payer.send("check"), payer.send("change")]
        for reply in refusals:
            assert (reply.status_code, reply.mimetype) == (503, "text/html")
            assert "We are busy at the moment" in words_of(reply)
            assert "Nothing is lost" in words_of(reply)
        assert counts(app) == before
        for path in (chooser.path, payer.path, f"{payer.path}/status", "/shop", "/healthz", "/admin/login"):
            assert chooser.client.get(path).status_code == 200, path
    payer.send("check")
    assert "Payment received" in payer.words()
    assert chooser.pay().startswith(sandbox.url)
