"""Inserting what may be there already: the database decides, not a look before the leap."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.dialects import postgresql, sqlite

from app.models import Base, db


def insert_once(
    model: type[Base], values: dict[str, Any], *, unique: list[str], where: ColumnElement[bool] | None = None
) -> bool:
    """Insert a row in the caller's transaction unless one with the same `unique` columns exists; tell whether it did.

    `where` is the condition of a partial unique index. Row counts are not asked: one driver does not give them.
    """
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    statement = insert(model).values(values).on_conflict_do_nothing(index_elements=unique, index_where=where)
    return db.session.execute(statement.returning(model.__table__.c.id)).first() is not None
