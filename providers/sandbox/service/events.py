"""Events: written beside the change they tell about, in the same transaction, for the courier to deliver."""

import json
import random
import secrets
import sqlite3
from datetime import UTC, datetime

from providers.sandbox.service import clock, faults

SHUFFLE_SECONDS = 2.0


def record_charge(connection: sqlite3.Connection, charge: sqlite3.Row) -> None:
    """Tell that a charge is now pending (processing), succeeded or failed."""
    state = {"awaiting_customer": "pending", "processing": "pending"}.get(charge["status"], charge["status"])
    _record(connection, charge, f"charge.{state}", charge=charge["reference"])


def record_refund(connection: sqlite3.Connection, refund: sqlite3.Row, charge: sqlite3.Row) -> None:
    """Tell that a refund is now pending, succeeded or failed; a renewal's charge has no reference of the merchant's."""
    reference = None if charge["subscription_id"] else charge["reference"]
    _record(connection, refund, f"refund.{refund['status']}", charge=reference, refund=refund["reference"])


def record_subscription(connection: sqlite3.Connection, subscription: sqlite3.Row, what: str) -> None:
    """Tell what became of a subscription: renewed, renewal_failed or ended."""
    _record(connection, subscription, f"subscription.{what}", subscription=subscription["reference"])


def _record(
    connection: sqlite3.Connection,
    about: sqlite3.Row,
    kind: str,
    *,
    charge: str | None = None,
    refund: str | None = None,
    subscription: str | None = None,
) -> None:
    now, account = clock.now(), about["account"]
    body = {
        "type": kind,
        "timestamp": datetime.fromtimestamp(now, tz=UTC).isoformat(),
        "data": {
            "id": about["id"],
            "charge_reference": charge,
            "refund_reference": refund,
            "subscription_reference": subscription,
        },
    }
    shuffled = faults.strikes(connection, account, "shuffle_webhooks")
    due_at = now + (random.uniform(0, SHUFFLE_SECONDS) if shuffled else 0)  # noqa: S311 - disorder, not secrecy
    connection.execute(
        "INSERT INTO deliveries (id, account, body, created_at, due_at) VALUES (?, ?, ?, ?, ?)",
        (f"evt_{secrets.token_hex(16)}", account, json.dumps(body), now, due_at),
    )
