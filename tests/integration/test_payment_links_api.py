"""Payment links over the API: made once for a key, read, sent, revoked, and refused by the field that is wrong."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.models import PaymentLink, db, utc_now
from tests.support.api import Api, session_body
from tests.support.links import shift, told_of
from tests.support.rows import row_counts

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])


def make(api: Api, *, key: str | None = None, **changes: Any) -> TestResponse:
    given = {"success_url": None, "failure_url": None, "deliver_to": {"email": "ada@example.com"}}
    body = session_body(**(given | changes))
    return api.post("/v1/payment-links", body, key=key)


def test_a_link_is_made_once_for_a_key_and_read_back(api: Api, app: Flask) -> None:
    first = make(api, key="k-1", max_payments=2)
    assert first.status_code == 201, first.text
    again = make(api, key="k-1", max_payments=2)
    assert again.json == first.json
    link = first.json
    assert link["url"].startswith("http://localhost/link/plink_")
    assert (link["status"], link["paid_count"], link["max_payments"], link["payments"]) == ("active", 0, 2, [])
    assert (link["deliver_to"], link["sent_count"]) == ({"email": "ada@example.com"}, 1)
    assert api.get(f"/v1/payment-links/{link['id']}").json == link
    (other,) = (make(api, reference="order-2").json,)
    assert [row["id"] for row in api.get("/v1/payment-links").json["data"]] == [other["id"], link["id"]]
    for query in (
        "reference=order-1001",
        "status=active&limit=1&cursor=" + other["id"],
        "email=ada@example.com&limit=2",
    ):
        assert link["id"] in [row["id"] for row in api.get(f"/v1/payment-links?{query}").json["data"]], query
    with app.app_context():
        assert db.session.get_one(PaymentLink, link["id"]).customer["email"] == "ada@example.com"


def test_without_a_recipient_the_shop_hands_the_address_over(api: Api) -> None:
    link = make(api, deliver_to=None).json
    assert (link["deliver_to"], link["sent_count"], link["sent_at"]) == (None, 0, None)
    refused = api.post(f"/v1/payment-links/{link['id']}/send")
    assert (refused.status_code, refused.json["code"]) == (409, "no_recipient")


def test_sending_too_often_says_when_again(api: Api, app: Flask) -> None:
    link = make(api, deliver_to={"phone": "+393331234567"}).json
    refused = api.post(f"/v1/payment-links/{link['id']}/send")
    assert (refused.status_code, refused.json["code"]) == (429, "sent_too_often")
    assert "can be sent again at 20" in refused.json["detail"]
    with app.app_context():
        shift(link["id"], timedelta(minutes=2), "sent_at")
    assert api.post(f"/v1/payment-links/{link['id']}/send").json["sent_count"] == 2


def test_a_revoked_link_can_neither_be_opened_nor_sent(api: Api, app: Flask) -> None:
    link = make(api).json
    path = f"/v1/payment-links/{link['id']}"
    assert api.post(f"{path}/revoke").json["status"] == "revoked"
    assert api.post(f"{path}/revoke").status_code == 200
    assert api.post(f"{path}/send").json["code"] == "payment_link_over"
    assert api.client.get(link["url"]).status_code == 410
    with app.app_context():
        assert told_of(link["id"]) == ["payment_link.sent", "payment_link.revoked"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"deliver_to": {"email": "ada@example.com", "phone": "+393331234567"}}, "deliver_to"),
        ({"deliver_to": {"phone": "333 1234567"}}, "deliver_to.phone"),
        ({"deliver_to": {"email": "ada"}}, "deliver_to.email"),
        ({"deliver_to": {"post": "Rome"}}, "deliver_to.post"),
        ({"max_payments": 0}, "max_payments"),
        ({"max_payments": 2, "terms_accepted": True}, "terms_accepted"),
        ({"expires_at": (utc_now() + timedelta(days=91)).isoformat()}, "expires_at"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "tomorrow"}, "expires_at"),
        ({"amount": 0}, "amount"),
        ({"success_url": "https://elsewhere.example/"}, "success_url"),
        ({"success_url": ""}, "success_url"),
        ({"attributes": {"flow": "direct"}}, "attributes.flow"),
        ({"attributes": {"mood": "good"}}, "attributes.mood"),
        ({"mode": "payment"}, "mode"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field_and_nothing_is_stored(
    api: Api, app: Flask, changes: dict[str, Any], field: str
) -> None:
    with app.app_context():
        before = row_counts()
    refused = api.post("/v1/payment-links", session_body(success_url=None, failure_url=None) | changes)
    assert refused.status_code == 422, refused.text
    assert field in [error["field"] for error in refused.json["errors"]], refused.json
    with app.app_context():
        assert row_counts() == before


def test_a_link_that_is_not_there(api: Api) -> None:
    for reply in (api.get("/v1/payment-links/plink_1"), api.post("/v1/payment-links/plink_1/send")):
        assert reply.status_code == 404
    assert api.get("/v1/payment-links?cursor=x").status_code == 422
    assert api.get("/v1/payment-links?status=lost").status_code == 422
