"""A sandbox file made by the version before is brought up to date where it is, with everything in it."""

import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path

import time_machine
from werkzeug.test import Client

from providers.sandbox.service.application import Service
from providers.sandbox.service.config import ServiceConfig
from providers.sandbox.service.store import Store
from tests.unit.providers.support import headers, new_charge, state_of

OLD_CHARGES = """
CREATE TABLE charges (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, reference TEXT NOT NULL, idempotency_key TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0), currency TEXT NOT NULL, method TEXT NOT NULL,
    merchant_reference TEXT NOT NULL, description TEXT NOT NULL, return_url TEXT NOT NULL, locale TEXT NOT NULL,
    strong_authentication INTEGER NOT NULL, created_at REAL NOT NULL, expires_at REAL NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('awaiting_customer', 'processing', 'succeeded', 'failed')),
    settle_at REAL, refunded INTEGER NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND amount),
    failure_kind TEXT, failure_code TEXT, failure_message TEXT,
    CHECK ((status = 'failed') = (failure_kind IS NOT NULL)),
    UNIQUE (account, reference), UNIQUE (account, idempotency_key)
)
"""


def _old_file(path: Path) -> None:
    """A file as the version before made it, with one paid charge and one that waits."""
    connection = sqlite3.connect(path)
    connection.execute(OLD_CHARGES)
    for name, status in (("paid", "succeeded"), ("waiting", "awaiting_customer")):
        connection.execute(
            "INSERT INTO charges (id, account, reference, idempotency_key, amount, currency, method,"
            " merchant_reference, description, return_url, locale, strong_authentication, created_at, expires_at,"
            " status) VALUES (?, 'north', ?, ?, 4990, 'EUR', 'card', 'Order 7', '', 'https://shop.example/', 'en', 0,"
            " ?, ?, ?)",
            (f"ch_{name}", f"att_{name}", name, time.time(), time.time() + 600, status),
        )
    connection.commit()
    connection.close()


@time_machine.travel(datetime(2027, 1, 31, 9, tzinfo=UTC), tick=False)
def test_what_was_there_goes_on_and_what_is_new_works(config: ServiceConfig):
    _old_file(config.database)
    client = Client(Service(config))
    assert state_of(client, {"reference": "att_paid"}) == "succeeded"
    client.post("/pay/ch_waiting", data={"outcome": "approve"})
    assert state_of(client, {"reference": "att_waiting"}) == "succeeded"
    today = time.strftime("%Y-%m-%d", time.gmtime())
    lines = client.get(f"/v1/reports/{today}", headers=headers()).json["lines"]
    assert {line["reference"] for line in lines} == {"att_paid", "att_waiting"}
    charge = new_charge(client, save_for_later=True)
    client.post(f"/pay/{charge['id']}", data={"outcome": "approve"})
    assert state_of(client, charge) == "succeeded"


def test_upgrading_twice_changes_nothing(config: ServiceConfig):
    _old_file(config.database)

    def schema() -> list[tuple[str]]:
        Store(config.database)
        connection = sqlite3.connect(config.database)
        found = connection.execute("SELECT sql FROM sqlite_master ORDER BY name").fetchall()
        connection.close()
        return found

    assert schema() == schema()
