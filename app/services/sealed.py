"""Everything that is sealed with ENCRYPTION_KEYS: which key it needs, and sealing it anew with the newest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import structlog
from cryptography.fernet import Fernet, InvalidToken
from flask import current_app
from sqlalchemy import select, update
from sqlalchemy.orm import InstrumentedAttribute

from app.models import PaymentToken, ProviderAccount, WebhookEndpoint, db
from app.services.accounts import keyring
from app.services.transaction import reading, transaction

log = structlog.get_logger()

SEALED: tuple[InstrumentedAttribute[Any], ...] = (
    ProviderAccount.encrypted_secrets,
    PaymentToken.encrypted_token,
    WebhookEndpoint.encrypted_secret,
    WebhookEndpoint.encrypted_old_secret,
)
BATCH = 200  # rows written in one transaction: a few milliseconds


@dataclass
class Counts:
    """How many values of a column there are: sealed by the newest key, by an older one, or by none that is known.

    `lost` holds the ids of the rows that no configured key opens.
    """

    column: str
    newest: int = 0
    older: int = 0
    lost: list[str] = field(default_factory=list)


def check() -> list[Counts]:
    """Count, column by column, what the newest key opens; nothing is changed."""
    return [_counted(column) for column in SEALED]


def rotate() -> list[Counts]:
    """Seal everything anew that an older key had sealed; return how many that were (`older`), column by column.

    A value that changes meanwhile is left as it is: whoever changed it sealed it. Safe to repeat at any time.
    """
    return [_rotated(column) for column in SEALED]


def _counted(column: InstrumentedAttribute[Any]) -> Counts:
    counts = Counts(f"{column.class_.__tablename__}.{column.key}")
    for batch in _batches(column):
        for key, token in batch:
            _count(counts, key, token)
    return counts


def _rotated(column: InstrumentedAttribute[Any]) -> Counts:
    counts, model = Counts(f"{column.class_.__tablename__}.{column.key}"), column.class_
    for batch in _batches(column):
        renewed = [(key, token, keyring().rotate(token).decode()) for key, token in batch if _count(counts, key, token)]
        with transaction():
            for key, token, again in renewed:
                same = update(model).where(model.id == key, column == token).values({column: again})
                db.session.execute(same.execution_options(synchronize_session=False))
        db.session.expire_all()
    log.info("secrets_rotated", column=counts.column, renewed=counts.older, lost=len(counts.lost))
    return counts


def _count(counts: Counts, key: str, token: str) -> bool:
    """Count one value, and tell whether it wants sealing anew."""
    newest = Fernet(current_app.config["JUNCTION"].encryption_keys[0])
    for keys, is_newest in ((newest, True), (keyring(), False)):
        try:
            keys.decrypt(token)
        except InvalidToken:
            continue
        counts.newest += is_newest
        counts.older += not is_newest
        return not is_newest
    counts.lost.append(key)
    return False


def _batches(column: InstrumentedAttribute[Any]) -> Iterator[list[tuple[str, str]]]:
    """Yield the values that there are with the ids of their rows, some at a time, with no transaction left open."""
    model, after = column.class_, ""
    while True:
        some = select(model.id, column).where(model.id > after, column.is_not(None), column != "")
        with reading():
            batch = [(row[0], row[1]) for row in db.session.execute(some.order_by(model.id).limit(BATCH))]
        if not batch:
            return
        yield batch
        after = batch[-1][0]
