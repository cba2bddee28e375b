"""Webhook deliveries as the sandbox signs them, for the tests to repeat, shuffle, forge and spoil."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from providers.protocol import signing
from providers.sandbox.accounts import webhook_secret
from tests.support.sandbox import MASTER_WEBHOOK_SECRET

SECRET = webhook_secret("north", MASTER_WEBHOOK_SECRET)


def body(attempt_id: str, kind: str = "charge.succeeded", **changes: Any) -> bytes:
    """An event about an attempt's charge; `changes` replace or, when None, remove fields of the event."""
    event: dict[str, Any] = {
        "type": kind,
        "timestamp": datetime.now(UTC).isoformat(),
        "data": {"id": "ch_1", "charge_reference": attempt_id, "refund_reference": None},
    }
    return json.dumps({name: value for name, value in (event | changes).items() if value is not None}).encode()


def signed(
    payload: bytes, event_id: str = "evt_1", *, secret: str = SECRET, age: timedelta = timedelta()
) -> dict[str, str]:
    """The headers that prove `payload` was sent `age` ago."""
    return signing.sign([secret], event_id, payload, datetime.now(UTC) - age)
