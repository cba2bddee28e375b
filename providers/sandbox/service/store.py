"""The service's own SQLite file: its tables, and transactions that survive a sudden end of the process."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS charges (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    reference TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    method TEXT NOT NULL,
    merchant_reference TEXT NOT NULL,
    description TEXT NOT NULL,
    return_url TEXT NOT NULL,
    locale TEXT NOT NULL,
    strong_authentication INTEGER NOT NULL,
    created_at REAL NOT NULL,
    expires_at REAL NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('awaiting_customer', 'processing', 'succeeded', 'failed')),
    settle_at REAL,
    refunded INTEGER NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND amount),
    failure_kind TEXT,
    failure_code TEXT,
    failure_message TEXT,
    CHECK ((status = 'failed') = (failure_kind IS NOT NULL)),
    UNIQUE (account, reference),
    UNIQUE (account, idempotency_key)
); CREATE INDEX IF NOT EXISTS open_charges ON charges (status) WHERE status IN ('awaiting_customer',
'processing'); CREATE TABLE IF NOT EXISTS refunds (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    charge_id TEXT NOT NULL REFERENCES charges (id),
    reference TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_at REAL NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed')),
    settle_at REAL,
    failure_kind TEXT,
    failure_code TEXT,
    failure_message TEXT,
    CHECK ((status = 'failed') = (failure_kind IS NOT NULL)),
    UNIQUE (account, reference),
    UNIQUE (account, idempotency_key)
);
CREATE INDEX IF NOT EXISTS open_refunds ON refunds (status) WHERE status = 'pending';
CREATE TABLE IF NOT EXISTS deliveries (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at REAL NOT NULL,
    due_at REAL NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    claimed_until REAL NOT NULL DEFAULT 0,
    status TEXT NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'delivered', 'given_up'))
);
CREATE INDEX IF NOT EXISTS waiting_deliveries ON deliveries (due_at) WHERE status = 'waiting';
CREATE TABLE IF NOT EXISTS faults (
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    probability REAL NOT NULL,
    times INTEGER,
    seconds REAL NOT NULL,
    PRIMARY KEY (account, name)
);
"""


class Store:
    """One SQLite file for every thread and process of the service.

    Each transaction opens its own connection and takes the write lock at once: reading first and writing
    later is what fails as "locked" under load. The in-process lock only spares threads SQLite's sleeping
    wait.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._turn = threading.Lock()
        with self.transaction() as connection:
            for statement in filter(str.strip, SCHEMA.split(";")):
                connection.execute(statement)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One transaction, durable once the block ends, undone when it raises; rows are read by column name."""
        with self._turn:
            connection = sqlite3.connect(self._path, timeout=30, isolation_level=None)
            try:
                connection.row_factory = sqlite3.Row
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA foreign_keys = ON")
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            finally:
                connection.close()  # an open transaction is rolled back here
