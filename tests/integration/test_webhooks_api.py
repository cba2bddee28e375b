"""The API of webhooks out: endpoints, their secrets, events and deliveries, and what is refused with which words."""

from datetime import timedelta

import pytest
from flask import Flask
from standardwebhooks import Webhook

from app.domain.events import EVENTS
from app.domain.statuses import PaymentStatus
from app.models import utc_now
from app.services import events, webhook_endpoints
from app.services.transaction import transaction
from tests.support.api import Api
from tests.support.hub import variant
from tests.support.receiver import Receiver
from tests.support.rows import payment_row
from tests.support.webhooks_out import run_due

URL = "https://shop.example/webhooks"
PATH = "/v1/webhook-endpoints"


def paid(app: Flask) -> str:
    with app.app_context():
        with transaction():
            told = events.tell("payment.paid", payment_row(status=PaymentStatus.PAID)).id
        run_due()
        return told


def test_an_endpoint_is_registered_told_changed_and_removed(app: Flask, api: Api, receiver: Receiver) -> None:
    made = api.post(PATH, {"url": receiver.url, "event_types": ["payment.paid"], "description": "Orders"})
    assert made.status_code == 201, made.text
    path = f"{PATH}/{made.json['id']}"
    secret = made.json["secret"]
    assert secret.startswith("whsec_")
    event_id = paid(app)
    Webhook(secret).verify(receiver.received[0].body, receiver.received[0].headers)
    assert "secret" not in api.get(path).json
    assert secret not in api.get(PATH).text

    [delivery] = api.get(f"{path}/deliveries").json["data"]
    assert (delivery["state"], delivery["event"]["id"], delivery["tries"][0]["http_status"]) == (
        "delivered", event_id, 204,
    )  # fmt: skip
    assert api.get(f"{path}/deliveries?state=waiting").json["data"] == []
    assert api.post(f"/v1/event-deliveries/{delivery['id']}/replay").status_code == 202
    assert api.post(f"/v1/event-deliveries/{delivery['id']}/replay").json["code"] == "still_waiting"
    with app.app_context():
        run_due()
    assert api.get(f"/v1/event-deliveries/{delivery['id']}").json["round"] == 2
    assert len(receiver.received) == 2

    again = api.post(f"{path}/replay", {"since": (utc_now() - timedelta(minutes=5)).isoformat(), "everything": True})
    assert (again.status_code, again.json) == (202, {"events": 1})
    long_ago = {"since": (utc_now() - timedelta(days=91)).isoformat()}
    assert api.post(f"{path}/replay", long_ago).json["errors"][0]["field"] == "since"
    assert api.post(f"{path}/test").json["event"]["type"] == "webhook_endpoint.test"

    rotated = api.post(f"{path}/rotate-secret", {})
    assert rotated.json["old_secret_until"] is not None
    assert rotated.json["secret"] != secret
    assert api.post(f"{path}/rotate-secret", {}).json["code"] == "still_rotating"
    assert api.post(f"{path}/rotate-secret", {"keep_old": False}).json["old_secret_until"] is None

    headers = api.headers()
    off = api.client.patch(path, json={"enabled": False, "event_types": []}, headers=headers)
    assert (off.json["enabled"], off.json["event_types"]) == (False, [])
    assert api.post(f"{path}/test").json["code"] == "endpoint_disabled"
    assert api.client.patch(path, json={"enabled": True}, headers=headers).json["disabled_reason"] is None
    assert api.client.patch(path, json={}, headers=headers).json["url"] == receiver.url

    assert api.client.delete(path, headers=headers).status_code == 204
    assert api.get(path).status_code == 404
    assert api.get(PATH).json == {"data": []}
    assert len(api.get(f"{path}/deliveries").json["data"]) == 2, "the log was lost with the endpoint"


def test_events_are_listed_newest_first_and_by_type(app: Flask, api: Api) -> None:
    first, second = paid(app), paid(app)
    page = api.get("/v1/events?limit=1").json
    assert [event["id"] for event in page["data"]] == [second]
    after = api.get(f"/v1/events?limit=1&cursor={page['next_cursor']}").json
    assert [event["id"] for event in after["data"]] == [first]
    assert after["data"][0]["data"]["amount"] == 12990
    assert api.get("/v1/events?type=refund.failed").json["data"] == []
    assert api.get("/v1/events?type=refund.fialed").status_code == 422
    subject = after["data"][0]["subject_id"]
    assert len(api.get(f"/v1/events?subject_id={subject}").json["data"]) == 1


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_document_says_how_an_event_is_told(api: Api) -> None:
    told = api.client.get("/v1/openapi.json").json["webhooks"]["event"]["post"]
    body = told["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert set(EVENTS) < set(body["type"]["enum"])
    assert {header["name"] for header in told["parameters"]} == {
        "webhook-id", "webhook-timestamp", "webhook-signature",
    }  # fmt: skip


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_what_is_wrong_is_named_with_the_fix(api: Api) -> None:
    for url, words in {
        "http://127.0.0.1/hook": "private network",
        "https://10.0.0.8/hook": "private network",
        "https://2130706433/": "private network",
        "https://0x7f.1/": "private network",
        "https://127.0.0.1./": "private network",
        "https://localhost./": "private network",
        "https://[::ffff:127.0.0.1]/": "private network",
        "https://[64:ff9b::7f00:1]/": "private network",
        "https://localhost:8000/": "private network",
        "https://shop.localhost/": "private network",
        "https://user:pass@shop.example/": "user and password",
        "https://shop.example/#part": "#",
        "ftp://shop.example/": "complete address",
        "https://": "complete address",
        "https://shop.example:99999/": "complete address",
        "https://shop..example/": "complete address",
        "https://shop.example/a b": "complete address",
        "https://shöp.example/": "complete address",
        "x" * 2000: "complete address",
    }.items():
        reply = api.post(PATH, {"url": url})
        assert reply.status_code == 422, url
        assert words in reply.json["detail"], url
        assert reply.json["errors"][0]["field"] == "url"
    reply = api.post(PATH, {"url": URL, "event_types": ["payment.payed"]})
    assert "Did you mean payment.paid?" in reply.json["detail"]
    reply = api.post(PATH, {"url": URL, "event_types": ["nothing like it"]})
    assert all(kind in reply.json["detail"] for kind in EVENTS)
    assert api.post(PATH, {"url": URL, "description": "two\nlines"}).status_code == 422
    assert api.get(PATH).json["data"] == []


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_there_are_at_most_twenty(api: Api) -> None:
    for number in range(webhook_endpoints.MOST_ENDPOINTS):
        assert api.post(PATH, {"url": f"{URL}/{number}"}).status_code == 201
    refused = api.post(PATH, {"url": URL})
    assert (refused.status_code, refused.json["code"]) == (409, "too_many_endpoints")


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_production_takes_https_only(app: Flask) -> None:
    hub = variant(app, environment="production", public_url="https://pay.shop.example")
    reply = Api(hub.test_client()).post(PATH, {"url": "http://shop.example/webhooks"})
    assert "https://" in reply.json["detail"]
