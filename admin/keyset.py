"""Pages by position instead of by number: as fast at the millionth row as at the first, and never a COUNT."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from app.models import db

PAGE = 50
COUNTED = 999  # a count beside a view stops here


@dataclass(frozen=True)
class Page:
    """Rows newest first, and the ids to continue from: None where there is nothing that way."""

    rows: list[Any]
    older: str | None
    newer: str | None


def page_of(query: Select[Any], model: Any, args: Mapping[str, str], size: int = PAGE) -> Page:
    """Return the page of `query` (rows of `model`) that `older=<id>` or `newer=<id>` in `args` asks for.

    An id that does not exist is the same as none: the first page.
    """
    backwards = not args.get("older") and bool(args.get("newer"))
    mark = _mark(model, args.get("newer" if backwards else "older"))
    newest_first = (model.created_at.desc(), model.id.desc())
    if mark is None:
        found = list(db.session.scalars(query.order_by(*newest_first).limit(size + 1)))
        rows = found[:size]
        return Page(rows, rows[-1].id if len(found) > size else None, None)
    created_at, row_id = mark
    if backwards:
        query = query.where(
            model.created_at >= created_at,
            or_(model.created_at > created_at, and_(model.created_at == created_at, model.id > row_id)),
        )
        found = list(db.session.scalars(query.order_by(model.created_at, model.id).limit(size + 1)))
        rows = found[:size][::-1]
        return Page(rows, rows[-1].id if rows else None, rows[0].id if len(found) > size else None)
    query = query.where(
        model.created_at <= created_at,
        or_(model.created_at < created_at, and_(model.created_at == created_at, model.id < row_id)),
    )
    found = list(db.session.scalars(query.order_by(*newest_first).limit(size + 1)))
    rows = found[:size]
    return Page(rows, rows[-1].id if len(found) > size else None, rows[0].id if rows else None)


def count_up_to(query: Select[Any], most: int = COUNTED) -> str:
    """Return how many rows `query` has, as "0" to "999" or "999+"; it never reads further."""
    few = query.limit(most + 1).subquery()
    count = db.session.scalar(select(func.count()).select_from(few)) or 0
    return f"{most}+" if count > most else str(count)


def _mark(model: Any, row_id: str | None) -> Any:
    if not row_id or len(row_id) > 40 or "\0" in row_id:
        return None
    return db.session.execute(select(model.created_at, model.id).where(model.id == row_id)).first()
