"""How a webhook that we send looks, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from app.domain.events import EVENTS

_HEADERS = {
    "webhook-id": "The id of the event: the same each time it is sent.",
    "webhook-timestamp": "When this try was signed, in seconds since 1970. Refuse what is older than five minutes.",
    "webhook-signature": "One or, while the secret is being rotated, two of `v1,<base64>`, with a blank between.",
}

WEBHOOKS: dict[str, Any] = {
    "event": {
        "post": {
            "summary": "An event, sent to each endpoint that wants it",
            "description": "Verify the signature over the body as it came, then answer 2xx within 15 seconds.",
            "security": [],
            "parameters": [
                {"in": "header", "name": name, "required": True, "description": text, "schema": {"type": "string"}}
                for name, text in _HEADERS.items()
            ],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "required": ["type", "timestamp", "data"],
                            "properties": {
                                "type": {
                                    "type": "string",
                                    "enum": [*EVENTS, "webhook_endpoint.test"],
                                    "description": "\n".join(f"- `{kind}`: {text}" for kind, text in EVENTS.items()),
                                },
                                "timestamp": {"type": "string", "format": "date-time"},
                                "data": {"type": "object", "description": "The subject as it was then."},
                            },
                        }
                    }
                },
            },
            "responses": {
                "2XX": {"description": "Taken."},
                "410": {"description": "Nobody wants these events any more: the endpoint is switched off."},
                "default": {"description": "Sent again later, over three days."},
            },
        }
    }
}
