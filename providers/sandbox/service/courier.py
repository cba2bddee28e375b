"""Webhook delivery: at least once, in no promised order, tried again with growing pauses, from a durable table."""

import sqlite3
from datetime import UTC, datetime

import requests

from providers.protocol import signing
from providers.sandbox.service import clock, faults
from providers.sandbox.service.config import ServiceAccount, ServiceConfig
from providers.sandbox.service.store import Store

TIMEOUTS = (2.0, 5.0)
CLAIM_SECONDS = 20.0  # longer than two deliveries can take, so that a second process does not repeat a running one
PAUSES = (0.5, 1, 2, 5, 10, 30, 60, 60, 300, 300, 900, 3600, 3600, 3600)


def deliver_one(store: Store, config: ServiceConfig, session: requests.Session) -> bool:
    """Deliver one event that is due; False when none is."""
    with store.transaction() as connection:
        event = _claim(connection, config)
        twice = event is not None and faults.strikes(connection, event["account"], "duplicate_webhooks")
    if event is None:
        return False
    account = config.accounts[event["account"]]
    delivered = _post(session, account, event)
    if delivered and twice:
        _post(session, account, event)
    with store.transaction() as connection:
        _conclude(connection, event, delivered)
    return True


def _claim(connection: sqlite3.Connection, config: ServiceConfig) -> sqlite3.Row | None:
    """Take one due event of an account that has an address and is not holding its webhooks back."""
    now = clock.now()
    reachable = [name for name, account in config.accounts.items() if account.webhook_url]
    held = "SELECT account FROM faults WHERE name = 'hold_webhooks' AND probability > 0 AND coalesce(times, 1) > 0"
    claimed: sqlite3.Row | None = connection.execute(
        "UPDATE deliveries SET claimed_until = ?, tries = tries + 1 WHERE id = ("  # noqa: S608 - only marks and constants
        " SELECT id FROM deliveries WHERE status = 'waiting' AND due_at <= ? AND claimed_until <= ?"
        f" AND account IN ({', '.join('?' * len(reachable))}) AND account NOT IN ({held})"
        " ORDER BY due_at LIMIT 1) RETURNING *",
        (now + CLAIM_SECONDS, now, now, *reachable),
    ).fetchone()
    return claimed


def _post(session: requests.Session, account: ServiceAccount, event: sqlite3.Row) -> bool:
    """Send one delivery, freshly signed under the event's own id; True when it was taken (2xx)."""
    now = datetime.fromtimestamp(clock.now(), UTC)
    headers = signing.sign([account.webhook_secret], event["id"], event["body"].encode(), now)
    try:
        with session.post(
            account.webhook_url or "",
            data=event["body"].encode(),
            headers={**headers, "Content-Type": "application/json"},
            timeout=TIMEOUTS,
            allow_redirects=False,
            stream=True,  # the reply's body is of no interest, and may have no end
        ) as response:
            return 200 <= response.status_code < 300
    except requests.RequestException:
        return False


def _conclude(connection: sqlite3.Connection, event: sqlite3.Row, delivered: bool) -> None:
    """Mark the event delivered, due again after the next pause, or given up after the last."""
    over = event["tries"] > len(PAUSES)
    status = "delivered" if delivered else "given_up" if over else "waiting"
    pause = 0 if delivered or over else PAUSES[event["tries"] - 1]
    connection.execute(
        "UPDATE deliveries SET status = ?, due_at = ?, claimed_until = 0 WHERE id = ? AND status = 'waiting'",
        (status, clock.now() + pause, event["id"]),
    )
