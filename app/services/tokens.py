"""Payment tokens: kept sealed when a first payment succeeded, and used to charge the same customer again."""

from __future__ import annotations

from sqlalchemy import select

from app.models import PaymentAttempt, PaymentToken, db
from app.services.accounts import decrypt, encrypt


def keep(attempt: PaymentAttempt, token: str) -> PaymentToken:
    """Keep the token that a succeeded attempt brought, in the caller's transaction; once for each attempt."""
    known = db.session.scalar(select(PaymentToken).where(PaymentToken.attempt_id == attempt.id))
    if known is not None:
        return known
    kept = PaymentToken(
        attempt_id=attempt.id,
        account_id=attempt.account_id,
        method=attempt.method,
        encrypted_token=encrypt({"token": token}),
    )
    db.session.add(kept)
    db.session.flush()
    return kept


def reveal(token: PaymentToken) -> str:
    """Return the provider's token in the clear: never log it."""
    return decrypt(token.encrypted_token)["token"]
