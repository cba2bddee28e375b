"""The merchant's own attributes: declared, changed, retired, brought back, and removed while nothing uses them.

Whoever changes one holds the lock of publishing: no version can come to name what is going, or a label be given twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import select, update

from app.models import OwnAttribute, db, utc_now
from app.services.attribute_errors import AttributeChanged, AttributeInUse
from app.services.attribute_fields import KEY, Fields, alike, checked
from app.services.attribute_uses import Use, current_uses, newest_version, version_naming
from app.services.errors import FieldsRefused, NotFound
from app.services.rule_sets import one_publisher_at_a_time
from app.services.transaction import reading, transaction
from rules import BUILT_IN_CATALOGUE

log = structlog.get_logger()

MOST = 200


def list_own() -> list[OwnAttribute]:
    """Return the declared attributes, oldest first, in the caller's transaction."""
    return list(db.session.scalars(select(OwnAttribute).order_by(OwnAttribute.created_at, OwnAttribute.key)))


def get_own(key: str) -> OwnAttribute:
    """Return one declared attribute. Raises NotFound."""
    row = db.session.get(OwnAttribute, key)
    if row is None:
        raise NotFound("attribute", key)
    return row


def declare(key: str, fields: Fields, *, actor: str) -> None:
    """Declare an attribute: from now on shops may send it and rules may test it. Raises FieldsRefused."""
    faults = {}
    if not KEY.fullmatch(key):
        faults["key"] = "Use small letters, digits and _, a letter first, at most 40: such as vip_customer."
    elif BUILT_IN_CATALOGUE.get(key) is not None:
        faults["key"] = f"“{key}” is built in: choose another key."
    neat = checked(fields, faults)
    with transaction():
        one_publisher_at_a_time()
        own = list_own()
        if any(row.key == key for row in own):
            raise FieldsRefused({"key": f"“{key}” is declared already: change that one, or choose another key."})
        if len(own) >= MOST:
            raise FieldsRefused({"key": f"There are {MOST} attributes, the most there can be: remove one first."})
        _refuse_taken_label(neat.label, own)
        db.session.add(OwnAttribute(key=key, created_by=actor, **vars(neat)))
    log.info("attribute_declared", attribute=key, actor=actor)


def change(key: str, fields: Fields, *, revision: int, actor: str) -> None:
    """Change label, help and choices of an attribute, and its type while nothing uses it.

    Raises NotFound, AttributeChanged, AttributeInUse, FieldsRefused; nothing was changed then.
    """
    neat = checked(fields, {})
    scanned = _Versions.of(key)
    with transaction():
        row = _locked(key)
        if row.revision != revision:
            raise AttributeChanged(row.label)
        _refuse_taken_label(neat.label, [other for other in list_own() if other.key != key])
        uses = current_uses().get(key, [])
        if neat.type != row.type:
            _refuse_used(row, scanned, uses)
        elif neat.choices is not None:
            _refuse_lost_choices(row, set(neat.choices), uses)
        for name, value in vars(neat).items():
            setattr(row, name, value)
        row.revision += 1
    log.info("attribute_changed", attribute=key, actor=actor)


def retire(key: str, *, actor: str) -> None:
    """Offer the attribute for no new condition; shops may send it and rules test it as before. Raises NotFound."""
    _set_retired(key, utc_now())
    log.info("attribute_retired", attribute=key, actor=actor)


def bring_back(key: str, *, actor: str) -> None:
    """Offer a retired attribute for conditions again. Raises NotFound."""
    _set_retired(key, None)
    log.info("attribute_brought_back", attribute=key, actor=actor)


def remove(key: str, *, actor: str) -> None:
    """Remove an attribute that no version and no draft names and that no session ever carried.

    Raises NotFound, AttributeInUse.
    """
    scanned = _Versions.of(key)
    with transaction():
        row = _locked(key)
        _refuse_used(row, scanned, current_uses().get(key, []))
        db.session.delete(row)
    log.info("attribute_removed", attribute=key, actor=actor)


def mark_carried(attributes: Mapping[str, Any], now: datetime) -> None:
    """Note, in the transaction that opens a session, the own attributes that no session carried before.

    Check the attributes after this: what is being removed meanwhile is gone by then, and what is not gone stays.
    """
    own = sorted(key for key, value in attributes.items() if value is not None and not BUILT_IN_CATALOGUE.get(key))
    if not own:
        return
    new = select(OwnAttribute.key).where(OwnAttribute.key.in_(own[:MOST]), OwnAttribute.carried_at.is_(None))
    for key in db.session.scalars(new.order_by(OwnAttribute.key)).all():
        first = update(OwnAttribute).where(OwnAttribute.key == key, OwnAttribute.carried_at.is_(None))
        db.session.execute(first.values(carried_at=now).execution_options(synchronize_session=False))


@dataclass(frozen=True)
class _Versions:
    """The newest version that names an attribute, among those up to a number: looked for while no lock is held."""

    naming: int | None
    scanned: int

    @classmethod
    def of(cls, key: str) -> _Versions:
        with reading():
            get_own(key)
            newest = newest_version()  # first: one that is published meanwhile is looked into later
            return cls(version_naming(key), newest)


def _locked(key: str) -> OwnAttribute:
    """Return the row as the database has it; nobody publishes, and no session carries it first, until we are done."""
    one_publisher_at_a_time()
    row = db.session.get(OwnAttribute, key, populate_existing=True, with_for_update=True)
    if row is None:
        raise NotFound("attribute", key)
    return row


def _set_retired(key: str, at: datetime | None) -> None:
    with transaction():
        row = _locked(key)
        if (row.retired_at is None) != (at is None):
            row.retired_at = at
            row.revision += 1


def _refuse_taken_label(label: str, others: list[OwnAttribute]) -> None:
    if alike(label) in {alike(other.label) for other in others}:
        raise FieldsRefused({"label": f"Another attribute is called “{label}”: choose another name."})


def _refuse_used(row: OwnAttribute, scanned: _Versions, uses: list[Use]) -> None:
    where = list(map(str, uses))
    version = version_naming(row.key, after=scanned.scanned) or scanned.naming
    if version is not None and all(use.where != f"version {version}" for use in uses):
        where.append(f"version {version}")
    if where or row.carried_at is not None:
        raise AttributeInUse(row.label, tuple(where), row.carried_at)


def _refuse_lost_choices(row: OwnAttribute, choices: set[str], uses: list[Use]) -> None:
    allowed_before = None if row.choices is None else set(row.choices)
    for use in uses:
        for value in sorted(use.values - choices):
            if allowed_before is None or value in allowed_before:
                raise FieldsRefused({"choices": f"Keep “{value}”: {use} names it."})
