"""Bearer keys: who calls the API."""

from __future__ import annotations

from flask import g, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from app.services import api_keys


def require_key() -> None:
    """Let only requests with a valid key pass; the key's id is `g.api_key_id` from then on."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    row = api_keys.authenticate(key.strip()) if scheme.lower() == "bearer" and key else None
    if row is None:
        raise Unauthorized(
            "Send a valid key: `Authorization: Bearer <key>`.", www_authenticate=WWWAuthenticate("bearer")
        )
    g.api_key_id = row.id


def actor() -> str:
    """Return how this caller is named in histories."""
    return f"api:{g.api_key_id}"
