"""Addresses of payment links: signed, so that one which was not made here is refused before anything is read."""

from __future__ import annotations

from flask import current_app
from itsdangerous import BadSignature, Signer

from app.domain.ids import is_id
from app.models import PaymentLink


def url_of(link: PaymentLink) -> str:
    """Return the address that a customer follows."""
    return f"{current_app.config['JUNCTION'].public_url}/link/{token_of(link.id)}"


def token_of(link_id: str) -> str:
    """Return the link's id with its signature."""
    return _signer().sign(link_id).decode()


def id_of(token: str) -> str | None:
    """Return the link id in a token, or None when it was not signed here."""
    try:
        link_id = _signer().unsign(token).decode()
    except (BadSignature, UnicodeError):
        return None
    return link_id if is_id("plink", link_id) else None


def _signer() -> Signer:
    return Signer(current_app.config["JUNCTION"].secret_key, salt="payment-link")
