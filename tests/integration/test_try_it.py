"""Try it: typed facts against the draft and any version, what is wrong beside its field, and never an error page."""

from time import monotonic
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from sqlalchemy import delete

from app.models import RuleSetActivation, db
from app.services import rule_sets
from app.services.transaction import transaction
from rules import seed_json
from tests.support import flow
from tests.support.api import Api
from tests.support.backoffice import Operator, add_person, words
from tests.support.drafts import Drafter
from tests.support.problems import assert_problem

TRY = "/admin/rules/try/"
BUSINESS = {
    "f_amount": "1200,50", "f_currency": "eur", "f_country": "Germania", "f_customer_type": "business",
    "f_channel": "online", "f_flow": "direct", "f_date": "2026-06-15", "f_weekday": "follows", "f_hour": "9",
    "f_cross_border": "follows", "f_attempts": "0",
}  # fmt: skip


def address(**fields: str) -> str:
    return f"{TRY}?{urlencode(fields)}"


def only(method: str, name: str = "Only") -> dict[str, Any]:
    plan = {"strategy": "ordered", "accounts": [{"account": "sandbox_north"}]}
    offer = {"methods": [{"method": method, "providers": plan}]}
    return {"id": f"rule_{name.lower()}", "name": name, "enabled": True, "when": {"all": []}, "offer": offer}


def document(*rules: dict[str, Any]) -> dict[str, Any]:
    return seed_json() | {"rules": list(rules), "adjustments": []}


def test_typed_facts_are_decided_as_the_api_decides_them(app: Flask, api: Api) -> None:
    attributes = {
        "amount": 120_050, "currency": "EUR", "country": "DE", "customer_type": "business", "channel": "online",
        "flow": "direct", "date": "2026-06-15", "weekday": "monday", "hour": 9, "cross_border": True, "attempts": 0,
        "failed_methods": [], "failed_accounts": [],
    }  # fmt: skip
    decision = api.post("/v1/rules/evaluate", {"attributes": attributes}).json["decision"]
    page = words(Operator(app).page(address(version="active", **BUSINESS)))
    seen = page[page.index("What the customer sees") : page.index("Why Rule")]
    assert decision["rule"]["name"] in seen
    places = [seen.index(f" {number} ") for number in range(1, len(decision["offered"]) + 1)]
    assert places == sorted(places)
    assert "True: The customer type is business – here: business" in page
    assert "Amount €1,200.50" in page
    assert "Weekday Monday" in page
    assert "Cross-border Yes" in page


def test_the_first_visit_tries_a_customer_of_now(app: Flask) -> None:
    page = words(Operator(app).page(TRY))
    assert "What the customer sees" in page
    assert "Rules asked before" in page


def test_the_draft_and_the_active_version_stand_side_by_side_where_they_differ(app: Flask, api: Api) -> None:
    Drafter(api).save(document(only("paypal", "Drafted")))
    page = words(Operator(app).page(address(version="draft", **BUSINESS)))
    assert page.index("The draft Drafted") < page.rindex("The active version, 1")
    assert "They differ: the explanation below is of the draft." in page
    assert "Rule 1, Drafted , decides" in page


def test_the_same_outcome_is_said_once(app: Flask, api: Api) -> None:
    page = words(Operator(app).page(address(version="draft", **BUSINESS)))
    assert "The active version, 1 would show the same." in page
    assert "They differ" not in page
    with app.app_context():
        rule_sets.publish(document(only("card", "Second")), author="tester")
    page = words(Operator(app).page(address(version="1", **BUSINESS)))
    assert "Version 1 " in page
    assert "The active version, 2 Second" in page


def test_the_facts_of_a_session_fill_the_fields(app: Flask) -> None:
    with app.app_context():
        session = flow.open_session(amount=80_000)
        decision = flow.offer(session)
        session_id, name = session.id, decision.rule_name
    page = Operator(app).page(address(session=session_id, version="active"))
    assert 'value="800.00"' in page
    assert 'value="Italy"' in page
    assert f'name="session" value="{session_id}"' in page
    assert f"Rule {1 + [rule['name'] for rule in seed_json()['rules']].index(name)}, {name} , decides" in words(page)


def test_the_page_of_a_session_leads_here(app: Flask) -> None:
    with app.app_context():
        session = flow.open_session()
        flow.offer(session)
        session_id = session.id
    assert f'href="{address(session=session_id)}"' in Operator(app).page(f"/admin/sessions/{session_id}")


def test_a_large_draft_is_tried_at_once(app: Flask, api: Api) -> None:
    condition = {"attribute": "hour", "operator": "equals", "value": 3}
    many = [only("card", f"R{number}") | {"when": {"all": [condition]}} for number in range(1_500)]
    assert Drafter(api).save(document(*many, only("paypal", "Last"))).status_code == 200
    operator = Operator(app)
    began = monotonic()
    page = words(operator.page(address(version="draft", **BUSINESS)))
    assert monotonic() - began < 5
    assert "Rule 1501, Last , decides" in page
    assert "1497 more rules offer it, and do not match" in page
    assert "The first 1300 rules did not match either" in page


