"""Renewals: each period that falls due is charged once, tried again after a decline, and given up in the end."""

import secrets
import sqlite3

from providers.interface import FailureKind
from providers.sandbox.service import charges, clock, events, subscriptions, tokens

DAY = 86_400
PAUSES = (1 * DAY, 3 * DAY, 5 * DAY)  # after a soft decline
FINAL = (FailureKind.HARD_DECLINE, FailureKind.NEEDS_CUSTOMER)  # never tried again: it would end in the same way


def collect_due(connection: sqlite3.Connection, settle_seconds: float) -> None:
    """Charge what has fallen due, however long ago, end what is over, and take up what has settled meanwhile."""
    for subscription in connection.execute(
        "SELECT * FROM subscriptions WHERE status = 'active' AND (next_due_at <= :now OR ends_at <= :now)",
        {"now": clock.now()},
    ).fetchall():
        catch_up(connection, subscription, settle_seconds)
    for renewal in connection.execute(
        "SELECT * FROM renewals WHERE next_try_at <= ?", (clock.now(),)
    ).fetchall():
        subscription = subscriptions.get(connection, renewal["subscription_id"])
        if subscription["status"] == "active":  # an earlier one of these may have ended it
            _try(connection, subscription, renewal, settle_seconds)
    for renewal in connection.execute(
        "SELECT renewals.* FROM renewals JOIN charges ON charges.id = renewals.charge_id"
        " WHERE renewals.status = 'processing' AND charges.status != 'processing'"
    ).fetchall():
        _conclude(connection, renewal, charges.get(connection, renewal["charge_id"]))


def of(
    connection: sqlite3.Connection, subscription: sqlite3.Row, from_number: int = 1, limit: int = -1
) -> list[sqlite3.Row]:
    """A subscription's renewals in order, each with the failure of its latest charge."""
    return connection.execute(
        "SELECT renewals.*, failure_kind, failure_code, failure_message FROM renewals"
        " LEFT JOIN charges ON charges.id = charge_id WHERE renewals.subscription_id = ? AND number >= ?"
        " ORDER BY number LIMIT ?",
        (subscription["id"], from_number, limit),
    ).fetchall()


def catch_up(connection: sqlite3.Connection, subscription: sqlite3.Row, settle_seconds: float) -> sqlite3.Row:
    """Charge every period that has fallen due before the end, each once; end the subscription if its end has come."""
    now = clock.now()
    while subscription["next_due_at"] is not None and subscription["next_due_at"] <= now:
        if subscription["ends_at"] is not None and subscription["next_due_at"] >= subscription["ends_at"]:
            break
        renewal: sqlite3.Row = connection.execute(
            "INSERT INTO renewals (subscription_id, number, account, amount, currency, due_at, created_at, status)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, 'processing') RETURNING *",
            (subscription["id"], subscription["next_number"], subscription["account"], subscription["amount"],
             subscription["currency"], subscription["next_due_at"], now),
        ).fetchone()
        subscription = subscriptions.pass_on(connection, subscription)
        _try(connection, subscription, renewal, settle_seconds)
        subscription = subscriptions.get(connection, subscription["id"])
    if subscription["ends_at"] is not None and subscription["ends_at"] <= now:
        subscription = subscriptions.end(connection, subscription)
    return subscription


def adjust(
    connection: sqlite3.Connection, subscription: sqlite3.Row, amount: int, ends_at: float | None, settle_seconds: float
) -> sqlite3.Row:
    """Set the amount of the periods to come and the end; what is due by now and before the end keeps its amount."""
    subscription = subscriptions.change(connection, subscription, {"ends_at": ends_at})
    subscription = catch_up(connection, subscription, settle_seconds)
    return subscriptions.change(connection, subscription, {"amount": amount})


def _try(
    connection: sqlite3.Connection, subscription: sqlite3.Row, renewal: sqlite3.Row, settle_seconds: float
) -> None:
    """Charge a renewal by the subscription's token: one charge for each try, under a reference of its own."""
    account, token, method = subscription["account"], subscription["token"], subscription["method"]
    reference = f"{subscription['reference']}:{renewal['number']}:{renewal['tries'] + 1}"
    charge = charges.add(
        connection,
        charges.NewCharge(
            id=f"ch_{secrets.token_hex(16)}",
            account=account,
            reference=reference,
            idempotency_key=f"renewal:{reference}",
            amount=renewal["amount"],
            currency=renewal["currency"],
            method=method,
            merchant_reference=subscription["merchant_reference"],
            description=subscription["description"],
            return_url="",
            locale="en",
            country=None,
            strong_authentication=False,
            expires_at=clock.now(),
            by_token=token,
            subscription_id=subscription["id"],
        ),
        tokens.decide(connection, account, token, method, settle_seconds),
    )
    tried: sqlite3.Row = connection.execute(
        "UPDATE renewals SET status = 'processing', charge_id = ?, tries = tries + 1, next_try_at = NULL"
        " WHERE subscription_id = ? AND number = ? RETURNING *",
        (charge["id"], renewal["subscription_id"], renewal["number"]),
    ).fetchone()
    if charge["status"] != "processing":
        _conclude(connection, tried, charge)


def _conclude(connection: sqlite3.Connection, renewal: sqlite3.Row, charge: sqlite3.Row) -> None:
    """Take over how the charge ended: renewed; or to be tried again; or given up, and the subscription with it."""
    subscription = subscriptions.get(connection, renewal["subscription_id"])
    failed = charge["status"] == "failed"
    again = failed and subscription["status"] == "active" and charge["failure_kind"] not in FINAL
    next_try_at = clock.now() + PAUSES[renewal["tries"] - 1] if again and renewal["tries"] <= len(PAUSES) else None
    connection.execute(
        "UPDATE renewals SET status = ?, next_try_at = ? WHERE subscription_id = ? AND number = ?",
        (charge["status"], next_try_at, renewal["subscription_id"], renewal["number"]),
    )
    events.record_subscription(connection, subscription, "renewal_failed" if failed else "renewed")
    if (failed and next_try_at is None) or _is_over(connection, subscription):
        subscriptions.end(connection, subscription)


def _is_over(connection: sqlite3.Connection, subscription: sqlite3.Row) -> bool:
    """Whether no period is to come and none is left to be collected."""
    if subscription["next_due_at"] is not None:
        return False
    open_ones = connection.execute(
        "SELECT number FROM renewals WHERE subscription_id = ? AND (status = 'processing' OR next_try_at IS NOT NULL)",
        (subscription["id"],),
    ).fetchone()
    return open_ones is None
