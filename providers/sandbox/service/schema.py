"""The tables of the service's file, and the columns that a file made by an earlier version still lacks."""

import sqlite3

TABLES = """
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
);
CREATE TABLE IF NOT EXISTS refunds (
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
CREATE TABLE IF NOT EXISTS subscriptions (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    reference TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    token TEXT NOT NULL,
    method TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    merchant_reference TEXT NOT NULL,
    description TEXT NOT NULL,
    interval_unit TEXT NOT NULL CHECK (interval_unit IN ('day', 'week', 'month', 'year')),
    interval_count INTEGER NOT NULL CHECK (interval_count > 0),
    anchor_on TEXT NOT NULL,
    timezone TEXT NOT NULL,
    time_of_day TEXT NOT NULL,
    last_number INTEGER,
    next_number INTEGER NOT NULL,
    next_due_at REAL,
    ends_at REAL,
    created_at REAL NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'ended')),
    CHECK (status = 'active' OR next_due_at IS NULL),
    UNIQUE (account, reference),
    UNIQUE (account, idempotency_key)
);
CREATE TABLE IF NOT EXISTS renewals (
    subscription_id TEXT NOT NULL REFERENCES subscriptions (id),
    number INTEGER NOT NULL,
    account TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    due_at REAL NOT NULL,
    created_at REAL NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('processing', 'succeeded', 'failed')),
    charge_id TEXT REFERENCES charges (id),
    tries INTEGER NOT NULL DEFAULT 0,
    next_try_at REAL,
    PRIMARY KEY (subscription_id, number)
);
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
CREATE TABLE IF NOT EXISTS faults (
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    probability REAL NOT NULL,
    times INTEGER,
    seconds REAL NOT NULL,
    PRIMARY KEY (account, name)
);
"""

# (table, column, its type, how rows that are there already get their value)
COLUMNS = (
    ("charges", "token", "TEXT", ""),  # charges the customer again, once this charge has succeeded
    ("charges", "by_token", "TEXT", ""),  # the token it was charged by
    ("charges", "subscription_id", "TEXT", ""),  # the service's own, when it renewed one by itself
    ("charges", "settled_at", "REAL", "created_at WHERE status IN ('succeeded', 'failed')"),
    ("refunds", "settled_at", "REAL", "created_at WHERE status IN ('succeeded', 'failed')"),
)

INDEXES = """
CREATE INDEX IF NOT EXISTS open_charges ON charges (status) WHERE status IN ('awaiting_customer', 'processing');
CREATE INDEX IF NOT EXISTS settled_charges ON charges (settled_at) WHERE status = 'succeeded';
CREATE UNIQUE INDEX IF NOT EXISTS charge_tokens ON charges (token) WHERE token IS NOT NULL;
CREATE INDEX IF NOT EXISTS open_refunds ON refunds (status) WHERE status = 'pending';
CREATE INDEX IF NOT EXISTS settled_refunds ON refunds (settled_at) WHERE status = 'succeeded';
CREATE INDEX IF NOT EXISTS due_subscriptions ON subscriptions (next_due_at) WHERE status = 'active';
CREATE INDEX IF NOT EXISTS ending_subscriptions ON subscriptions (ends_at) WHERE status = 'active';
CREATE INDEX IF NOT EXISTS processing_renewals ON renewals (subscription_id) WHERE status = 'processing';
CREATE INDEX IF NOT EXISTS waiting_renewals ON renewals (next_try_at) WHERE next_try_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS waiting_deliveries ON deliveries (due_at) WHERE status = 'waiting';
"""


def bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Make what is missing, in the caller's transaction: the whole of a new file, or the news in an old one."""
    _run(connection, TABLES)
    for table, column, kind, fill in COLUMNS:
        if column not in {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}:
            connection.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")
            if fill:
                connection.execute(f"UPDATE {table} SET {column} = {fill}")  # noqa: S608 - constants of this file
    _run(connection, INDEXES)


def _run(connection: sqlite3.Connection, statements: str) -> None:
    for statement in filter(str.strip, statements.split(";")):
        connection.execute(statement)
