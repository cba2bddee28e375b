"""Stripe's webhooks: the signature proves them, and what they tell is only where to look.

The SDK's own check reads the clock itself, lets deliveries from the future pass, and stumbles over odd bytes.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from providers.interface import AccountConfig, InvalidWebhook, WebhookEvent
from providers.stripe.values import ATTEMPT, REFUND, SUBSCRIPTION

TOLERANCE = timedelta(minutes=5)
MOST_SIGNATURES = 20

# What an account's webhook address is to be told. Disputes are not among them: they are answered at Stripe, and a
# dispute that is lost moves money that no payment, refund or renewal of the hub stands for.
EVENTS: tuple[str, ...] = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "payment_intent.succeeded",
    "payment_intent.processing",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.refunded",
    "charge.refund.updated",
    "invoice.paid",
    "invoice.payment_succeeded",
    "invoice.payment_failed",
    "customer.subscription.updated",
    "customer.subscription.deleted",
)


def sign(secret: str, body: bytes, moment: datetime) -> str:
    """The header `Stripe-Signature` for a body."""
    stamp = str(int(moment.timestamp()))
    return f"t={stamp},v1={_proof(secret, stamp, body)}"


def parse(account: AccountConfig, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookEvent:
    """Verify and read one delivery; see `Provider.parse_webhook`. Raises: InvalidWebhook, and nothing else."""
    given = {name.lower(): value for name, value in headers.items()}
    _verify(_secrets(account), given.get("stripe-signature", ""), body, now)
    try:
        return _read(account, json.loads(body))
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError, OSError, RecursionError) as error:
        raise InvalidWebhook("the body is signed but cannot be read") from error


def _secrets(account: AccountConfig) -> list[str]:
    """Both while the secret is being changed; Stripe then signs with both for up to a day."""
    return [secret for key in ("webhook_secret", "previous_webhook_secret") if (secret := account.secrets.get(key))]


def _verify(secrets: list[str], header: str, body: bytes, now: datetime) -> None:
    parts = [part.strip().partition("=") for part in header.split(",", MOST_SIGNATURES)]
    stamps = [value for name, _, value in parts if name == "t"]
    if len(stamps) != 1 or not (stamps[0].isascii() and stamps[0].isdigit() and len(stamps[0]) <= 11):
        raise InvalidWebhook("the signature's time is missing or malformed")
    if abs(now - datetime.fromtimestamp(int(stamps[0]), tz=UTC)) > TOLERANCE:
        raise InvalidWebhook("the signature's time is too far from now")
    signatures = [value.encode(errors="replace") for name, _, value in parts if name == "v1"]
    proofs = [_proof(secret, stamps[0], body).encode() for secret in secrets]
    if not any(hmac.compare_digest(proof, signature) for proof in proofs for signature in signatures):
        raise InvalidWebhook("no signature matches")


def _proof(secret: str, stamp: str, body: bytes) -> str:
    return hmac.new(secret.encode(errors="replace"), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _read(account: AccountConfig, event: Any) -> WebhookEvent:
    if event["object"] != "event" or event["livemode"] is not account.live:
        raise InvalidWebhook("the event is of the other mode: live and test are never mixed")
    if event.get("account") not in (None, account.settings.get("account_id")):
        raise InvalidWebhook("the event is of another Stripe account")
    thing = event["data"]["object"]
    if not isinstance(thing, dict):
        raise InvalidWebhook("the event is about nothing")
    return WebhookEvent(
        event_id=_text(event["id"]),
        kind=_text(event["type"]),
        attempt_id=_ours(thing.get("metadata"), ATTEMPT) or _text_or_none(thing.get("client_reference_id")),
        refund_id=_ours(thing.get("metadata"), REFUND),
        subscription_id=_subscription(thing),
        provider_reference=_text_or_none(thing.get("id")) or "",
        occurred_at=datetime.fromtimestamp(_whole(event["created"]), tz=UTC),
    )


def _subscription(thing: dict[str, Any]) -> str | None:
    """Our subscription, which an invoice knows as what it was made for."""
    parent = thing.get("parent")
    made_for = parent.get("subscription_details") if isinstance(parent, dict) else None
    inner = made_for.get("metadata") if isinstance(made_for, dict) else None
    return _ours(thing.get("metadata"), SUBSCRIPTION) or _ours(inner, SUBSCRIPTION)


def _ours(metadata: Any, key: str) -> str | None:
    return _text_or_none(metadata.get(key)) if isinstance(metadata, dict) else None


def _text_or_none(value: Any) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= 255 and value.isprintable() else None


def _text(value: Any) -> str:
    if (found := _text_or_none(value)) is None:
        raise TypeError("expected text")
    return found


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("expected a whole number")
    return value
