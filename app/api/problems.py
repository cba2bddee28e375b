"""Problem documents (RFC 9457): one shape for every refusal, naming the field and the fix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Response, json, request
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from app.services.errors import FieldsRefused, Refusal
from providers.interface import InvalidWebhook
from rules import InvalidFacts, InvalidRuleSet, TrialFailed

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Problem:
    """One refusal. `errors` holds (field, message) for each field that is wrong."""

    status: int
    code: str
    detail: str
    errors: tuple[tuple[str, str], ...] = ()
    retry_after: int | None = None

    @property
    def title(self) -> str:
        return HTTPStatus(self.status).phrase

    def to_json(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = [{"field": field, "message": message} for field, message in self.errors]
        return body

    def response(self) -> Response:
        response = Response(json.dumps(self.to_json()), self.status, content_type=CONTENT_TYPE)
        if self.retry_after is not None:
            response.headers["Retry-After"] = str(self.retry_after)
        return response


def problem_of(error: Exception) -> Problem:
    """Return how any error is told to a caller; what nobody foresaw tells nothing but its status."""
    match error:
        case FieldsRefused():
            return Problem(error.status, error.code, error.message, tuple(error.errors.items()))
        case Refusal():
            field = ((error.field, error.message),) if error.field else ()
            busy = 2 if error.code in ("busy", "idempotency_key_busy") else None
            return Problem(error.status, error.code, error.message, field, busy)
        case InvalidFacts():
            fields = tuple((fault.path, fault.message) for fault in error.errors)
            return Problem(422, "invalid_field", _sentence(fields), fields)
        case InvalidRuleSet():
            found = tuple((f"rule_set.{fault.path}".rstrip("."), fault.message) for fault in error.problems)
            return Problem(422, "invalid_rule_set", " ".join(message for _, message in found)[:2000], found)
        case TrialFailed():
            return Problem(422, "trial_failed", f"{error.reason} Nothing was published.")
        case InvalidWebhook():
            return Problem(400, "invalid_webhook", f"The delivery was not accepted: {error.reason}")
        case RequestEntityTooLarge():
            most = (request.max_content_length or 0) // 1024
            return Problem(413, "body_too_large", f"The body is larger than {most} KiB. Send less.")
        case HTTPException():
            return _of_http(error)
        case OperationalError():
            return Problem(503, "busy", "The database is busy or away. Nothing is lost; try again.", (), 2)
        case _:
            return Problem(500, "internal_error", "Something went wrong on our side. It was noted; try again later.")


def _of_http(error: HTTPException) -> Problem:
    status = error.code or 500
    data: Mapping[str, Any] = getattr(error, "data", None) or {}
    messages = data.get("messages")
    if isinstance(messages, Mapping):  # what the schemas found
        fields = tuple(_flatten(messages.get("json") or messages.get("query") or messages))
        if fields and fields[0][0] == "body":
            return Problem(400, "invalid_json", fields[0][1], fields)
        return Problem(422, "invalid_field", _sentence(fields), fields)
    code = HTTPStatus(status).phrase.lower().replace(" ", "_").replace("-", "_")
    return Problem(status, code, str(data.get("message") or error.description or HTTPStatus(status).description))


def _flatten(messages: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Turn nested schema messages into (field path, sentence) pairs, e.g. ("items[0].name", "...")."""
    if isinstance(messages, Mapping):
        for key, value in messages.items():
            if key in ("_schema", "key", "value"):
                step = path or "body"
            elif isinstance(key, int):
                step = f"{path}[{key}]"
            else:
                step = f"{path}.{key}" if path else str(key)
            yield from _flatten(value, step)
    elif isinstance(messages, (list, tuple)):
        for message in messages:
            yield from _flatten(message, path)
    else:
        yield path[:200] or "body", str(messages)[:500]


def _sentence(fields: tuple[tuple[str, str], ...]) -> str:
    return "; ".join(f"{field}: {message}" for field, message in fields[:10])[:2000]
