"""The attributes that rules may test: the built-in ones, then the merchant's own as the database has them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache

from sqlalchemy import Text, cast, select

from app.models import OwnAttribute, db
from rules import BUILT_IN_CATALOGUE, Attribute, AttributeType, Catalogue

Row = tuple[str, str, str, str | None, str, bool]

# The choices are read as text: it can be a key of the cache below, and is parsed only when it is new.
_ROWS = select(
    OwnAttribute.key,
    OwnAttribute.label,
    OwnAttribute.type,
    cast(OwnAttribute.choices, Text),
    OwnAttribute.help,
    OwnAttribute.retired_at.is_not(None),
).order_by(OwnAttribute.created_at, OwnAttribute.key)


def catalogue() -> Catalogue:
    """Return the attributes that rules may test, read in the caller's transaction: always right, in every process.

    On SQLite a first read takes the write lock: release it, or use `reading`, before anything slow.
    """
    return _built(tuple(tuple(row) for row in db.session.execute(_ROWS)))


def catalogue_for(keys: Iterable[str]) -> Catalogue:
    """Return a catalogue that knows these keys if any does; built-in ones need no look at the database."""
    return BUILT_IN_CATALOGUE if all(map(BUILT_IN_CATALOGUE.get, keys)) else catalogue()


@lru_cache(maxsize=8)
def _built(rows: tuple[Row, ...]) -> Catalogue:
    own = (
        Attribute(key, label, AttributeType(kind), _choices(choices), words, retired=bool(retired))
        for key, label, kind, choices, words, retired in rows
    )
    # A later release may bring a built-in attribute that has the key of an own one: it takes its place.
    return BUILT_IN_CATALOGUE.with_custom(item for item in own if BUILT_IN_CATALOGUE.get(item.key) is None)


def _choices(text: str | None) -> tuple[str, ...] | None:
    choices = json.loads(text or "null")
    return None if choices is None else tuple(choices)
