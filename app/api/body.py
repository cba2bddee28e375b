"""What a request's body must be before anything reads it: JSON, of a depth and with texts that can be stored."""

from __future__ import annotations

import json
from typing import Any

from flask import request
from werkzeug.exceptions import UnsupportedMediaType

from app.services.errors import FieldRefused
from app.services.texts import is_storable

TOO_DEEP = "is nested too deeply: use at most 20 levels."
MAX_DEPTH = 20
WITH_BODY = ("POST", "PUT", "PATCH")


class BodyRefused(FieldRefused):
    """The body cannot be read as JSON."""

    status = 400
    code = "invalid_json"


def check_body() -> None:
    """Refuse a body that is not JSON (400, 415), or holds what no database can store (422, naming the field)."""
    if request.method not in WITH_BODY:
        return
    body = request.get_data(cache=True)
    if not body and request.mimetype in ("", "application/json"):
        return
    if not request.is_json:
        raise UnsupportedMediaType("Send the body as JSON with `Content-Type: application/json`.")
    try:
        value = json.loads(body, object_pairs_hook=_without_duplicates)
    except RecursionError as error:
        raise BodyRefused("body", TOO_DEEP) from error
    except ValueError as error:  # bytes that are not UTF-8 are a ValueError too
        raise BodyRefused("body", f"is not valid JSON: {str(error)[:120]}.") from error
    _check_value(value, "", 0)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return value


def _check_value(value: Any, path: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise BodyRefused("body", TOO_DEEP)
    if isinstance(value, str) and not is_storable(value):
        raise FieldRefused(path or "body", "must be text without control character 0 and without half characters.")
    if isinstance(value, dict):
        for key, item in value.items():
            _check_value(key, path, depth)
            _check_value(item, f"{path}.{key}" if path else key, depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_value(item, f"{path}[{index}]", depth + 1)
