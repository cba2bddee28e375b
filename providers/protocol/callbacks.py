"""Callbacks by the Standard Webhooks scheme: a service says that something changed; the hub asks it what."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from providers.interface import InvalidWebhook, WebhookEvent
from providers.protocol import fields, signing

EVENTS = (
    "charge.pending", "charge.succeeded", "charge.failed", "refund.pending", "refund.succeeded", "refund.failed",
    "subscription.renewed", "subscription.renewal_failed", "subscription.ended",
)  # fmt: skip


def parse(secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookEvent:
    """Verify and read one delivery at the time `now`. Raises: InvalidWebhook."""
    try:
        event_id = signing.check(secrets, headers, body, now)
    except signing.NotProven as unproven:
        raise InvalidWebhook(unproven.reason) from unproven
    try:
        event = json.loads(body)
        data = event["data"]
        return WebhookEvent(
            event_id=event_id,
            kind=fields.name(event["type"]),
            attempt_id=_reference(data, "charge_reference"),
            refund_id=_reference(data, "refund_reference"),
            subscription_id=_reference(data, "subscription_reference"),
            provider_reference=fields.name(data["id"]),
            occurred_at=fields.moment(event["timestamp"]),
        )
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidWebhook("the body is signed but cannot be read") from error


def _reference(data: Mapping[str, Any], key: str) -> str | None:
    """What stands for a reference of ours under `key`: whether it is one, the hub looks."""
    value = data.get(key)
    if value is not None and not isinstance(value, str):
        raise TypeError("expected text")
    return value
