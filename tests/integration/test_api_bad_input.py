"""Bad input to the API: each is answered with a status, a field and a fix, and nothing is stored."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.support.api import Api, session_body
from tests.support.flow import let_time_pass
from tests.support.hub import Databases, config_for, running
from tests.support.rows import row_counts
from tests.support.sandbox import SandboxService

SESSIONS = "/v1/checkout/sessions"
DEEP: Any = "x"
for _ in range(30):
    DEEP = [DEEP]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def app(
    request: pytest.FixtureRequest,
    databases: Databases,
    sandbox_service: SandboxService,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Flask]:
    """One hub for the whole table: each case shows that it stored nothing."""
    folder = tmp_path_factory.mktemp("hub")
    with databases.fresh(request.param) as url, running(config_for(folder, url, sandbox_service.url)) as app:
        yield app


@pytest.fixture
def unchanged(app: Flask) -> Any:
    """A check that a request stored nothing: call it before and after."""

    def count() -> dict[str, int]:
        with app.app_context():
            return row_counts()

    return count


def assert_problem(reply: TestResponse, status: int, field: str | None, fix: str) -> None:
    """The answer is a problem document of this status that names the field and says how to put it right."""
    assert reply.status_code == status, reply.text
    assert reply.content_type == "application/problem+json"
    problem = reply.json
    assert problem["status"] == status
    assert problem["title"]
    assert problem["code"]
    said = problem["detail"]
    if field is not None:
        said = " ".join(error["message"] for error in problem["errors"] if error["field"] == field)
        assert said, problem["errors"]
    assert fix.lower() in said.lower(), said
    assert "Traceback" not in reply.text


def customer(**changes: Any) -> dict[str, Any]:
    return {"customer": {"email": "ada@example.com", "country": "IT", "type": "consumer"} | changes}


def attributes(**changes: Any) -> dict[str, Any]:
    return {"attributes": changes}


WHOLE = "whole number"
BAD_FIELDS: list[tuple[str, dict[str, Any], str, str]] = [
    ("amount zero", {"amount": 0}, "amount", "from 1"),
    ("amount negative", {"amount": -12990}, "amount", "from 1"),
    ("amount float", {"amount": 129.9}, "amount", WHOLE),
    ("amount whole float", {"amount": 129.0}, "amount", WHOLE),
    ("amount string", {"amount": "12990"}, "amount", WHOLE),
    ("amount true", {"amount": True}, "amount", WHOLE),
    ("amount list", {"amount": [12990]}, "amount", WHOLE),
    ("amount 10^30", {"amount": 10**30}, "amount", "from 1 to"),
    ("amount just over", {"amount": 10**12 + 1}, "amount", "from 1 to"),
    ("currency unknown", {"currency": "XXX"}, "currency", "ISO 4217"),
    ("currency lower case", {"currency": "eur"}, "currency", "capitals"),
    ("currency empty", {"currency": ""}, "currency", "ISO 4217"),
    ("currency number", {"currency": 978}, "currency", "string"),
    ("reference empty", {"reference": ""}, "reference", "between 1 and 100"),
    ("reference blank", {"reference": "   "}, "reference", "printable"),
    ("reference long", {"reference": "x" * 101}, "reference", "between 1 and 100"),
    ("reference of two lines", {"reference": "a\nb"}, "reference", "printable"),
    ("reference with NUL", {"reference": "a\x00b"}, "reference", "control character 0"),
    ("reference half a pair", {"reference": "a\ud800b"}, "reference", "half"),
    ("mode unknown", {"mode": "gift"}, "mode", "one of"),
    ("email malformed", customer(email="ada"), "customer.email", "email"),
    ("country unknown", customer(country="ZZ"), "customer.country", "ISO 3166"),
    ("country lower case", customer(country="it"), "customer.country", "capitals"),
    ("country of three letters", customer(country="ITA"), "customer.country", "ISO 3166"),
    ("customer type unknown", customer(type="robot"), "customer.type", "one of"),
    ("returning as text", customer(returning="yes"), "customer.returning", "true or false"),
    ("returning as number", customer(returning=1), "customer.returning", "true or false"),
    ("customer unknown field", customer(iban="IT60"), "customer.iban", "unknown"),
    ("customer is a list", {"customer": []}, "customer", "object"),
    ("attribute unknown", attributes(shoe_size=44), "attributes.shoe_size", "attribute"),
    ("attribute list expected", attributes(product_categories="physical"), "attributes.product_categories", "list"),
    ("attribute of a wrong choice", attributes(channel="by pigeon"), "attributes.channel", "one of"),
    ("attribute of a wrong type", attributes(channel=7), "attributes.channel", "text"),
    ("attribute nested", attributes(channel={"in": "store"}), "attributes.channel", "text"),
    ("attribute that the hub computes", attributes(attempts=0), "attributes.attempts", "leave it out"),
    ("attribute stated elsewhere", attributes(country="IT"), "attributes.country", "customer.country"),
    ("attribute amount smuggled", attributes(amount=1), "attributes.amount", "amount"),
    ("attribute of the engine", {"attributes": {"sid": "1"}}, "attributes.sid", "attribute"),
    ("attribute with a dollar", {"attributes": {"$s": 1}}, "attributes.$s", "attribute"),
    ("attributes is a list", {"attributes": []}, "attributes", "mapping"),
    ("item without a name", {"items": [{"amount": 1}]}, "items[0].name", "required"),
    ("item of nothing", {"items": [{"name": "a", "amount": 0}]}, "items[0].amount", "from 1"),
    ("item half a piece", {"items": [{"name": "a", "amount": 1, "quantity": 0.5}]}, "items[0].quantity", "integer"),
    ("too many items", {"items": [{"name": "a", "amount": 1}] * 101}, "items", "100"),
    ("locale unknown", {"locale": "klingon"}, "locale", "language tag"),
    ("locale hostile", {"locale": "../../etc"}, "locale", "language tag"),
    ("field unknown", {"amount_in_euros": 5}, "amount_in_euros", "unknown"),
]


@pytest.mark.parametrize(("changes", "field", "fix"), [pytest.param(*case, id=name) for name, *case in BAD_FIELDS])
def test_a_wrong_field_is_named_with_its_fix(
    api: Api, unchanged: Any, changes: dict[str, Any], field: str, fix: str
) -> None:
    before = unchanged()
    assert_problem(api.post(SESSIONS, session_body(**changes)), 422, field, fix)
    assert unchanged() == before


@pytest.mark.parametrize("field", ["amount", "currency", "reference", "success_url", "failure_url"])
def test_a_missing_or_empty_field_is_named(api: Api, unchanged: Any, field: str) -> None:
    before = unchanged()
    assert_problem(api.post(SESSIONS, session_body(**{field: None})), 422, field, "required")
    assert_problem(api.post(SESSIONS, session_body() | {field: None}), 422, field, "null")
    assert unchanged() == before


@pytest.mark.parametrize("field", ["success_url", "failure_url"])
@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.net/",
        "https://shop.example.com.evil.example.net/",
        "https://shop.example.com@evil.example.net/",
        "//shop.example.com/",
        "/thanks",
        "javascript:alert(1)",
        "JaVaScRiPt://shop.example.com/%0aalert(1)",
        "data:text/html,hello",
        "ftp://shop.example.com/",
        "https://shop.example.com\\@evil.example.net/",
        "https://shop.example.com/\nSet-Cookie: a=b",
        'https://shop.example.com/"><script>',
        "https://",
        "https://[::1",
        "https://xn--shp-0na.example.com/",
        "not an address",
        "",
        7,
    ],
)
def test_customers_are_sent_back_to_the_shop_and_nowhere_else(api: Api, unchanged: Any, field: str, url: Any) -> None:
    before = unchanged()
    assert_problem(api.post(SESSIONS, session_body(**{field: url})), 422, field, "")
    assert unchanged() == before


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        pytest.param(b"amount=1", "application/x-www-form-urlencoded", 415, id="a form"),
        pytest.param(json.dumps(session_body()).encode(), "text/plain", 415, id="text"),
        pytest.param(json.dumps(session_body()).encode(), "", 415, id="no content type"),
        pytest.param(b"<session/>", "application/xml", 415, id="XML"),
        pytest.param(b"{", "application/json", 400, id="half a body"),
        pytest.param(b"not json", "application/json", 400, id="not JSON"),
        pytest.param(b"\xff\xfe\x00", "application/json", 400, id="not UTF-8"),
        pytest.param(b'{"amount": NaN}', "application/json", None, id="not a number"),
        pytest.param(b'{"amount": 1e400}', "application/json", None, id="infinity"),
        pytest.param(b"", "application/json", None, id="nothing"),
        pytest.param(b"null", "application/json", None, id="null"),
        pytest.param(b"[]", "application/json", None, id="a list"),
        pytest.param(b'"text"', "application/json", None, id="a string"),
        pytest.param(b"7", "application/json", None, id="a number"),
        pytest.param(b'{"amount": 1, "amount": 2}', "application/json", 400, id="a key twice"),
        pytest.param(b"[" * 100_000, "application/json", 400, id="nested without end"),
        pytest.param(b'{"amount": ' + b"9" * 5000 + b"}", "application/json", None, id="an endless number"),
        pytest.param(json.dumps(session_body(items=DEEP)).encode(), "application/json", 400, id="nested deeply"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(
    api: Api, unchanged: Any, body: bytes, content_type: str, status: int | None
) -> None:
    before = unchanged()
    reply = api.client.post(SESSIONS, data=body, headers=api.headers(), content_type=content_type)
    assert reply.status_code == status or (status is None and reply.status_code in (400, 422)), reply.text
    assert reply.content_type == "application/problem+json"
    assert reply.json["detail"]
    assert unchanged() == before


def test_a_body_that_is_too_large_is_refused_unread(api: Api, unchanged: Any) -> None:
    before = unchanged()
    reply = api.post(SESSIONS, session_body(items=[{"name": "x" * 200, "amount": 1}] * 2000))
    assert_problem(reply, 413, None, "larger than 256 KiB")
    assert unchanged() == before


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer \xff"},
    ],
    ids=["none", "wrong", "basic", "empty", "not ASCII"],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", SESSIONS),
        ("GET", f"{SESSIONS}/cs_1"),
        ("GET", "/v1/payments"),
        ("GET", "/v1/rules/attributes"),
        ("POST", "/v1/rules/evaluate"),
        ("GET", "/metrics"),
    ],
)
def test_without_a_valid_key_nothing_is_told(
    api: Api, unchanged: Any, method: str, path: str, headers: dict[str, str]
) -> None:
    before = unchanged()
    reply = api.client.open(path, method=method, json=session_body() if method == "POST" else None, headers=headers)
    assert_problem(reply, 401, None, "key")
    assert reply.headers["WWW-Authenticate"].lower().startswith("bearer")
    assert unchanged() == before


@pytest.mark.parametrize(
    ("terms", "fix"),
    [(False, "must be true"), (None, "null"), ("true", "not in quotes"), (1, "true or false"), ([], "true or false")],
)
def test_terms_are_accepted_by_true_and_nothing_else(api: Api, unchanged: Any, terms: Any, fix: str) -> None:
    session = api.open_session()
    before = unchanged()
    reply = api.post(f"{SESSIONS}/{session['id']}/pay", {"method": "card", "accept_terms": terms})
    assert_problem(reply, 422, "accept_terms", fix)
    assert unchanged() == before


@pytest.mark.parametrize(
    ("body", "field", "fix"),
    [
        ({"method": "card"}, "accept_terms", "required"),
        ({"accept_terms": True}, "method", "required"),
        ({"method": "invoice", "accept_terms": True}, "method", "offered: card"),
        ({"method": "cowrie_shells", "accept_terms": True}, "method", "not offered"),
        ({"method": 7, "accept_terms": True}, "method", "string"),
        ({"method": "", "accept_terms": True}, "method", "printable"),
        ({"method": "card", "accept_terms": True, "amount": 1}, "amount", "unknown"),
    ],
)
def test_paying_names_what_is_wrong(api: Api, unchanged: Any, body: dict[str, Any], field: str, fix: str) -> None:
    session = api.open_session()
    before = unchanged()
    assert_problem(api.post(f"{SESSIONS}/{session['id']}/pay", body), 422, field, fix)
    assert unchanged() == before


@pytest.mark.parametrize("session_id", ["cs_none", "cs_" + "0" * 32, "pay_1", "..%2f..", "x" * 3000, "👛"])
def test_an_unknown_session_is_not_found(api: Api, unchanged: Any, session_id: str) -> None:
    before = unchanged()
    path = f"{SESSIONS}/{session_id}"
    for reply in (api.get(path), api.get(f"{path}/decision"), api.pay(session_id)):
        assert_problem(reply, 404, None, "")
    assert unchanged() == before


def test_an_expired_session_is_gone(app: Flask, api: Api, unchanged: Any) -> None:
    session = api.open_session()
    with app.app_context():
        let_time_pass(session["id"])
    assert api.get(f"{SESSIONS}/{session['id']}").json["status"] == "expired"
    before = unchanged()
    assert_problem(api.pay(session["id"]), 410, None, "open a new one")
    assert unchanged() == before


@pytest.mark.parametrize(
    ("key", "fix"), [("", "fresh value"), ("x" * 256, "1 to 255"), ("schlüssel", "ASCII")], ids=["none", "long", "ü"]
)
def test_an_idempotency_key_is_needed(api: Api, unchanged: Any, key: str, fix: str) -> None:
    before = unchanged()
    headers = {"Authorization": f"Bearer {api.api_key}"} | ({"Idempotency-Key": key} if key else {})
    reply = api.client.post(SESSIONS, json=session_body(), headers=headers)
    assert_problem(reply, 400, "Idempotency-Key", fix)
    assert unchanged() == before


def test_a_key_used_for_another_body_or_session_is_refused(api: Api, unchanged: Any) -> None:
    key = str(uuid4())
    first = api.post(SESSIONS, session_body(), key=key)
    before = unchanged()
    assert_problem(api.post(SESSIONS, session_body(amount=1), key=key), 422, "Idempotency-Key", "fresh key")
    assert_problem(api.pay(first.json["id"], key=key), 422, "Idempotency-Key", "fresh key")
    again = api.post(SESSIONS, session_body(), key=key)
    assert (again.status_code, again.json, again.headers["Idempotency-Replayed"]) == (201, first.json, "true")
    assert unchanged() == before


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=ten",
        "limit=-1",
        "cursor=x",
        "status=won",
    ],
)
def test_a_wrong_query_is_named(api: Api, query: str) -> None:
    reply = api.get(f"/v1/payments?{query}")
    assert_problem(reply, 422, query.partition("=")[0], "")


@pytest.mark.parametrize("path", [f"{SESSIONS}/%00", "/v1/payments?cursor=%00", "/v1/payments?reference=a%00b"])
def test_a_character_that_no_database_can_hold_is_refused(api: Api, path: str) -> None:
    assert_problem(api.get(path), 400, None, "cannot be stored")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "GET"])
def test_a_wrong_method_says_which_are_right(api: Api, method: str) -> None:
    reply = api.client.open(SESSIONS, method=method, headers=api.headers())
    assert_problem(reply, 405, None, "")
    assert "POST" in reply.headers["Allow"]


@pytest.mark.parametrize("path", ["/v1/", "/v1/nothing", "/v1/payments/pay_none", "/v1/payments/pay_none/history"])
def test_an_unknown_address_is_a_problem_document(api: Api, path: str) -> None:
    assert_problem(api.get(path), 404, None, "")
