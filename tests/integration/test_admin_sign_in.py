"""Signing in and out: one generic refusal, a limit for guessers, and no way to another site."""

import pytest
from flask import Flask

from tests.support.backoffice import Operator, add_person, sign_in, token, words
from tests.support.hub import ADMIN_EMAIL, ADMIN_PASSWORD


@pytest.fixture(params=["sqlite"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Signing in does not depend on the kind of database."""
    return str(request.param)


def test_the_right_password_leads_back_to_the_page_that_was_asked_for(app: Flask) -> None:
    client = app.test_client()
    asked = client.get("/admin/payments/?view=paid&currency=EUR")
    page = client.get(asked.location)
    assert asked.status_code == 302
    assert 'name="next" value="/admin/payments/?view=paid&amp;currency=EUR"' in page.text
    reply = sign_in(client, ADMIN_EMAIL, ADMIN_PASSWORD, next="/admin/payments/?view=paid&currency=EUR")
    assert reply.location == "/admin/payments/?view=paid&currency=EUR"


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "/admin//evil.example",
        "/admin/..//evil.example",
        "javascript:alert(1)",
        "/adminevil",
        "/checkout/x",
        "/admin/\r\nX: y",
        "/admin/" + "a" * 3000,
    ],
)
def test_no_way_leads_out_of_the_backoffice(app: Flask, back: str) -> None:
    client = app.test_client()
    assert client.get("/admin/login", query_string={"next": back}).location == "/admin/login"
    reply = sign_in(client, ADMIN_EMAIL, ADMIN_PASSWORD, next=back)
    assert reply.location == "/admin/login"
    assert client.get("/admin/").status_code == 302  # and nobody is signed in


def test_a_refusal_does_not_say_which_part_was_wrong(app: Flask) -> None:
    add_person(app, "off@example.com", "operator", active=False)
    texts = set()
    for email, password in (
        (ADMIN_EMAIL, "wrong password"),
        ("stranger@example.com", "wrong password"),
        ("off@example.com", ADMIN_PASSWORD),
    ):
        reply = sign_in(app.test_client(), email, password)
        assert reply.status_code == 200
        texts.add(words(reply.text).replace(email, ""))
    assert len(texts) == 1
    assert "do not match an account" in texts.pop()


def test_guessing_is_slowed_down_by_address(app: Flask) -> None:
    client = app.test_client()
    replies = [sign_in(client, f"guess{n}@example.com", "wrong password") for n in range(11)]
    assert [reply.status_code for reply in replies] == [200] * 10 + [429]
    assert "Too many tries" in replies[-1].text
    assert app.test_client().get("/admin/login").status_code == 200  # the page itself stays


def test_guessing_is_slowed_down_by_account_from_many_addresses(app: Flask) -> None:
    codes = []
    for n in range(21):
        client = app.test_client()
        client.environ_base["REMOTE_ADDR"] = f"203.0.113.{n}"
        codes.append(sign_in(client, f" {ADMIN_EMAIL.upper()}", "wrong password").status_code)
    assert codes == [200] * 20 + [429]


def test_a_form_without_its_token_signs_nobody_in(app: Flask) -> None:
    client = app.test_client()
    reply = client.post("/admin/login", data={"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD})
    assert reply.status_code == 400
    assert client.get("/admin/").status_code == 302


def test_neither_json_nor_a_remembered_browser_gets_around_the_form(app: Flask) -> None:
    client = app.test_client()
    headers = {"X-CSRFToken": token(client.get("/admin/login"))}
    body = {"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}
    assert client.post("/admin/login", json=body, headers=headers).status_code == 400
    assert sign_in(client, ADMIN_EMAIL, ADMIN_PASSWORD, remember="y").status_code == 400
    assert client.get_cookie("remember_token") is None


def test_signing_out_takes_a_form(app: Flask) -> None:
    person = Operator(app)
    assert person.get("/admin/logout").status_code == 405
    assert person.client.post("/admin/logout").status_code in (200, 400)
    assert person.get("/admin/").status_code == 200  # without its token nothing happened
    assert person.press("/admin/logout").status_code == 302
    assert person.get("/admin/").status_code == 302


def test_the_demo_says_where_the_password_is_and_never_which(app: Flask) -> None:
    page = app.test_client().get("/admin/login").text
    assert "printed where the hub was started" in page
    assert ADMIN_PASSWORD not in page
    assert ADMIN_EMAIL not in page
