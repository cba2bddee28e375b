"""Events: written beside the change they tell about, in the same transaction, for the courier to deliver."""

import json
import random
import secrets
import sqlite3
import time
from datetime import UTC, datetime

from providers.sandbox.service import faults

SHUFFLE_SECONDS = 2.0


def record_charge(connection: sqlite3.Connection, charge: sqlite3.Row) -> None:
    """Tell that a charge is now pending (processing), succeeded or failed."""
    state = {"awaiting_customer": "pending", "processing": "pending"}.get(charge["status"], charge["status"])
    _record(connection, charge["account"], f"charge.{state}", charge["id"], charge["reference"], None)


def record_refund(connection: sqlite3.Connection, refund: sqlite3.Row, charge_reference: str) -> None:
    """Tell that a refund is now pending, succeeded or failed."""
    kind = f"refund.{refund['status']}"
    _record(connection, refund["account"], kind, refund["id"], charge_reference, refund["reference"])


def _record(
    connection: sqlite3.Connection, account: str, kind: str, object_id: str, charge: str, refund: str | None
) -> None:
    now = time.time()
    body = {
        "type": kind,
        "timestamp": datetime.fromtimestamp(now, tz=UTC).isoformat(),
        "data": {"id": object_id, "charge_reference": charge, "refund_reference": refund},
    }
    shuffled = faults.strikes(connection, account, "shuffle_webhooks")
    due_at = now + (random.uniform(0, SHUFFLE_SECONDS) if shuffled else 0)  # noqa: S311 - disorder, not secrecy
    connection.execute(
        "INSERT INTO deliveries (id, account, body, created_at, due_at) VALUES (?, ?, ?, ?, ?)",
        (f"evt_{secrets.token_hex(16)}", account, json.dumps(body), now, due_at),
    )
