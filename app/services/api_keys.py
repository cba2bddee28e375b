"""API keys: made once, shown once, kept as a hash."""

from __future__ import annotations

import hashlib

from sqlalchemy import select, update

from app.domain.ids import new_id
from app.models import ApiKey, db, utc_now
from app.services.transaction import transaction

CONFIGURED = "configured"  # the key that the environment names


def authenticate(key: str) -> ApiKey | None:
    """Return the key's row, or None for one that is unknown or revoked."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    row: ApiKey | None = db.session.scalar(select(ApiKey).where(ApiKey.sha256 == digest, ApiKey.revoked_at.is_(None)))
    return row


def ensure_configured_key(key: str) -> None:
    """Make `key` valid and revoke the one that the environment named before it."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    with transaction():
        db.session.execute(
            update(ApiKey)
            .where(ApiKey.name == CONFIGURED, ApiKey.sha256 != digest, ApiKey.revoked_at.is_(None))
            .values(revoked_at=utc_now())
        )
        known = db.session.scalar(select(ApiKey).where(ApiKey.sha256 == digest))
        if known is None:
            db.session.add(ApiKey(id=new_id("key"), name=CONFIGURED, prefix=key[:12], sha256=digest))
        else:
            known.revoked_at = None
