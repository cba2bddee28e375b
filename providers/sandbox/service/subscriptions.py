"""Subscriptions: started once by a token, adjusted to what they shall be, and ended once."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from providers.interface import FailureKind
from providers.sandbox.accounts import ACCOUNTS
from providers.sandbox.service import calendar, clock, events, faults, tokens
from providers.sandbox.service.errors import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubscription:
    """What a subscription is started from; `first_due_at` in epoch seconds, dates in ISO 8601."""

    id: str
    account: str
    reference: str
    idempotency_key: str
    token: str
    method: str
    amount: int
    currency: str
    merchant_reference: str
    description: str
    interval_unit: str
    interval_count: int
    anchor_on: str
    timezone: str
    first_number: int
    first_due_at: float
    last_number: int | None


def start(connection: sqlite3.Connection, new: NewSubscription) -> tuple[sqlite3.Row, bool] | None:
    """The subscription, and whether it is new: a repetition finds the first one, whatever has become of it.

    None when a switch refuses it: an error would undo that the switch has struck.

    Raises: Refusal 409 when the reference or key was used for something else, 402 or 422 when it is not accepted.
    """
    rows = connection.execute(
        "SELECT * FROM subscriptions WHERE account = ? AND (reference = ? OR idempotency_key = ?)",
        (new.account, new.reference, new.idempotency_key),
    ).fetchall()
    if rows:
        names = ("reference", "idempotency_key", "method", "currency", "interval_unit", "interval_count", "anchor_on")
        if len(rows) > 1 or any(rows[0][name] != getattr(new, name) for name in names):
            raise Refusal(409, "idempotency_mismatch", "This reference or key was used for another subscription.")
        return rows[0], False
    _check(connection, new)
    if faults.strikes(connection, new.account, "refuse"):
        return None
    local = datetime.fromtimestamp(new.first_due_at, UTC).astimezone(ZoneInfo(new.timezone))
    row: sqlite3.Row = connection.execute(
        "INSERT INTO subscriptions (id, account, reference, idempotency_key, token, method, amount, currency,"
        " merchant_reference, description, interval_unit, interval_count, anchor_on, timezone, time_of_day,"
        " last_number, next_number, next_due_at, created_at, status)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'active') RETURNING *",
        (new.id, new.account, new.reference, new.idempotency_key, new.token, new.method, new.amount, new.currency,
         new.merchant_reference, new.description, new.interval_unit, new.interval_count, new.anchor_on, new.timezone,
         local.time().isoformat(), new.last_number, new.first_number, new.first_due_at, clock.now()),
    ).fetchone()
    return row, True


def find(connection: sqlite3.Connection, account: str, reference: str) -> sqlite3.Row | None:
    """The account's subscription with this reference."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM subscriptions WHERE account = ? AND reference = ?", (account, reference)
    ).fetchone()
    return row


def get(connection: sqlite3.Connection, subscription_id: str, account: str | None = None) -> sqlite3.Row:
    """The subscription by its id, any account's when none is given. Raises: Refusal 404."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM subscriptions WHERE id = ? AND account = coalesce(?, account)", (subscription_id, account)
    ).fetchone()
    if row is None:
        raise Refusal(404, "unknown_subscription", "There is no such subscription.")
    return row


def change(connection: sqlite3.Connection, subscription: sqlite3.Row, values: Mapping[str, object]) -> sqlite3.Row:
    """Set columns of a subscription that is still active; return it as it stands afterwards."""
    columns = ", ".join(f"{name} = ?" for name in values)
    connection.execute(
        f"UPDATE subscriptions SET {columns} WHERE id = ? AND status = 'active'",  # noqa: S608 - our own columns
        (*values.values(), subscription["id"]),
    )
    return get(connection, subscription["id"])


def pass_on(connection: sqlite3.Connection, subscription: sqlite3.Row) -> sqlite3.Row:
    """Turn to the period after the one that has just fallen due; after the last one there is none."""
    number = subscription["next_number"] + 1
    over = subscription["last_number"] is not None and number > subscription["last_number"]
    due_at = None if over else calendar.due_at(
        date.fromisoformat(subscription["anchor_on"]), subscription["interval_unit"], subscription["interval_count"],
        number, time.fromisoformat(subscription["time_of_day"]), ZoneInfo(subscription["timezone"]),
    )
    return change(connection, subscription, {"next_number": number, "next_due_at": due_at})


def end(connection: sqlite3.Connection, subscription: sqlite3.Row) -> sqlite3.Row:
    """Charge nothing any more, retries included, and tell so once."""
    if subscription["status"] == "active":
        connection.execute(
            "UPDATE renewals SET next_try_at = NULL WHERE subscription_id = ?", (subscription["id"],)
        )
        change(connection, subscription, {"status": "ended", "next_due_at": None})
        events.record_subscription(connection, subscription, "ended")
    return get(connection, subscription["id"])


def _check(connection: sqlite3.Connection, new: NewSubscription) -> None:
    """Hold a new subscription to what its account supports. Raises: Refusal 402 or 422."""
    method = ACCOUNTS[new.account].get(new.method)
    if method is None or "subscription" not in method.flows:
        raise Refusal(422, "unsupported_method", f"This account does not renew by {new.method}.")
    if method.currencies is not None and new.currency not in method.currencies:
        raise Refusal(422, "unsupported_currency", f"{new.method} is not offered in {new.currency}.")
    if new.last_number is not None and new.last_number < new.first_number:
        raise Refusal(422, "nothing_to_renew", "The last period is before the first that is to be charged.")
    if not tokens.is_good(connection, new.account, new.token, new.method):
        raise Refusal(402, tokens.UNKNOWN.code, tokens.UNKNOWN.message, FailureKind.HARD_DECLINE)
