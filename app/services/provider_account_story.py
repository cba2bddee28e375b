"""The record of provider accounts: who did what to which, and when; fields are named, values never kept."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import structlog
from sqlalchemy import select

from app.models import ProviderAccountChange, db

log = structlog.get_logger()


class Did(StrEnum):
    """What was done to an account."""

    ADDED = "added"
    CHANGED = "changed"
    METHODS_ON = "methods_on"
    METHODS_OFF = "methods_off"
    ON = "on"
    OFF = "off"
    OUTAGE_BEGAN = "outage_began"
    OUTAGE_ENDED = "outage_ended"
    CONNECTED = "connected"
    NOT_CONNECTED = "not_connected"
    REMOVED = "removed"


def history(account_id: str, limit: int = 50) -> list[ProviderAccountChange]:
    """Return what was done to an account, newest first."""
    its = select(ProviderAccountChange).where(ProviderAccountChange.account_id == account_id)
    return list(db.session.scalars(its.order_by(ProviderAccountChange.id.desc()).limit(limit)))


def record(account_id: str, did: Did, actor: str, fields: Iterable[str] = ()) -> None:
    """Write down, in the caller's transaction, what was done to which fields: never a value."""
    change = ProviderAccountChange(account_id=account_id, what=did, fields=list(fields), actor=actor[:100])
    db.session.add(change)
    log.info("provider_account_changed", account=account_id, did=str(did), fields=change.fields, actor=actor)
