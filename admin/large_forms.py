"""The forms of the backoffice that may be larger than other bodies: a rule of full size, a file of rules, kept work."""

from __future__ import annotations

from typing import Any

from flask import Flask, request

from admin.builder.model import MAX_BODY

BOUNDS = {  # bytes, by endpoint or by view
    "admin_builder": MAX_BODY,
    "admin_draft.import_file": 2 * 1024**2 + 64 * 1024,  # a file of full size and the form around it
    "security.login": 2 * 1024**2,  # with what somebody wrote before they were signed out (admin.kept)
}


def init_large_forms(app: Flask) -> None:
    """Widen the bound before anybody reads the form, for the views that need it."""
    app.url_value_preprocessor(_widen)


def _widen(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    endpoint = endpoint or ""
    bound = BOUNDS.get(endpoint) or BOUNDS.get(endpoint.partition(".")[0])
    if bound is not None:
        request.max_content_length = bound
        request.max_form_memory_size = bound  # of one that holds no file
