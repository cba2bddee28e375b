"""What somebody wrote in a form of the rules survives a lost sign-in, and nothing happens without their press."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from admin.idle import IDLE_MINUTES
from app.models import utc_now
from app.services import people
from tests.support.backoffice import Operator, add_person, token, words
from tests.support.drafting import REVIEW, SEED, Author, active, form_of
from tests.support.hub import ADMIN_PASSWORD

FORM = "/admin/rules/draft/new-rule"


@pytest.fixture(params=["sqlite"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """What travels in pages does not depend on the kind of database."""
    return str(request.param)


@pytest.fixture
def anna(app: Flask) -> Author:
    return Author(app)


def kept_in(reply: TestResponse) -> dict[str, str]:
    """The hidden fields of a sign-in page."""
    return form_of(reply, "/admin/login")


def lose_the_cookie(client: FlaskClient) -> None:
    for cookie in list(client._cookies.values()):
        client.delete_cookie(cookie.key, domain=cookie.domain, path=cookie.path)


def sign_in(client: FlaskClient, reply: TestResponse, password: str = ADMIN_PASSWORD, **more: str) -> TestResponse:
    """Send the sign-in form of a page that carries something."""
    fields = kept_in(reply) | {"email": "anna@example.com", "password": password} | more
    return client.post("/admin/login", data=fields)


def written(anna: Author, **more: str) -> dict[str, Any]:
    return {"name": "Grüße an „alle“\r\n<b>", "do": "save", "csrf_token": token(anna.get("/admin/none")), **more}


def test_a_form_goes_through_the_sign_in_and_is_shown_again_unsaved(anna: Author) -> None:
    form = written(anna)
    lose_the_cookie(anna.client)
    asked = anna.client.post(FORM, data=form)
    assert asked.status_code == 401
    assert "What you wrote is kept: sign in to go on." in words(asked.text)
    wrong = sign_in(anna.client, asked, "wrong-password")
    assert "do not match" in words(wrong.text)
    assert json.loads(kept_in(wrong)["kept"])["fields"] == [["name", form["name"]]]
    back = sign_in(anna.client, wrong)
    assert back.status_code == 200
    fields = form_of(back, FORM)
    assert fields["name"].replace("\r\n", "\n") == form["name"].replace("\r\n", "\n")
    assert fields["do"] == "restore"
    shown = anna.client.post(FORM, data=fields)
    assert shown.status_code == 200
    assert "Grüße an „alle“" in words(shown.text)
    assert anna.ids() == SEED, "nothing was saved"


def test_a_form_survives_an_idle_hour_and_a_token_that_ran_out(anna: Author) -> None:
    form = written(anna)
    stale = anna.client.post(FORM, data=form | {"csrf_token": "stale"})
    assert stale.status_code == 200
    assert form_of(stale, FORM)["name"]
    assert anna.ids() == SEED
    with time_machine.travel(utc_now() + timedelta(minutes=IDLE_MINUTES + 1)):
        asked = anna.client.post(FORM, data=form)
        assert asked.status_code == 401
        assert form_of(sign_in(anna.client, asked), FORM)["do"] == "restore"


def test_who_signs_in_needs_the_permission(app: Flask, anna: Author) -> None:
    add_person(app, "viewer@example.com", "viewer")
    form = written(anna)
    lose_the_cookie(anna.client)
    back = sign_in(anna.client, anna.client.post(FORM, data=form), email="viewer@example.com")
    assert anna.client.post(FORM, data=form_of(back, FORM)).status_code == 403


def test_a_button_is_never_pressed_in_somebodys_name(app: Flask, anna: Author) -> None:
    anna.change("off", SEED[0])
    revision = anna.revision()
    for path, fields in (
        ("/admin/rules/draft/change", {"do": "delete", "id": SEED[1], "subject": "rule", "revision": revision}),
        ("/admin/rules/draft/undo", {"revision": revision}),
        (f"{REVIEW}approve", {"revision": revision}),
        ("/admin/rules/versions/1/activate", {"x": "y"}),
    ):
        reply = anna.client.post(path, data=fields | {"csrf_token": "stale"})
        assert reply.status_code == 400, path
        assert "is kept" not in reply.text
    anna.post(f"{REVIEW}approve", revision)
    note = {"note": "What changes", "revision": revision, "csrf_token": "stale"}
    restored = anna.client.post(f"{REVIEW}publish", data=note)
    shown = anna.client.post(f"{REVIEW}publish", data=form_of(restored, f"{REVIEW}publish"))
    assert 'value="What changes"' in shown.text
    assert active(app) == 1


def test_a_stranger_puts_nothing_before_anybody(anna: Author) -> None:
    form = written(anna, csrf_token="none")
    reply = anna.client.post(FORM, data=form, headers={"Origin": "https://evil.example"})
    assert reply.status_code == 400
    assert "is kept" not in reply.text
    lose_the_cookie(anna.client)
    reply = anna.client.post(FORM, data=form, headers={"Origin": "https://evil.example"})
    assert reply.status_code == 401
    assert "is kept" not in reply.text


def test_what_is_not_kept_is_at_least_told(app: Flask) -> None:
    """A form about people: who was signed out is told so, and nothing is done."""
    here = {"Referer": "http://localhost/admin/people/?page=1"}
    admin = Operator(app)
    form = {"email": "new@shop.example", "role": "viewer", "csrf_token": "an old one"}
    stale = admin.client.post("/admin/people/add", data=form, headers=here)
    assert stale.status_code == 400
    assert "The page was open for too long, and nothing was done" in words(stale.text)
    assert 'href="/admin/people/"' in stale.text
    lose_the_cookie(admin.client)
    lost = admin.client.post("/admin/people/add", data=form, headers=here)
    assert lost.status_code == 401
    assert "You were signed out Nothing was done. Sign in, then do it again." in words(lost.text)
    assert 'href="/admin/login?next=/admin/people/"' in lost.text
    foreign = admin.client.post("/admin/people/add", data=form, headers={"Referer": "https://evil.example/admin/x"})
    assert 'href="/admin/login"' in foreign.text
    with app.app_context():
        assert len(people.list_people()) == 1


@pytest.mark.parametrize(
    "kept",
    [
        "x",
        "[]",
        '{"path": "/admin/rules/draft/change", "fields": [["do", "delete"]]}',
        '{"path": "//evil.example/admin/rules/draft/new-rule", "fields": [["a", "b"]]}',
        '{"path": "/admin/rules/draft/new-rule", "fields": [["a"]]}',
        '{"path": "/admin/rules/draft/new-rule", "fields": [["a", 7]]}',
        '{"path": ["/admin/rules/draft/new-rule"], "fields": []}',
        "[" * 10_000,
    ],
)
def test_what_this_hub_did_not_keep_is_dropped(anna: Author, kept: str) -> None:
    lose_the_cookie(anna.client)
    page = anna.client.get("/admin/login")
    form = {"csrf_token": token(page), "email": "anna@example.com", "password": ADMIN_PASSWORD, "kept": kept}
    assert anna.client.post("/admin/login", data=form).status_code == 302


def test_a_sign_in_page_that_was_open_for_too_long_still_carries_it(anna: Author) -> None:
    form = written(anna)
    lose_the_cookie(anna.client)
    asked = anna.client.post(FORM, data=form)
    lose_the_cookie(anna.client)
    late = sign_in(anna.client, asked)
    assert late.status_code == 400
    assert "Sign in again" in words(late.text)
    assert form_of(sign_in(anna.client, late), FORM)["do"] == "restore"


def test_more_than_a_rule_can_hold_is_not_carried(anna: Author) -> None:
    form = written(anna, name="x" * 600_000)
    lose_the_cookie(anna.client)
    assert anna.client.post(FORM, data=form).status_code in (302, 400, 413)
