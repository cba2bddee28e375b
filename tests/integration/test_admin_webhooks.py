"""The pages of webhooks out: registering, the secret shown once, the log, replay, and who may do what."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.models import EventDelivery, WebhookEndpoint, db, utc_now
from app.services import event_deliveries, webhook_endpoints
from tests.support.backoffice import Operator, add_person
from tests.support.receiver import Receiver, replying
from tests.support.webhooks_out import paid, run_due

PATH = "/admin/webhooks/"
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]+")


@pytest.fixture(params=["sqlite"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """What the pages show does not depend on the kind of database."""
    return str(request.param)


@pytest.fixture
def operator(app: Flask, receiver: Receiver) -> Operator:
    return Operator(app)


def only_id(app: Flask, model: type[WebhookEndpoint | EventDelivery]) -> str:
    with app.app_context():
        return db.session.scalars(select(model.id)).one()


def something_happens(app: Flask) -> None:
    with app.app_context():
        paid()
        run_due()


def snippet(page: str, language: str) -> str:
    """The code that a page shows, as somebody would copy it."""
    [code] = re.findall(rf'<code data-language="{language}">(.*?)</code>', page, re.DOTALL)
    return unescape(code)


def test_an_endpoint_is_registered_and_its_secret_is_shown_once(
    app: Flask, operator: Operator, receiver: Receiver
) -> None:
    assert "No endpoints yet" in operator.words(PATH)
    made = operator.press(PATH + "new", url=receiver.url, description="Orders", which="all")
    assert made.status_code == 200
    [secret] = SECRET.findall(made.text)
    page = PATH + only_id(app, WebhookEndpoint)
    assert secret not in operator.page(page)
    assert SECRET.findall(operator.page(PATH)) == []
    something_happens(app)
    assert "1 delivered" in operator.words(PATH)
    log = operator.words(page)
    assert "payment.paid" in log
    assert "1 · 204" in log


def test_the_code_on_the_page_accepts_what_is_sent_and_nothing_else(
    app: Flask, operator: Operator, receiver: Receiver
) -> None:
    made = operator.press(PATH + "new", url=receiver.url, which="all")
    [secret] = SECRET.findall(made.text)
    something_happens(app)
    [received] = receiver.received
    shown: dict[str, Any] = {}
    exec(snippet(made.text, "python"), shown)  # as somebody who copied it runs it
    verify: Callable[..., Any] = shown["verify"]
    assert verify(secret, received.headers, received.body) == json.loads(received.body)
    other = "whsec_" + "A" * 43 + "="
    for wrong in (
        lambda: verify(other, received.headers, received.body),
        lambda: verify(secret, received.headers, received.body + b" "),
        lambda: verify(secret, received.headers | {"webhook-id": "evt_other"}, received.body),
        lambda: verify(secret, received.headers | {"webhook-signature": "v1,é"}, received.body),
    ):
        with pytest.raises(ValueError, match="does not match"):
            wrong()
    with (
        time_machine.travel(utc_now() + timedelta(minutes=6)),
        pytest.raises(ValueError, match="too long ago"),
    ):
        verify(secret, received.headers, received.body)
    operator.press(f"{PATH}{only_id(app, WebhookEndpoint)}/rotate", keep_old="yes")
    something_happens(app)
    assert verify(secret, receiver.received[1].headers, receiver.received[1].body)["type"] == "payment.paid"


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(app: Flask, operator: Operator) -> None:
    reply = operator.press(PATH + "new", url="https://10.0.0.1/hook", description="Warehouse", which="some")
    assert reply.status_code == 422
    assert "at least one type" in reply.text
    reply = operator.press(PATH + "new", url="https://10.0.0.1/hook", description="Warehouse", which="all")
    assert "private network" in unescape(reply.text)
    assert 'value="https://10.0.0.1/hook"' in reply.text
    assert 'value="Warehouse"' in reply.text
    with app.app_context():
        assert webhook_endpoints.list_endpoints() == []


def test_the_log_tells_each_try_and_sends_again(app: Flask, operator: Operator, receiver: Receiver) -> None:
    operator.press(PATH + "new", url=receiver.url, which="some", event_types="payment.paid")
    page = PATH + only_id(app, WebhookEndpoint)
    receiver.answers = [replying(500, "<b>away</b>")]
    something_happens(app)
    assert "1 failing" in operator.words(PATH)
    path = f"{PATH}deliveries/{only_id(app, EventDelivery)}"
    words = operator.words(path)
    assert "<b>away</b>" in words, "the reply was not shown as text"
    assert '"amount": 12990' in words
    assert "<b>away" not in operator.page(path)
    assert "Tried again later" in words
    assert "Send again" not in words  # it will be, by itself
    with time_machine.travel(utc_now() + timedelta(seconds=10)), app.app_context():
        run_due()
    assert "Send again" in operator.words(path)
    assert operator.press(path + "/replay").status_code == 302
    with app.app_context():
        run_due()
    assert "Sent again by a person Once" in operator.words(path)
    assert len(receiver.received) == 3
    assert "payment.paid" in operator.words(page + "?view=delivered")
    assert "No delivery is in this state" in operator.words(page + "?view=waiting")


def test_off_on_replayed_and_removed(app: Flask, operator: Operator, receiver: Receiver) -> None:
    operator.press(PATH + "new", url=receiver.url, which="all")
    endpoint_id = only_id(app, WebhookEndpoint)
    page = PATH + endpoint_id
    operator.press(page + "/switch", enabled="off")
    assert "Switched off by operator@example.com" in operator.words(page)
    something_happens(app)
    assert operator.press(page + "/test").status_code == 409
    operator.press(page + "/switch", enabled="on")
    for since in ("", "yesterday", "0001-01-01T00:00", "9999-12-31T23:59"):
        assert operator.press(page + "/replay", since=since).status_code == 422, since
    operator.press(page + "/replay", since=(utc_now() - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M"))
    assert "One event is being told again" in operator.words(page)
    assert operator.press(page + "/test").location.startswith(PATH + "deliveries/")
    with app.app_context():
        run_due()
    assert len(receiver.received) == 2
    assert len(SECRET.findall(operator.press(page + "/rotate", keep_old="yes").text)) == 1
    assert operator.press(page + "/rotate", keep_old="yes").status_code == 409
    assert len(SECRET.findall(operator.press(page + "/rotate").text)) == 1
    operator.press(page + "/remove")
    assert receiver.url not in operator.words(PATH)
    assert receiver.url in operator.words(PATH + "?view=removed")
    assert "payment.paid" in operator.words(page)
    assert operator.press(page + "/switch", enabled="on").status_code == 404


def test_an_endpoint_that_is_gone_is_told_as_an_alert_that_leads_to_it(
    app: Flask, operator: Operator, receiver: Receiver
) -> None:
    operator.press(PATH + "new", url=receiver.url, which="all")
    receiver.answers = [event_deliveries.GONE]
    something_happens(app)
    assert "Webhook endpoint switched off" in operator.words("/admin/alerts/")
    assert PATH + only_id(app, WebhookEndpoint) in operator.page("/admin/alerts/")


def test_an_operator_looks_and_an_administrator_changes(app: Flask, operator: Operator, receiver: Receiver) -> None:
    operator.press(PATH + "new", url=receiver.url, which="all")
    page = PATH + only_id(app, WebhookEndpoint)
    add_person(app, "viewer@example.com", "operator")
    viewer = Operator(app, "viewer@example.com")
    assert "Remove" not in re.sub("Removed", "", viewer.words(page))
    assert viewer.get(PATH + "new").status_code == 403
    for step in ("change", "switch", "remove", "rotate", "test", "replay"):
        assert viewer.press(f"{page}/{step}").status_code == 403, step
