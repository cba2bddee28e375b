"""Webhooks: delivered at least once, in no promised order, tried again with growing pauses."""

import json
import random
import sqlite3
import time

import requests

from tests.support.stripe_stand_in import accounts, events, faults
from tests.support.stripe_stand_in.store import Books, Document, Store, clock, recall

PAUSES = (0.2, 0.5, 1, 2, 5, 10, 30)
TIMEOUT = 10


def deliver(store: Store, session: requests.Session) -> bool:
    """Deliver one event that is due; False when none is."""
    with store.transaction() as connection:
        found = _next(connection)
        if found is None:
            return False
        row, endpoint, event = found
        twice = faults.strikes(connection, row["realm"].partition(":")[0], "duplicate_webhooks")
        headers = headers_of(connection, row["realm"], event)
    taken = _post(session, endpoint["url"], event, headers)
    if taken and twice:
        _post(session, endpoint["url"], event, headers)
    with store.transaction() as connection:
        status = "delivered" if taken else "given_up" if row["tries"] >= len(PAUSES) else "waiting"
        pause = 0 if status != "waiting" else PAUSES[row["tries"]]
        connection.execute(
            "UPDATE deliveries SET status = ?, tries = tries + 1, due_at = ? WHERE seq = ?",
            (status, time.time() + pause, row["seq"]),
        )
    return True


def headers_of(connection: sqlite3.Connection, realm: str, event: Document) -> dict[str, str]:
    """What a delivery of the event carries now: its time and one signature for each valid secret."""
    name, _, mode = realm.partition(":")
    endpoint = recall(connection, f"endpoint:{realm}", {})
    secrets = endpoint.get("secrets") or [accounts.webhook_secret(name, live=mode == "live")]
    proof = events.signature(events.body(event), int(clock(connection)), secrets)
    return {"Stripe-Signature": proof, "Content-Type": "application/json; charset=utf-8"}


def _next(connection: sqlite3.Connection) -> tuple[sqlite3.Row, Document, Document] | None:
    rows = connection.execute(
        "SELECT * FROM deliveries WHERE status = 'waiting' AND due_at <= ? ORDER BY seq", (time.time(),)
    ).fetchall()
    waiting = []
    for row in rows:
        account = row["realm"].partition(":")[0]
        endpoint = recall(connection, f"endpoint:{row['realm']}", None)
        switches = recall(connection, f"faults:{account}", {})
        if endpoint is None or not endpoint["url"] or "hold_webhooks" in switches:
            continue
        event = Books(connection, row["realm"]).find(row["event"], "event")
        assert event is not None
        if event["type"] not in endpoint["events"] and "*" not in endpoint["events"]:
            connection.execute("UPDATE deliveries SET status = 'not asked for' WHERE seq = ?", (row["seq"],))
            continue
        waiting.append((row, endpoint, event))
        if "shuffle_webhooks" not in switches:
            break
    return random.choice(waiting) if waiting else None


def _post(session: requests.Session, url: str, event: Document, headers: dict[str, str]) -> bool:
    try:
        reply = session.post(
            url, data=events.body(event), headers=headers, timeout=TIMEOUT, allow_redirects=False, stream=True
        )
    except requests.RequestException:
        return False
    reply.close()
    return 200 <= reply.status_code < 300


def told(connection: sqlite3.Connection, realm: str) -> list[Document]:
    """Every event with its delivery, oldest first: {id, type, body, headers, status}, to be delivered by a test."""
    rows = connection.execute(
        "SELECT objects.document AS document, deliveries.status AS status FROM deliveries"
        " JOIN objects ON objects.realm = deliveries.realm AND objects.id = deliveries.event"
        " WHERE deliveries.realm = ? ORDER BY deliveries.seq",
        (realm,),
    )
    found = [(json.loads(row["document"]), row["status"]) for row in rows]
    return [
        {
            "id": event["id"], "type": event["type"], "status": status, "body": events.body(event).decode(),
            "headers": headers_of(connection, realm, event),
        }
        for event, status in found
    ]  # fmt: skip
