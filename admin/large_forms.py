"""The forms of the backoffice that may be larger than other bodies: a rule of full size is."""

from __future__ import annotations

from typing import Any

from flask import Flask, request

from admin.builder.model import MAX_BODY

VIEWS = frozenset({"admin_builder"})


def init_large_forms(app: Flask) -> None:
    """Widen the bound before anybody reads the form, for the views that need it."""
    app.url_value_preprocessor(_widen)


def _widen(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    if endpoint is not None and endpoint.partition(".")[0] in VIEWS:
        request.max_content_length = MAX_BODY
