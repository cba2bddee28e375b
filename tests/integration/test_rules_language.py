"""The reader's language: the backoffice and the API write rules in English, Italian or German."""

import pytest
from flask import Flask

from app.domain.methods import METHOD_IDS
from app.services import wording
from tests.support import flow
from tests.support.api import Api
from tests.support.backoffice import Operator
from tests.support.drafts import Drafter, renamed

BUSINESS = {"email": "max@example.de", "name": "Max Muster", "country": "DE", "type": "business"}


def test_rules_are_shown_in_the_language_that_the_browser_asks_for(app: Flask) -> None:
    operator = Operator(app)
    page = operator.client.get("/admin/rules/", headers={"Accept-Language": "it-IT,it;q=0.9"}).text
    assert '<p lang="it">Quando ' in page
    assert "Carta tramite North" in page
    assert '<p lang="en">When ' in operator.client.get("/admin/rules/", headers={"Accept-Language": "fr"}).text


def test_a_choice_is_remembered_and_wins_over_the_browser(app: Flask) -> None:
    operator = Operator(app)
    reply = operator.press("/admin/theme/language", language="de", next="/admin/rules/")
    assert (reply.status_code, reply.location) == (302, "/admin/rules/")
    page = operator.client.get("/admin/rules/", headers={"Accept-Language": "it"}).text
    assert '<p lang="de">Wenn ' in page
    assert 'value="de" lang="de" aria-pressed="true"' in page
    operator.press("/admin/theme/language", language="tlh", next="https://elsewhere.example/")
    assert '<p lang="de">Wenn ' in operator.page("/admin/rules/")


@pytest.mark.parametrize("cookie", ["", "xx", "it\x7f", "{attribute}", "'><script>"])
def test_a_cookie_that_makes_no_sense_is_ignored(app: Flask, cookie: str) -> None:
    operator = Operator(app)
    operator.client.set_cookie("backoffice_rules_language", cookie, path="/admin")
    assert '<p lang="en">When ' in operator.page("/admin/rules/")


def test_a_decision_is_explained_in_the_readers_language(app: Flask) -> None:
    with app.app_context():
        session = flow.open_session(amount=120_000, customer=BUSINESS)
        flow.offer(session)
        session_id = session.id
    page = Operator(app).client.get(f"/admin/sessions/{session_id}", headers={"Accept-Language": "de"}).text
    assert '<span lang="de">Die Kundenart ist Geschäftskunde</span>' in page
    assert 'here: <span lang="de">Geschäftskunde</span>' in page


@pytest.mark.parametrize(
    ("asked", "language", "begins"),
    [
        (None, "en", "The rule “"),
        ("it", "it", "Ora la regola «"),
        ("de-CH, it;q=0.5", "de", "Regel „"),
        ("ja", "en", "The "),
    ],
)
def test_a_difference_over_the_api(app: Flask, api: Api, asked: str | None, language: str, begins: str) -> None:
    Drafter(api).save(renamed("Another name"))
    headers = {"Authorization": f"Bearer {api.api_key}"} | ({"Accept-Language": asked} if asked else {})
    for path in ("/v1/rules/draft/difference", "/v1/rules/versions/1/difference"):
        reply = api.client.get(path, headers=headers)
        assert reply.headers["Content-Language"] == language
        assert "Accept-Language" in reply.headers["Vary"]
    (change,) = api.client.get("/v1/rules/draft/difference", headers=headers).json["data"]
    assert change["message"].startswith(begins)


def test_methods_are_called_as_on_the_checkout_page(app: Flask) -> None:
    with app.app_context():
        assert wording.method_labels("it")["bank_transfer"] == "Bonifico bancario"
        assert wording.method_labels("de")["card"] == "Karte"
        assert set(wording.method_labels("fr")) == set(METHOD_IDS)
        assert wording.method_labels("en")["card"] == "Card"
