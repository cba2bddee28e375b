"""The sandbox's webhooks by the Standard Webhooks scheme: signed by the service, verified by the adapter."""

import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from providers.interface import InvalidWebhook, WebhookEvent

TOLERANCE = timedelta(minutes=5)


def sign(secret: str, event_id: str, body: str, now: datetime) -> dict[str, str]:
    """The three headers that prove `body`; `now` is aware, and the library needs it in UTC."""
    moment = now.astimezone(UTC)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(event_id, moment, body),
    }


def parse(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookEvent:
    """Verify and read one delivery at the time `now`.

    The library's own `verify` reads the clock itself and raises several unrelated errors on hostile
    headers, so only its signature is used. Raises: InvalidWebhook.
    """
    given = {name.lower(): value for name, value in headers.items()}
    event_id, stamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not event_id or not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 11):
        raise InvalidWebhook("the id or the timestamp is missing or malformed")
    sent_at = datetime.fromtimestamp(int(stamp), tz=UTC)
    if abs(now - sent_at) > TOLERANCE:
        raise InvalidWebhook("the timestamp is too far from now")
    try:
        text = body.decode()
        expected = Webhook(secret).sign(event_id, sent_at, text).encode()
    except (ValueError, EmptyWebhookSecretError) as error:
        raise InvalidWebhook("the body is not text, or the account has no usable secret") from error
    signatures = given.get("webhook-signature", "").encode(errors="replace").split(b" ")
    if not any(hmac.compare_digest(expected, signature) for signature in signatures):
        raise InvalidWebhook("no signature matches")
    return _read(event_id, text)


def _read(event_id: str, text: str) -> WebhookEvent:
    """The event in a proven body. Raises: InvalidWebhook when it is not one."""
    try:
        event = json.loads(text)
        data = event["data"]
        subscription = data.get("subscription_reference")
        return WebhookEvent(
            event_id=event_id,
            kind=_text(event["type"]),
            attempt_id=data["charge_reference"] and _text(data["charge_reference"]),
            refund_id=data["refund_reference"] and _text(data["refund_reference"]),
            subscription_id=subscription and _text(subscription),
            provider_reference=_text(data["id"]),
            occurred_at=datetime.fromisoformat(event["timestamp"]).astimezone(UTC),
        )
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidWebhook("the body is signed but cannot be read") from error


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("expected text")
    return value
