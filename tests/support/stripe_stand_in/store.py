"""What the stand-in knows: JSON documents in one SQLite file, so that it survives a kill."""

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Document = dict[str, Any]
SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY, realm TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, created INTEGER NOT NULL,
    document TEXT NOT NULL, hidden TEXT NOT NULL, due_at REAL, UNIQUE (realm, id)
);
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (realm, kind, created);
CREATE INDEX IF NOT EXISTS objects_by_due ON objects (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS answers (
    realm TEXT NOT NULL, key TEXT NOT NULL, request TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (realm, key)
);
CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY, realm TEXT NOT NULL, event TEXT NOT NULL, due_at REAL NOT NULL, tries INTEGER NOT NULL,
    status TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Store:
    """One file and one connection: requests take turns, and each is one transaction."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._turn = threading.RLock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA synchronous = OFF")  # a killed process loses nothing that was written
        self._connection.executescript(SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Done when the block ends, undone when it raises."""
        with self._turn:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")


def recall(connection: sqlite3.Connection, name: str, default: Any) -> Any:
    """A setting that outlives the process: faults, the clock."""
    row = connection.execute("SELECT value FROM kept WHERE name = ?", (name,)).fetchone()
    return default if row is None else json.loads(row["value"])


def remember(connection: sqlite3.Connection, name: str, value: Any) -> None:
    """Keep a setting."""
    connection.execute("INSERT OR REPLACE INTO kept (name, value) VALUES (?, ?)", (name, json.dumps(value)))


def clock(connection: sqlite3.Connection) -> float:
    """The stand-in's own time, in seconds."""
    return time.time() + float(recall(connection, "clock", 0.0))


def new_id(prefix: str) -> str:
    """An id such as Stripe makes them."""
    return f"{prefix}_{secrets.token_hex(12)}"


class Books:
    """The objects of one account in one mode, within a transaction. `hidden` is what no reply shows."""

    def __init__(self, connection: sqlite3.Connection, realm: str) -> None:
        self.connection = connection
        self.realm = realm
        self.account, _, mode = realm.partition(":")
        self.live = mode == "live"
        self.request: Document = {"id": None, "idempotency_key": None}  # what events are told to be caused by

    @property
    def time(self) -> float:
        """The stand-in's time."""
        return getattr(self, "_time", None) or clock(self.connection)

    @property
    def now(self) -> int:
        """The stand-in's time in whole seconds, as Stripe's objects have it."""
        return int(self.time)

    def at(self, moment: float) -> None:
        """Let what is done next happen at `moment`: what fell due while the clock was moved."""
        self._time = moment

    def add(self, document: Document, *, due_at: float | None = None, **hidden: Any) -> Document:
        """Keep a new object, which has an id, a kind and the time of its making."""
        self.connection.execute(
            "INSERT INTO objects (realm, kind, id, created, document, hidden, due_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                self.realm, document["object"], document["id"], document["created"], json.dumps(document),
                json.dumps(hidden), due_at,
            ),
        )  # fmt: skip
        return document

    def save(self, document: Document) -> Document:
        """Keep an object as it is now."""
        self.connection.execute(
            "UPDATE objects SET document = ? WHERE realm = ? AND id = ?",
            (json.dumps(document), self.realm, document["id"]),
        )
        return document

    def due(self, document: Document, at: float | None) -> None:
        """Say when the clock has something to do about an object."""
        self.connection.execute(
            "UPDATE objects SET due_at = ? WHERE realm = ? AND id = ?", (at, self.realm, document["id"])
        )

    def hide(self, document: Document, **hidden: Any) -> None:
        """Add to what is kept about an object and never shown."""
        self.connection.execute(
            "UPDATE objects SET hidden = ? WHERE realm = ? AND id = ?",
            (json.dumps(self.hidden(document) | hidden), self.realm, document["id"]),
        )

    def hidden(self, document: Document) -> Document:
        """What is kept about an object and never shown."""
        row = self.connection.execute(
            "SELECT hidden FROM objects WHERE realm = ? AND id = ?", (self.realm, document["id"])
        ).fetchone()
        found: Document = json.loads(row["hidden"])
        return found

    def find(self, identifier: str | None, *kinds: str) -> Document | None:
        """The object of that id, if it is of one of the kinds (any kind when none is named)."""
        row = self.connection.execute(
            "SELECT document, kind FROM objects WHERE realm = ? AND id = ?", (self.realm, identifier)
        ).fetchone()
        return json.loads(row["document"]) if row is not None and (not kinds or row["kind"] in kinds) else None

    def all(self, kind: str, after: int = 0, before: int = 2**62) -> Iterator[Document]:
        """The objects of a kind made from `after` until `before`, newest first."""
        for row in self.connection.execute(
            "SELECT document FROM objects WHERE realm = ? AND kind = ? AND created BETWEEN ? AND ?"
            " ORDER BY created DESC, seq DESC",
            (self.realm, kind, after, before),
        ).fetchall():
            yield json.loads(row["document"])
