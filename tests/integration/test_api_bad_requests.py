"""Bad bodies, keys, terms, addresses and queries: each is refused with a reason, and nothing is stored."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from tests.support.api import Api, session_body
from tests.support.flow import let_time_pass
from tests.support.problems import assert_problem

Count = Callable[[], dict[str, int]]
SESSIONS = "/v1/checkout/sessions"
DEEP: Any = "x"
for _ in range(30):
    DEEP = [DEEP]


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
    kept_api: Api, unchanged: Count, body: bytes, content_type: str, status: int | None
) -> None:
    before = unchanged()
    reply = kept_api.client.post(SESSIONS, data=body, headers=kept_api.headers(), content_type=content_type)
    assert reply.status_code == status or (status is None and reply.status_code in (400, 422)), reply.text
    assert reply.content_type == "application/problem+json"
    assert reply.json["detail"]
    assert unchanged() == before


def test_a_body_that_is_too_large_is_refused_unread(kept_api: Api, unchanged: Count) -> None:
    before = unchanged()
    reply = kept_api.post(SESSIONS, session_body(items=[{"name": "x" * 200, "amount": 1}] * 2000))
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
    kept_api: Api, unchanged: Count, method: str, path: str, headers: dict[str, str]
) -> None:
    before = unchanged()
    reply = kept_api.client.open(
        path, method=method, json=session_body() if method == "POST" else None, headers=headers
    )
    assert_problem(reply, 401, None, "key")
    assert reply.headers["WWW-Authenticate"].lower().startswith("bearer")
    assert unchanged() == before


@pytest.mark.parametrize(
    ("terms", "fix"),
    [(False, "must be true"), (None, "null"), ("true", "not in quotes"), (1, "true or false"), ([], "true or false")],
)
def test_terms_are_accepted_by_true_and_nothing_else(kept_api: Api, unchanged: Count, terms: Any, fix: str) -> None:
    session = kept_api.open_session()
    before = unchanged()
    reply = kept_api.post(f"{SESSIONS}/{session['id']}/pay", {"method": "card", "accept_terms": terms})
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
def test_paying_names_what_is_wrong(
    kept_api: Api, unchanged: Count, body: dict[str, Any], field: str, fix: str
) -> None:
    session = kept_api.open_session()
    before = unchanged()
    assert_problem(kept_api.post(f"{SESSIONS}/{session['id']}/pay", body), 422, field, fix)
    assert unchanged() == before


@pytest.mark.parametrize("session_id", ["cs_none", "cs_" + "0" * 32, "pay_1", "..%2f..", "x" * 3000, "👛"])
def test_an_unknown_session_is_not_found(kept_api: Api, unchanged: Count, session_id: str) -> None:
    before = unchanged()
    path = f"{SESSIONS}/{session_id}"
    for reply in (kept_api.get(path), kept_api.get(f"{path}/decision"), kept_api.pay(session_id)):
        assert_problem(reply, 404, None, "")
    assert unchanged() == before


def test_an_expired_session_is_gone(kept_app: Flask, kept_api: Api, unchanged: Count) -> None:
    session = kept_api.open_session()
    with kept_app.app_context():
        let_time_pass(session["id"])
    assert kept_api.get(f"{SESSIONS}/{session['id']}").json["status"] == "expired"
    before = unchanged()
    assert_problem(kept_api.pay(session["id"]), 410, None, "open a new one")
    assert unchanged() == before


@pytest.mark.parametrize(
    ("key", "fix"), [("", "fresh value"), ("x" * 256, "1 to 255"), ("schlüssel", "ASCII")], ids=["none", "long", "ü"]
)
def test_an_idempotency_key_is_needed(kept_api: Api, unchanged: Count, key: str, fix: str) -> None:
    before = unchanged()
    headers = {"Authorization": f"Bearer {kept_api.api_key}"} | ({"Idempotency-Key": key} if key else {})
    reply = kept_api.client.post(SESSIONS, json=session_body(), headers=headers)
    assert_problem(reply, 400, "Idempotency-Key", fix)
    assert unchanged() == before


def test_a_key_used_for_another_body_or_session_is_refused(kept_api: Api, unchanged: Count) -> None:
    key = str(uuid4())
    first = kept_api.post(SESSIONS, session_body(), key=key)
    before = unchanged()
    assert_problem(kept_api.post(SESSIONS, session_body(amount=1), key=key), 422, "Idempotency-Key", "fresh key")
    assert_problem(kept_api.pay(first.json["id"], key=key), 422, "Idempotency-Key", "fresh key")
    again = kept_api.post(SESSIONS, session_body(), key=key)
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
        "page=2",
        "refrence=order-1001",
        "limit=5&Status=paid",
    ],
)
def test_a_wrong_query_is_named(kept_api: Api, query: str) -> None:
    reply = kept_api.get(f"/v1/payments?{query}")
    wrong = query.rpartition("&")[2].partition("=")[0]
    assert_problem(reply, 422, wrong, "")
    assert [error["field"] for error in reply.json["errors"]] == [wrong]


@pytest.mark.parametrize("path", [f"{SESSIONS}/%00", "/v1/payments?cursor=%00", "/v1/payments?reference=a%00b"])
def test_a_character_that_no_database_can_hold_is_refused(kept_api: Api, path: str) -> None:
    assert_problem(kept_api.get(path), 400, None, "cannot be stored")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "GET"])
def test_a_wrong_method_says_which_are_right(kept_api: Api, method: str) -> None:
    reply = kept_api.client.open(SESSIONS, method=method, headers=kept_api.headers())
    assert_problem(reply, 405, None, "")
    assert "POST" in reply.headers["Allow"]


@pytest.mark.parametrize("path", ["/v1/", "/v1/nothing", "/v1/payments/pay_none", "/v1/payments/pay_none/history"])
def test_an_unknown_address_is_a_problem_document(kept_api: Api, path: str) -> None:
    assert_problem(kept_api.get(path), 404, None, "")


@pytest.mark.parametrize("number", ["0", "2", "2147483647", "2147483648", "9223372036854775808", "9" * 30, "-1", "1.0"])
def test_a_version_that_no_table_can_hold_is_not_found(kept_api: Api, unchanged: Count, number: str) -> None:
    before = unchanged()
    path = f"/v1/rules/versions/{number}"
    for reply in (kept_api.get(path), kept_api.post(f"{path}/activate")):
        assert_problem(reply, 404, None, "")
    assert unchanged() == before


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30, 0, -1, 1.5, "1", True])
def test_a_version_to_try_is_one_that_a_table_can_hold(kept_api: Api, number: Any) -> None:
    reply = kept_api.post("/v1/rules/evaluate", {"attributes": {}, "version": number})
    assert_problem(reply, 422, "version", "")
