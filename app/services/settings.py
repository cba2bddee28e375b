"""Settings that operators change while the hub runs: typed groups with defaults, each stored as one JSON object."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from sqlalchemy import update

from app.models import Setting, db, utc_now
from app.services.errors import Refusal
from app.services.inserts import insert_once
from app.services.transaction import transaction

Group = TypeVar("Group")


class SettingChanged(Refusal):
    """Somebody else saved the same group meanwhile."""

    code = "setting_changed"

    @property
    def message(self) -> str:
        return "Somebody else changed these settings meanwhile. Load the page again and repeat your change."


@dataclass(frozen=True)
class Stored:
    """A group as it is stored: `value` None while nobody has set it; `revision` is 0 then."""

    value: dict[str, Any] | None
    revision: int


def stored(key: str) -> Stored:
    """Return the group `key` as it is stored."""
    row = db.session.get(Setting, key)
    return Stored(row.value, row.revision) if row is not None else Stored(None, 0)


def load(key: str, default: Group, read: Callable[[dict[str, Any]], Group]) -> Group:
    """Return the group `key`, read by `read` from what is stored, or `default` while nobody has set it."""
    value = stored(key).value
    return default if value is None else read(value)


def save(key: str, group: Any, *, revision: int, user: str) -> None:
    """Store a dataclass as the group `key`, unless it changed since `revision`. Raises SettingChanged."""
    values = {"value": asdict(group), "updated_by": user, "updated_at": utc_now()}
    with transaction():
        if revision == 0:
            saved = insert_once(Setting, {"id": key, "revision": 1, **values}, unique=["id"])
        else:
            changed = update(Setting).where(Setting.id == key, Setting.revision == revision)
            changed = changed.values(revision=revision + 1, **values).returning(Setting.id)
            saved = db.session.execute(changed.execution_options(synchronize_session=False)).first() is not None
        if not saved:
            raise SettingChanged
    db.session.expire_all()
