"""The sandbox's API: who may call, what it accepts, and that a refusal changes nothing."""

import pytest
from werkzeug.test import Client

from providers.sandbox.accounts import api_key
from tests.unit.providers.conftest import MASTER
from tests.unit.providers.support import headers, new_charge, post_charge


def _ledger(client: Client) -> dict:
    return client.get("/v1/ledger", headers=headers()).json


@pytest.mark.parametrize("given", [None, "", "Bearer ", "Bearer wrong", "Basic x", "Bearer ünïcode", MASTER])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/charges"),
        ("GET", "/v1/charges"),
        ("POST", "/v1/charges/x/cancel"),
        ("POST", "/v1/refunds"),
        ("GET", "/v1/refunds"),
        ("GET", "/v1/ledger"),
        ("GET", "/v1/faults"),
        ("PUT", "/v1/faults"),
        ("DELETE", "/v1/faults"),
    ],
)
def test_every_call_needs_a_key(client: Client, method: str, path: str, given: str | None):
    reply = client.open(path, method=method, headers={} if given is None else {"Authorization": given})
    assert reply.status_code == 401
    assert reply.json["error"]["code"] == "unauthorized"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("amount", value) for value in (0, -1, 1.5, "100", True, None, 10**30, [])],
        *[("currency", value) for value in (None, "", 978, "E" * 101)],
        *[("reference", value) for value in (None, "", "a b", "é", "x" * 101, 5)],
        *[
            ("return_url", value)
            for value in (
                None,
                "",
                "/back",
                "javascript:alert(1)",
                "ftp://x/",
                "https://",
                "https://a@b/",
                "https://a b/",
                "https://x;y/",
                "https://x\r\nSet-Cookie: a=b/",
                "https://[/",
                "https://bücher.example/",
                "https://x/" + "y" * 2000,
            )
        ],
        *[("expires_at", value) for value in (None, "", "soon", "2030-01-01T00:00:00", 5, "9999-99-99")],
        *[("locale", value) for value in (5, "x" * 501)],
        ("description", {"a": 1}),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_kept(client: Client, field: str, value: object):
    reply = post_charge(client, **{field: value})
    assert reply.status_code == 422
    assert reply.json["error"]["message"].startswith(field)
    assert _ledger(client)["charges"] == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 50_000])
def test_a_body_that_is_not_an_object(client: Client, body: bytes):
    reply = client.post("/v1/charges", data=body, headers=headers())
    assert (reply.status_code, reply.json["error"]["code"]) == (400, "invalid_json")


def test_a_body_that_is_too_large(client: Client):
    assert client.post("/v1/charges", data=b" " * 200_000, headers=headers()).status_code == 413


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_moving_money_needs_an_idempotency_key(client: Client, key: str):
    for path in ("/v1/charges", "/v1/refunds"):
        given = {"Authorization": f"Bearer {api_key('north', MASTER)}", "Idempotency-Key": key}
        reply = client.post(path, json={}, headers=given)
        assert reply.status_code in (400, 422)
    assert _ledger(client)["charges"] == []


def test_a_key_used_for_another_charge(client: Client):
    first = {
        "reference": "att_one",
        "amount": 1,
        "currency": "EUR",
        "method": "card",
        "return_url": "https://x/",
        "expires_at": "2999-01-01T00:00:00Z",
    }
    assert client.post("/v1/charges", json=first, headers=headers(key="same")).status_code == 201
    other = first | {"reference": "att_two"}
    assert client.post("/v1/charges", json=other, headers=headers(key="same")).status_code == 409
    assert client.post("/v1/charges", json=first, headers=headers(key="another")).status_code == 409
    assert client.post("/v1/charges", json=first, headers=headers(key="same")).status_code == 200
    assert len(_ledger(client)["charges"]) == 1


def test_unknown_addresses_and_methods(client: Client):
    assert client.get("/nowhere").status_code == 404
    assert client.put("/v1/charges", headers=headers()).status_code == 405
    assert client.get("/healthz").json == {"status": "ok"}


def test_page_addresses_follow_the_public_address(client: Client):
    assert new_charge(client)["page_url"].startswith("http://localhost/pay/ch_")


@pytest.mark.parametrize(
    "switches",
    [
        {"unknown": 1},
        {"refuse": 2},
        {"refuse": -0.1},
        {"refuse": "on"},
        {"refuse": None, "drop_reply": []},
        {"delay_seconds": 1000},
        {"delay_seconds": "1"},
        {"refuse": {"times": -1}},
        {"refuse": {"times": 1.5}},
    ],
)
def test_a_wrong_switch_changes_no_switch(client: Client, switches: dict):
    client.put("/v1/faults", json={"hold_webhooks": 1}, headers=headers())
    assert client.put("/v1/faults", json=switches, headers=headers()).status_code == 422
    assert set(client.get("/v1/faults", headers=headers()).json) == {"hold_webhooks"}


def test_a_switch_for_a_number_of_times_is_used_up(client: Client):
    client.put("/v1/faults", json={"refuse": {"times": 2}}, headers=headers())
    assert [post_charge(client).status_code for _ in range(3)] == [402, 402, 201]


def test_a_switch_may_be_a_matter_of_chance(client: Client):
    client.put("/v1/faults", json={"refuse": 0.5}, headers=headers())
    assert {post_charge(client).status_code for _ in range(60)} == {402, 201}


def test_switches_are_one_accounts_own(client: Client):
    client.put("/v1/faults", json={"refuse": 1}, headers=headers("north"))
    assert post_charge(client, "south").status_code == 201
    client.delete("/v1/faults", headers=headers("north"))
    assert post_charge(client, "north").status_code == 201
