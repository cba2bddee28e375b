"""Charges: created once, moved by one guarded writer, each move told by an event in the same transaction."""

import sqlite3
from dataclasses import dataclass

from providers.interface import Failure, FailureKind
from providers.sandbox.accounts import ACCOUNTS
from providers.sandbox.service import clock, events, faults, tokens
from providers.sandbox.service.errors import Refusal

CANCELLED_BY_CUSTOMER = Failure(FailureKind.CUSTOMER_CANCELLED, "cancelled_by_customer", "The customer went back.")
CANCELLED_BY_MERCHANT = Failure(FailureKind.CUSTOMER_CANCELLED, "cancelled_by_merchant", "The charge was withdrawn.")
EXPIRED = Failure(FailureKind.EXPIRED, "expired", "The customer did not pay in time.")
RETURNED = Failure(FailureKind.SOFT_DECLINE, "not_settled", "The payment was not settled.")
ENDED = ("succeeded", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCharge:
    """What a charge is created from; `amount` in minor units, `expires_at` in epoch seconds.

    `token` is what it will leave behind, `by_token` what it is charged by. `subscription_id` is the service's own.
    """

    id: str
    account: str
    reference: str
    idempotency_key: str
    amount: int
    currency: str
    method: str
    merchant_reference: str
    description: str
    return_url: str
    locale: str
    country: str | None
    strong_authentication: bool
    expires_at: float
    token: str | None = None
    by_token: str | None = None
    subscription_id: str | None = None


def create(
    connection: sqlite3.Connection, new: NewCharge, settle_seconds: float
) -> tuple[sqlite3.Row, bool] | None:
    """The charge, and whether it is new: a repetition finds the first one, whatever has become of it.

    One by a token is decided at once, since nobody is there to be asked.

    None when a switch refuses it: an error would undo that the switch has struck.

    Raises: Refusal 409 when the reference or key was used for something else, 402 or 422 when it is not
    accepted.
    """
    rows = connection.execute(
        "SELECT * FROM charges WHERE account = ? AND (reference = ? OR idempotency_key = ?)",
        (new.account, new.reference, new.idempotency_key),
    ).fetchall()
    if rows:
        names = ("reference", "idempotency_key", "amount", "currency", "method", "by_token")
        if len(rows) > 1 or any(rows[0][name] != getattr(new, name) for name in names):
            raise Refusal(409, "idempotency_mismatch", "This reference or key was used for another charge.")
        return refresh(connection, rows[0]), False
    _check(new)
    if faults.strikes(connection, new.account, "refuse"):
        return None
    if new.by_token is None:
        return add(connection, new, tokens.WAITING), True
    row = add(connection, new, tokens.decide(connection, new.account, new.by_token, new.method, settle_seconds))
    events.record_charge(connection, row)
    return row, True


def add(connection: sqlite3.Connection, new: NewCharge, verdict: tokens.Verdict) -> sqlite3.Row:
    """Write the charge down as the verdict says; nothing is told about it yet."""
    now, failure = clock.now(), verdict.failure
    values = {
        name: getattr(new, name) for name in NewCharge.__dataclass_fields__ if name != "country"
    } | {
        "created_at": now,
        "status": verdict.status,
        "settle_at": verdict.settle_at,
        "settled_at": now if verdict.status in ENDED else None,
        "failure_kind": failure and failure.kind,
        "failure_code": failure and failure.code,
        "failure_message": failure and failure.message,
    }
    row: sqlite3.Row = connection.execute(
        f"INSERT INTO charges ({', '.join(values)}) VALUES ({', '.join('?' * len(values))}) RETURNING *",  # noqa: S608 - our own columns
        tuple(values.values()),
    ).fetchone()
    return row


def find(connection: sqlite3.Connection, account: str, reference: str) -> sqlite3.Row | None:
    """The account's charge with this reference, expired first if its time is over."""
    row = connection.execute(
        "SELECT * FROM charges WHERE account = ? AND reference = ?", (account, reference)
    ).fetchone()
    return refresh(connection, row) if row else None


def get(connection: sqlite3.Connection, charge_id: str, account: str | None = None) -> sqlite3.Row:
    """The charge by its id, any account's when none is given. Raises: Refusal 404."""
    row = connection.execute(
        "SELECT * FROM charges WHERE id = ? AND account = coalesce(?, account)", (charge_id, account)
    ).fetchone()
    if row is None:
        raise Refusal(404, "unknown_charge", "There is no such charge.")
    return refresh(connection, row)


def refresh(connection: sqlite3.Connection, charge: sqlite3.Row) -> sqlite3.Row:
    """The charge as it stands now: one that nobody paid in time has failed."""
    if charge["status"] == "awaiting_customer" and charge["expires_at"] <= clock.now():
        return move(connection, charge, "awaiting_customer", "failed", failure=EXPIRED)
    return charge


def move(
    connection: sqlite3.Connection,
    charge: sqlite3.Row,
    source: str,
    target: str,
    *,
    failure: Failure | None = None,
    settle_at: float | None = None,
) -> sqlite3.Row:
    """Move the charge from `source` to `target` if it still stands there; return it as it stands afterwards."""
    kind, code, message = (failure.kind, failure.code, failure.message) if failure else (None, None, None)
    moved: sqlite3.Row | None = connection.execute(
        "UPDATE charges SET status = ?, failure_kind = ?, failure_code = ?, failure_message = ?, settle_at = ?,"
        " settled_at = ? WHERE id = ? AND status = ? RETURNING *",
        (target, kind, code, message, settle_at, clock.now() if target in ENDED else None, charge["id"], source),
    ).fetchone()
    if moved is None:
        standing: sqlite3.Row = connection.execute("SELECT * FROM charges WHERE id = ?", (charge["id"],)).fetchone()
        return standing
    if moved["subscription_id"] is None:  # of a renewal the subscription's own events tell
        events.record_charge(connection, moved)
    return moved


def _check(new: NewCharge) -> None:
    """Hold a new charge to what its account supports. Raises: Refusal 422."""
    method = ACCOUNTS[new.account].get(new.method)
    if method is None:
        raise Refusal(422, "unsupported_method", f"This account does not offer {new.method}.")
    if method.currencies is not None and new.currency not in method.currencies:
        raise Refusal(422, "unsupported_currency", f"{new.method} is not offered in {new.currency}.")
    if method.countries is not None and new.country not in method.countries:
        raise Refusal(422, "unsupported_country", f"{new.method} is not offered in {new.country or 'no country'}.")
    if not method.min_amount.get(new.currency, 1) <= new.amount <= method.max_amount.get(new.currency, new.amount):
        raise Refusal(422, "amount_out_of_range", f"{new.method} is not offered for this amount.")
    if new.expires_at <= clock.now():
        raise Refusal(422, "expired", "The charge would be expired already.", FailureKind.EXPIRED)
