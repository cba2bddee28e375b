"""Answering a request once: its Idempotency-Key, the answer that is repeated, and bodies as plain JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, g, json, request

from app.models import db
from app.services import idempotency


def answer_once(prefix: str, handle: Callable[[str], tuple[int, dict[str, Any]]]) -> Response:
    """Answer by `handle(resource_id)` the first time, with an id that begins with `prefix`; else repeat the answer.

    Raises what `handle` raises, and the refusals of `idempotency.once`.
    """
    print_ = idempotency.fingerprint(request.method, request.path, request.get_data(cache=True))
    answer = idempotency.once(g.api_key_id, request.headers.get("Idempotency-Key"), print_, prefix, handle)
    db.session.rollback()
    response = Response(json.dumps(answer.body), answer.status, content_type="application/json")
    if answer.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def plain(document: Any) -> dict[str, Any]:
    """Return what a schema dumped as JSON has it."""
    made: dict[str, Any] = json.loads(json.dumps(document))
    return made
