"""The blueprint of the hosted checkout: its files are kept by browsers, its words come in the customer's language."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, abort, request, url_for

from app.checkout.languages import speak
from app.domain.ids import is_id
from app.security import csrf
from app.services import sessions

YEAR = 365 * 24 * 3600


class _Pages(Blueprint):
    """A blueprint whose files, asked for by the hash of their content, may be kept for a year."""

    def get_send_file_max_age(self, filename: str | None) -> int | None:
        return YEAR if "v" in request.args else super().get_send_file_max_age(filename)


blueprint = _Pages(
    "checkout",
    __name__,
    url_prefix="/checkout",
    static_folder="static",
    static_url_path="/static",
    template_folder="templates",
)
# No cookie gives any right here: who knows a session's unguessable address may pay it, and nobody else can post to it.
csrf.exempt(blueprint)


@blueprint.before_request
def _know_the_session() -> None:
    """Answer 404 to an address that cannot be a session's, and speak the language of one that is."""
    session_id = (request.view_args or {}).get("session_id")
    if session_id is None:
        return
    if not is_id("cs", session_id):
        abort(404)
    speak(sessions.get_session(session_id).locale)


@cache
def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def asset(filename: str) -> str:
    """Return the address of one of the checkout's files, with the hash of its content."""
    return url_for("checkout.static", filename=filename, v=_hash(Path(str(blueprint.static_folder)) / filename))


def kept(response: Any) -> Any:
    """Let browsers keep an answer for a year, if its address names its content."""
    if "v" in request.args:
        response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    return response
