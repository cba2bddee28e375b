"""Idempotency keys: one key is one request; repeating it gets the first answer, changing it is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, or_, select, update

from app.domain.ids import new_id
from app.models import IdempotencyKey, db, utc_now
from app.services.errors import Refusal
from app.services.inserts import insert_once
from app.services.transaction import transaction
from rules import InvalidFacts

ABANDONED = timedelta(seconds=60)  # a request that has not answered by then died with its process
KEPT = timedelta(days=7)


class KeyMissing(Refusal):
    status = 400
    code = "idempotency_key_missing"
    field = "Idempotency-Key"

    @property
    def message(self) -> str:
        return "Send an Idempotency-Key header with a fresh value, such as a UUID, for each thing you want done."


class KeyMalformed(KeyMissing):
    code = "idempotency_key_malformed"

    @property
    def message(self) -> str:
        return "Idempotency-Key must be 1 to 255 printable ASCII characters."


class KeyReused(Refusal):
    status = 422
    code = "idempotency_key_reused"
    field = "Idempotency-Key"

    @property
    def message(self) -> str:
        return "This Idempotency-Key was used for another request. Use a fresh key for a new request."


class KeyBusy(Refusal):
    code = "idempotency_key_busy"
    field = "Idempotency-Key"

    @property
    def message(self) -> str:
        return "A request with this Idempotency-Key is still being answered. Try again in a few seconds."


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; `replayed` when it was given before."""

    status: int
    body: dict[str, Any]
    replayed: bool = False


def fingerprint(method: str, path: str, body: bytes) -> str:
    """Return what tells two requests apart."""
    return hashlib.sha256(b"\0".join((method.encode(), path.encode(), body))).hexdigest()


def once(
    api_key_id: str, key: str | None, print_: str, prefix: str, handle: Callable[[str], tuple[int, dict[str, Any]]]
) -> Answer:
    """Answer by `handle(resource_id)` the first time, by its remembered answer afterwards.

    `handle` returns (status, body); what it raises is not remembered, so that a mended request may use the key again.
    Raises KeyMissing, KeyMalformed, KeyReused, KeyBusy.
    """
    if not key:
        raise KeyMissing
    if len(key) > 255 or not key.isascii() or not key.isprintable():
        raise KeyMalformed
    row = _claim(api_key_id, key, print_, prefix)
    if row.status_code is not None and row.response is not None:
        return Answer(row.status_code, row.response, replayed=True)
    row_id, resource_id = row.id, row.resource_id
    try:
        status, body = handle(resource_id)
    except (Refusal, InvalidFacts):
        _forget(row_id)
        raise
    except BaseException:
        _unlock(row_id)
        raise
    with transaction():
        db.session.execute(
            update(IdempotencyKey)
            .where(IdempotencyKey.id == row_id)
            .values(status_code=status, response=body, locked_at=None)
        )
    return Answer(status, body)


def forget_old() -> None:
    """Delete keys that nobody may still be repeating."""
    with transaction():
        db.session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < utc_now() - KEPT))


def _claim(api_key_id: str, key: str, print_: str, prefix: str) -> IdempotencyKey:
    """Return the key's row, locked for this request unless it already holds an answer."""
    now = utc_now()
    values = {
        "id": new_id("idem"),
        "api_key_id": api_key_id,
        "key": key,
        "fingerprint": print_,
        "resource_id": new_id(prefix),
        "locked_at": now,
        "created_at": now,
    }
    with transaction():
        mine = insert_once(IdempotencyKey, values, unique=["api_key_id", "key"])
        row = db.session.scalars(
            select(IdempotencyKey).where(IdempotencyKey.api_key_id == api_key_id, IdempotencyKey.key == key)
        ).one_or_none()
        if row is None:  # the request that had it was refused just now, and freed it
            raise KeyBusy
        if not mine:
            _take_over(row, print_)
        db.session.expunge(row)
    return row


def _take_over(row: IdempotencyKey, print_: str) -> None:
    if row.fingerprint != print_:
        raise KeyReused
    if row.status_code is not None:
        return
    now = utc_now()
    taken = db.session.execute(
        update(IdempotencyKey)
        .where(
            IdempotencyKey.id == row.id,
            or_(IdempotencyKey.locked_at.is_(None), IdempotencyKey.locked_at < now - ABANDONED),
            IdempotencyKey.status_code.is_(None),
        )
        .values(locked_at=now)
        .returning(IdempotencyKey.id)
        .execution_options(synchronize_session=False)
    ).first()
    if taken is None:
        raise KeyBusy


def _forget(row_id: str) -> None:
    db.session.rollback()
    with transaction():
        db.session.execute(delete(IdempotencyKey).where(IdempotencyKey.id == row_id))


def _unlock(row_id: str) -> None:
    db.session.rollback()
    with transaction():
        db.session.execute(update(IdempotencyKey).where(IdempotencyKey.id == row_id).values(locked_at=None))
