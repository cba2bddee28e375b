"""Events: what happened to an object, as it was then, and the signature that proves a delivery of it."""

import hashlib
import hmac
import json
import time
from typing import Any

from tests.support.stripe_stand_in.store import Books, Document, new_id

API_VERSION = "2026-10-28.endive"


def tell(books: Books, kind: str, document: Document, previous: Document | None = None) -> None:
    """Record an event about the object as it is now, and queue its delivery."""
    data: Document = {"object": document}
    if previous is not None:
        data["previous_attributes"] = previous
    event = {
        "id": new_id("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": books.now,
        "data": data,
        "livemode": books.live,
        "pending_webhooks": 1,
        "request": dict(books.request),
        "type": kind,
    }
    books.add(event)
    books.connection.execute(
        "INSERT INTO deliveries (realm, event, due_at, tries, status) VALUES (?, ?, ?, 0, 'waiting')",
        (books.realm, event["id"], time.time()),
    )


def body(event: Document) -> bytes:
    """The event as it is sent."""
    return json.dumps(event, indent=2).encode()


def signature(payload: bytes, at: int, secrets: list[str]) -> str:
    """The `Stripe-Signature` header: one `v1` for each secret that is valid now."""
    signed = str(at).encode() + b"." + payload
    proofs = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={at}", *(f"v1={proof}" for proof in proofs)])


def changed(before: Document, after: Document) -> dict[str, Any]:
    """What the fields that changed were before."""
    return {name: value for name, value in before.items() if after.get(name) != value}
