"""One transaction: committed when its block ends, rolled back when the block raises."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app.models import db


@contextmanager
def transaction() -> Iterator[None]:
    """Run the block in a transaction of its own; nothing stays open behind it, so a provider may be called next."""
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise


def release() -> None:
    """End a transaction that only read, so that no lock is held while something slow is asked."""
    db.session.rollback()


@contextmanager
def reading() -> Iterator[None]:
    """Run a block that only reads, on its own: on SQLite it holds no writer up, however long it takes.

    What the caller's transaction had not committed is lost: call it where nothing is open.
    """
    db.session.rollback()
    try:
        db.session.connection(execution_options={"reads_only": True})
        yield
    finally:
        db.session.rollback()
