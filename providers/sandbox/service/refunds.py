"""Refunds: created once, never more in total than the charge, some of them settled later."""

import sqlite3
from dataclasses import dataclass

from providers.interface import FailureKind
from providers.sandbox.service import charges, clock, events, faults
from providers.sandbox.service.errors import Refusal

SLOW_METHODS = frozenset({"sepa_debit", "bank_transfer", "invoice"})  # money that travels by bank takes its time


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRefund:
    """What a refund is created from; `amount` in minor units of the charge's currency."""

    id: str
    account: str
    charge_id: str
    reference: str
    idempotency_key: str
    amount: int
    currency: str
    reason: str


def create(
    connection: sqlite3.Connection, new: NewRefund, settle_seconds: float
) -> tuple[sqlite3.Row, bool] | None:
    """The refund, and whether it is new; the amount is reserved on the charge by one guarded update.

    None when a switch refuses it: an error would undo that the switch has struck.

    Raises: Refusal 404 for another's charge, 409 for a reused reference, 402 or 422 when it is not possible.
    """
    rows = connection.execute(
        "SELECT * FROM refunds WHERE account = ? AND (reference = ? OR idempotency_key = ?)",
        (new.account, new.reference, new.idempotency_key),
    ).fetchall()
    if rows:
        names = ("reference", "idempotency_key", "charge_id", "amount", "currency")
        if len(rows) > 1 or any(rows[0][name] != getattr(new, name) for name in names):
            raise Refusal(409, "idempotency_mismatch", "This reference or key was used for another refund.")
        return rows[0], False
    charge = charges.get(connection, new.charge_id, new.account)
    if charge["currency"] != new.currency:
        raise Refusal(422, "wrong_currency", f"The charge was made in {charge['currency']}.")
    if faults.strikes(connection, new.account, "refuse_refunds"):
        return None
    reserved = connection.execute(
        "UPDATE charges SET refunded = refunded + ?"
        " WHERE id = ? AND status = 'succeeded' AND refunded + ? <= amount RETURNING id",
        (new.amount, charge["id"], new.amount),
    ).fetchone()
    if reserved is None:
        raise Refusal(422, "not_refundable", "The charge is unpaid, or less than this amount is left to refund.")
    now = clock.now()
    slow = charge["method"] in SLOW_METHODS
    row: sqlite3.Row = connection.execute(
        "INSERT INTO refunds (id, account, charge_id, reference, idempotency_key, amount, currency, reason,"
        " created_at, status, settle_at, settled_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
        (new.id, new.account, new.charge_id, new.reference, new.idempotency_key, new.amount, new.currency,
         new.reason, now, "pending" if slow else "succeeded", now + settle_seconds if slow else None,
         None if slow else now),
    ).fetchone()
    events.record_refund(connection, row, charge)
    return row, True


def find(connection: sqlite3.Connection, account: str, reference: str) -> sqlite3.Row | None:
    """The account's refund with this reference."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM refunds WHERE account = ? AND reference = ?", (account, reference)
    ).fetchone()
    return row


def settle(connection: sqlite3.Connection, refund: sqlite3.Row) -> None:
    """End a pending refund: succeeded, or failed with its amount given back to the charge."""
    failed = faults.strikes(connection, refund["account"], "fail_settlement")
    failure = (FailureKind.TECHNICAL, "account_closed", "The customer's account is closed.") if failed else (None,) * 3
    settled = connection.execute(
        "UPDATE refunds SET status = ?, failure_kind = ?, failure_code = ?, failure_message = ?, settle_at = NULL,"
        " settled_at = ? WHERE id = ? AND status = 'pending' RETURNING *",
        ("failed" if failed else "succeeded", *failure, clock.now(), refund["id"]),
    ).fetchone()
    if settled is None:
        return
    if failed:
        connection.execute(
            "UPDATE charges SET refunded = refunded - ? WHERE id = ?", (settled["amount"], settled["charge_id"])
        )
    charge = charges.get(connection, settled["charge_id"])
    events.record_refund(connection, settled, charge)
