"""A merchant's view of the hub: the API called with a key, and the smallest session it accepts."""

from typing import Any
from uuid import uuid4

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.hub import API_KEY


def session_body(**changes: Any) -> dict[str, Any]:
    """The body of POST /v1/checkout/sessions for an Italian consumer; a change to None leaves the field out."""
    body: dict[str, Any] = {
        "amount": 12990,
        "currency": "EUR",
        "reference": "order-1001",
        "customer": {"email": "ada@example.com", "name": "Ada Rossi", "country": "IT", "type": "consumer"},
        "attributes": {"channel": "online", "product_categories": ["physical"]},
        "success_url": "https://shop.example.com/thanks",
        "failure_url": "https://shop.example.com/cart",
        "locale": "it",
    }
    return {name: value for name, value in (body | changes).items() if value is not None}


class Api:
    """Calls the API with the configured key; each POST gets an idempotency key of its own unless `key` names one."""

    def __init__(self, client: FlaskClient, api_key: str = API_KEY) -> None:
        self.client = client
        self.api_key = api_key

    def headers(self, key: str | None = None) -> dict[str, str]:
        """The two headers of a request that moves money."""
        return {"Authorization": f"Bearer {self.api_key}", "Idempotency-Key": key or str(uuid4())}

    def get(self, path: str, **options: Any) -> TestResponse:
        """GET with the key."""
        return self.client.get(path, headers={"Authorization": f"Bearer {self.api_key}"}, **options)

    def post(self, path: str, json: Any = None, *, key: str | None = None, **options: Any) -> TestResponse:
        """POST JSON with the key and an idempotency key."""
        return self.client.post(path, json=json, headers=self.headers(key) | options.pop("headers", {}), **options)

    def open_session(self, **changes: Any) -> dict[str, Any]:
        """Open a session and return what the API answered; `changes` are fields of its body."""
        reply = self.post("/v1/checkout/sessions", session_body(**changes))
        assert reply.status_code == 201, reply.text
        return dict(reply.json)

    def pay(self, session_id: str, method: str = "card", *, key: str | None = None) -> TestResponse:
        """Ask for the session to be paid by `method`, terms accepted."""
        body = {"method": method, "accept_terms": True}
        return self.post(f"/v1/checkout/sessions/{session_id}/pay", body, key=key)
