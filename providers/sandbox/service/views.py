"""How the API shows its rows as JSON objects."""

import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from providers.interface import MethodCapability
from providers.origin import origin_of

STATES = {"awaiting_customer": "pending", "processing": "pending"}


def capabilities(account: str, methods: Mapping[str, MethodCapability], base_url: str) -> dict[str, Any]:
    """What an account can do, in the words of our HTTP interface."""
    return {
        "name": f"Sandbox {account.capitalize()}",
        "live": False,
        "methods": {name: _method(method) for name, method in methods.items()},
        "page_origins": [origin_of(base_url)],
        **dict.fromkeys(("refunds", "partial_refunds", "cancel", "subscriptions", "reports"), True),
    }


def _method(method: MethodCapability) -> dict[str, Any]:
    return {
        "currencies": sorted(method.currencies) if method.currencies is not None else None,
        "countries": sorted(method.countries) if method.countries is not None else None,
        "flows": sorted(method.flows),
        "min_amount": dict(method.min_amount),
        "max_amount": dict(method.max_amount),
    }


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
        "token": row["token"] if row["status"] == "succeeded" else None,
        "page_url": f"{base_url}/pay/{row['id']}" if row["status"] == "awaiting_customer" else None,
        "created_at": _moment(row["created_at"]),
        "expires_at": _moment(row["expires_at"]),
        "settled_at": _moment(row["settled_at"]),
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
        "settled_at": _moment(row["settled_at"]),
    }


def subscription(row: sqlite3.Row, renewals: list[sqlite3.Row], *, has_more: bool = False) -> dict[str, Any]:
    """A subscription: `state` is active or ended; its renewals are joined with the charges of their latest tries."""
    return {
        "id": row["id"],
        "reference": row["reference"],
        "state": row["status"],
        "amount": row["amount"],
        "currency": row["currency"],
        "method": row["method"],
        "next_due_at": _moment(row["next_due_at"]),
        "ends_at": _moment(row["ends_at"]),
        "created_at": _moment(row["created_at"]),
        "renewals": [_renewal(renewal) for renewal in renewals],
        "has_more": has_more,
    }


def _renewal(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "number": row["number"],
        "due_at": _moment(row["due_at"]),
        "charge": row["charge_id"],
        "state": STATES.get(row["status"], row["status"]),
        "amount": row["amount"],
        "currency": row["currency"],
        "tries": row["tries"],
        "failure": _failure(row) if row["status"] == "failed" else None,
        "next_try_at": _moment(row["next_try_at"]),
    }


def delivery(row: sqlite3.Row) -> dict[str, Any]:
    """An event and how its delivery stands: waiting, delivered or given_up."""
    return {"id": row["id"], "status": row["status"], "tries": row["tries"], "body": row["body"]}


def _failure(row: sqlite3.Row) -> dict[str, str] | None:
    if row["failure_kind"] is None:
        return None
    return {"kind": row["failure_kind"], "code": row["failure_code"], "message": row["failure_message"]}


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, tz=UTC).isoformat()
