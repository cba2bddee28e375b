"""Refunds over the API: accepted at once and once a key, told in words that name the field, another key agrees."""

import hashlib

import pytest
from flask import Flask

from app.models import ApiKey, db
from app.services.transaction import transaction
from tests.support.api import Api
from tests.support.flow import run_jobs
from tests.support.problems import assert_problem
from tests.support.refunding import collected, need_approval_above, sums
from tests.support.sandbox import SandboxService


@pytest.fixture
def payment(app: Flask, sandbox: SandboxService) -> str:
    """A payment of 129.90 EUR that was collected."""
    with app.app_context():
        return collected(sandbox)


def test_a_refund_is_accepted_once_for_a_key_and_ends_in_the_background(app: Flask, api: Api, payment: str) -> None:
    path, body = f"/v1/payments/{payment}/refunds", {"amount": 5000, "reason": "goods_returned", "note": "Too small"}
    first, again = (api.post(path, body, key="refund-1") for _ in range(2))
    assert (first.status_code, again.json, again.headers["Idempotency-Replayed"]) == (202, first.json, "true")
    assert (first.json["status"], first.json["amount"], first.json["currency"]) == ("requested", 5000, "EUR")
    assert api.get(f"/v1/payments/{payment}").json["reserved"] == 5000
    with app.app_context():
        run_jobs()
    told = api.get(f"/v1/payments/{payment}").json
    assert (told["status"], told["refunded"], told["reserved"]) == ("partially_refunded", 5000, 0)
    assert told["refunds"] == [api.get(f"/v1/refunds/{first.json['id']}").json]
    assert (told["refunds"][0]["status"], told["refunds"][0]["note"]) == ("succeeded", "Too small")
    history = api.get(f"/v1/payments/{payment}/history").json["data"]
    assert "refunds" in {line["subject"] for line in history}


def test_refusals_name_the_field_and_what_is_left(api: Api, payment: str) -> None:
    path = f"/v1/payments/{payment}/refunds"
    assert_problem(api.post(path, {"amount": 12991}), 422, "amount", "Only €129.90 is left")
    for body, field in (({"amount": "5"}, "amount"), ({"amount": 0}, "amount"), ({"reason": "why"}, "reason")):
        assert_problem(api.post(path, body), 422, field, "")
    assert api.post(path, {}).json["amount"] == 12990
    assert_problem(api.post(path, {}), 422, "amount", "Nothing is left")
    assert api.post("/v1/payments/pay_none/refunds", {}).status_code == 404
    assert api.client.post(path, json={}, headers={"Authorization": f"Bearer {api.api_key}"}).status_code == 400


def test_the_list_is_told_in_pages_and_by_payment_and_status(api: Api, payment: str) -> None:
    ids = [api.post(f"/v1/payments/{payment}/refunds", {"amount": 1}).json["id"] for _ in range(3)][::-1]
    page = api.get(f"/v1/refunds?payment={payment}&limit=2").json
    rest = api.get(f"/v1/refunds?payment={payment}&limit=2&cursor={page['next_cursor']}").json
    assert [row["id"] for row in page["data"] + rest["data"]] == ids
    assert rest["next_cursor"] is None
    assert api.get(f"/v1/refunds?payment={payment}&status=failed").json["data"] == []
    assert_problem(api.get("/v1/refunds?status=lost"), 422, "status", "requested, pending")
    assert_problem(api.get("/v1/refunds?cursor=x"), 422, "cursor", "next_cursor")
    assert api.get("/v1/refunds/re_none").status_code == 404


def test_one_key_asks_and_another_agrees(app: Flask, api: Api, payment: str) -> None:
    other = Api(app.test_client(), "sk_test_another-for-tests-only")
    with app.app_context():
        need_approval_above(0)
        with transaction():
            digest = hashlib.sha256(other.api_key.encode()).hexdigest()
            db.session.add(ApiKey(id="key_other", name="another", prefix="sk_test_", sha256=digest))
    asked = api.post(f"/v1/payments/{payment}/refunds", {}).json
    assert (asked["needs_approval"], asked["approved_by"]) == (True, None)
    path = f"/v1/refunds/{asked['id']}"
    assert_problem(api.post(f"{path}/approve"), 403, None, "cannot agree to it")
    agreed = other.post(f"{path}/approve")
    assert (agreed.status_code, agreed.json["approved_by"]) == (202, "api:key_other")
    assert api.post(f"{path}/reject", {"note": "too late"}).status_code == 409
    with app.app_context():
        run_jobs()
        assert sums(payment) == ("refunded", 12990, 0)
