"""Lists of the API: newest first, one page after the other by the id that the page before ended with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select

from app.domain.ids import is_id
from app.models import db
from app.services.errors import FieldRefused


def page_of(wanted: Select[Any], model: Any, prefix: str, query: Mapping[str, Any]) -> tuple[list[Any], str | None]:
    """Return the rows of `wanted` on the page that `query` (PageQuerySchema) asks for, and the next cursor, if any.

    `prefix` is that of the ids of `model`, which sort by time. Raises FieldRefused for a cursor that is no such id.
    """
    newest_first = wanted.order_by(model.id.desc()).limit(query["limit"] + 1)
    if cursor := query.get("cursor"):
        if not is_id(prefix, cursor):
            raise FieldRefused("cursor", "Use the next_cursor of the page before, or leave it out.")
        newest_first = newest_first.where(model.id < cursor)
    rows = list(db.session.scalars(newest_first))
    page = rows[: query["limit"]]
    return page, page[-1].id if len(rows) > len(page) else None