def test_nothing_is_published_yet(app: Flask) -> None:
    with app.app_context(), transaction():
        db.session.execute(delete(RuleSetActivation))
    page = words(Operator(app).page(TRY))
    assert "The draft Default offer" in page
    assert "Nothing: no payment method is left." in page


def test_a_draft_that_is_not_valid_is_tried_where_it_can_be(app: Flask, api: Api) -> None:
    broken = only("card", "Broken") | {"when": {"all": [{"attribute": "amount", "operator": "equals", "value": "x"}]}}
    twice = only("klarna", "Fine") | {"name": "Twice"}
    assert Drafter(api).save(document(broken, only("paypal", "Fine"), twice)).status_code == 200
    page = words(Operator(app).page(address(version="draft", **BUSINESS)))
    assert "The draft cannot be published as it is." in page
    assert "In the rule “Broken”" in page
    assert "“Broken” , “Twice” ." in page or "“Broken”, “Twice”." in page
    assert "The draft Fine" in page
    assert "Rule 2, Fine , decides" in page, "its number is that of the draft's page"
    assert "1. Broken Left out: it cannot be asked yet" in page


@pytest.mark.parametrize(
    ("field", "text", "fix"),
    [
        ("f_amount", "1.200", "Write the amount as in"),
        ("f_amount", "12.345", "EUR has 2 decimals"),
        ("f_currency", "gold", "There is no currency “gold”"),
        ("f_country", "Itly", "Did you mean Italy?"),
        ("f_hour", "24", "This must be between 0 and 23."),
        ("f_attempts", "-1", "This must be 0 or more."),
        ("f_date", "31.12.2026", "Write the day as in"),
        ("f_channel", "moon", "Choose one of the list."),
        ("f_product_categories", "moon", "Choose from the list."),
        ("f_locale", "x" * 300, "at most 255 characters"),
        ("version", "99", "There is no such version."),
        ("version", "²", "There is no such version."),
        ("session", "cs_none", "There is no such checkout session."),
        ("session", "cs_'--", "There is no such checkout session."),
    ],
)
def test_what_is_wrong_stands_beside_its_field(app: Flask, field: str, text: str, fix: str) -> None:
    page = Operator(app).page(address(**BUSINESS | {field: text}))
    assert f'id="field-{field}"' in page
    assert f'id="field-{field}-error"' in page
    assert fix in words(page[page.index(f'id="field-{field}-error"') :])[:400]
    assert "The rules were not asked yet" in words(page)
    assert "What the customer sees" not in page


@pytest.mark.parametrize(
    "query",
    [
        "f_amount=" + "9" * 5_000,
        "f_amount=1&f_currency=EUR&f_amount=2",
        "f_hour=" + quote("٣"),
        "f_hour=+-1",
        "f_date=0000-00-00",
        "f_date=9999-12-31&f_weekday=follows",
        "f_country=" + quote("Italy, Spain"),
        "f_country=%FF%FE",
        "f_failed_methods=" + "&f_failed_methods=".join(["card"] * 500),
        "f_product_categories=-&f_product_categories=travel",
        "f_locale=%01&version=" + "9" * 400,
        "f_=x&f_nothing=x&f_amount",
        "session=%3Cscript%3E&version=%27%3B--",
        "version=draft&version=1",
        "f_currency=" + "x" * 10_000,
        "f_locale=<script>alert(1)</script>",
        "f_locale={{7*7}}&f_customer_type=%ED%A0%80",
    ],
)
def test_no_address_breaks_the_page(app: Flask, query: str) -> None:
    reply = Operator(app).get(f"{TRY}?{query}")
    assert reply.status_code == 200
    assert "<script>alert" not in reply.text


def test_who_may_not_see_sessions_may_not_take_their_facts(app: Flask) -> None:
    with app.app_context():
        session_id = flow.open_session().id
    add_person(app, "nobody@example.com")
    assert Operator(app, "nobody@example.com").get(TRY).status_code == 403
    add_person(app, "viewer@example.com", "viewer")
    assert Operator(app, "viewer@example.com").get(address(session=session_id)).status_code == 200


@pytest.mark.parametrize(
    ("key", "value", "fix"), [("hour", 24, "must be between 0 and 23"), ("attempts", -1, "must be 0 or more")]
)
def test_the_api_refuses_what_no_session_can_have(api: Api, key: str, value: int, fix: str) -> None:
    assert_problem(api.post("/v1/rules/evaluate", {"attributes": {key: value}}), 422, key, fix)


def test_a_list_that_is_known_to_be_empty_is_not_one_that_is_unknown(app: Flask) -> None:
    operator = Operator(app)
    assert "Product categories None" in words(operator.page(address(f_product_categories="-")))
    unknown = words(operator.page(address(f_hour="9")))
    assert "Product categories None" not in unknown
    assert "Methods that failed None" in unknown
