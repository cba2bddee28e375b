"""Short ways to call the sandbox service's API in a test."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from werkzeug.test import Client, TestResponse

from providers.sandbox.accounts import api_key
from tests.unit.providers.conftest import MASTER

_NUMBERS = count(1)


def headers(account: str = "north", key: str | None = None) -> dict[str, str]:
    """The headers of a call that moves money."""
    return {
        "Authorization": f"Bearer {api_key(account, MASTER)}",
        "Idempotency-Key": key or f"key{next(_NUMBERS)}",
    }


def post_charge(client: Client, account: str = "north", **changes: Any) -> TestResponse:
    """Ask for a charge that has never been asked for before."""
    usual = {
        "reference": f"att_{next(_NUMBERS)}",
        "amount": 4990,
        "currency": "EUR",
        "method": "card",
        "merchant_reference": "Order 7",
        "return_url": "https://shop.example/back?order=7",
        "locale": "en",
        "country": "IT",
        "expires_at": (datetime.now(UTC) + timedelta(minutes=5)).isoformat(),
    }
    return client.post("/v1/charges", json=usual | changes, headers=headers(account))


def new_charge(client: Client, **changes: Any) -> dict[str, Any]:
    """A charge that was accepted."""
    reply = post_charge(client, **changes)
    assert reply.status_code == 201, reply.text
    charge: dict[str, Any] = reply.json
    return charge


def state_of(client: Client, charge: dict[str, Any]) -> str:
    """The charge's state now."""
    reply = client.get("/v1/charges", query_string={"reference": charge["reference"]}, headers=headers())
    state: str = reply.json["data"][0]["state"]
    return state
