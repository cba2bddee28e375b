"""The OpenAPI 3.1 document, and what every operation of the API has in common."""

from __future__ import annotations

from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask, request
from flask_smorest import Api, Blueprint

from app.api.auth import require_key
from app.api.body import check_body
from app.api.fields import MinorUnits
from app.api.told import WEBHOOKS
from rules.languages import spoken

IDEMPOTENCY_KEY: dict[str, Any] = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "description": "A fresh value, such as a UUID, for each thing you want done. Repeating it repeats the answer. "
    "While the first request is being answered, and for up to a minute after a crash cut it off, it answers 409.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}

IF_MATCH: dict[str, Any] = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "description": 'The ETag of the draft that you read, such as `"7"`: what somebody changed since is never lost.',
    "schema": {"type": "string", "pattern": '^"[0-9]{1,9}"$'},
}

ACCEPT_LANGUAGE: dict[str, Any] = {
    "in": "header",
    "name": "Accept-Language",
    "required": False,
    "description": "The language of the sentences: English (which it is without this header), Italian or German.",
    "schema": {"type": "string"},
}

PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}


class HubApi(Api):
    """flask-smorest without its error handlers: one handler of ours serves the whole application."""

    DEFAULT_ERROR_RESPONSE_NAME = None  # every refusal is a Problem, and is listed by name

    def _register_error_handlers(self) -> None:
        return


def init_spec(app: Flask) -> HubApi:
    """Set up the document at /v1/openapi.json."""
    app.config.update(
        API_TITLE="Junction",
        API_VERSION="1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/v1",
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "info": {
                "description": "Open checkout sessions; rules written by business people pick methods and providers."
            },
            "security": [{"key": []}],
            "webhooks": WEBHOOKS,
        },
    )
    api = HubApi(app)
    plugin = next(plugin for plugin in api.spec.plugins if isinstance(plugin, MarshmallowPlugin))
    plugin.map_to_openapi_type(MinorUnits, "integer", "int64")
    api.spec.components.security_scheme("key", {"type": "http", "scheme": "bearer"})
    api.spec.components.schema("Problem", PROBLEM)
    api.spec.components.response(
        "Problem",
        {
            "description": "Refused, naming the field and the fix; nothing was changed.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        },
    )
    return api


def new_blueprint(name: str, description: str, largest_body: int | None = None) -> Blueprint:
    """Return a part of the API: its requests carry a key, and their bodies are JSON that can be stored.

    `largest_body` in bytes takes the place of the application's own limit.
    """

    def allow_large_body() -> None:
        request.max_content_length = largest_body

    blueprint = Blueprint(name, name, url_prefix="/v1", description=description)
    blueprint.before_request(require_key)
    if largest_body is not None:
        blueprint.before_request(allow_large_body)
    blueprint.before_request(check_body)
    return blueprint


def refusals(*statuses: int) -> dict[str, Any]:
    """Return the documentation of the refusals of an operation, beside those that any may give."""
    listed = {str(status): {"$ref": "#/components/responses/Problem"} for status in (400, 401, *statuses)}
    return {"responses": listed}


def asked_language() -> str:
    """Return the language that the caller wants sentences in."""
    return spoken(*request.accept_languages.values())


def in_language(language: str) -> dict[str, str]:
    """Return the headers of an answer in `language`."""
    return {"Content-Language": language, "Vary": "Accept-Language"}
