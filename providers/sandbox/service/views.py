"""How the API shows its rows as JSON objects."""

import sqlite3
from datetime import UTC, datetime
from typing import Any

STATES = {"awaiting_customer": "pending", "processing": "pending"}


def charge(row: sqlite3.Row, base_url: str) -> dict[str, Any]:
    """A charge: `state` is pending, succeeded or failed; `stage` says why it is pending."""
    return {
        "id": row["id"],
        "reference": row["reference"],
        "state": STATES.get(row["status"], row["status"]),
        "stage": row["status"] if row["status"] in STATES else None,
        "amount": row["amount"],
        "currency": row["currency"],
        "method": row["method"],
        "merchant_reference": row["merchant_reference"],
        "refunded": row["refunded"],
        "failure": _failure(row),
        "page_url": f"{base_url}/pay/{row['id']}" if row["status"] == "awaiting_customer" else None,
        "created_at": _moment(row["created_at"]),
        "expires_at": _moment(row["expires_at"]),
    }


def refund(row: sqlite3.Row) -> dict[str, Any]:
    """A refund: `state` is pending, succeeded or failed."""
    return {
        "id": row["id"],
        "reference": row["reference"],
        "charge": row["charge_id"],
        "state": row["status"],
        "amount": row["amount"],
        "currency": row["currency"],
        "reason": row["reason"],
        "failure": _failure(row),
        "created_at": _moment(row["created_at"]),
    }


def delivery(row: sqlite3.Row) -> dict[str, Any]:
    """An event and how its delivery stands: waiting, delivered or given_up."""
    return {"id": row["id"], "status": row["status"], "tries": row["tries"], "body": row["body"]}


def _failure(row: sqlite3.Row) -> dict[str, str] | None:
    if row["failure_kind"] is None:
        return None
    return {"kind": row["failure_kind"], "code": row["failure_code"], "message": row["failure_message"]}


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, tz=UTC).isoformat()
