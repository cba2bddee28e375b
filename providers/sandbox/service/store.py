"""The service's own SQLite file, and transactions that survive a sudden end of the process."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from providers.sandbox.service.schema import bring_up_to_date


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
            bring_up_to_date(connection)

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
