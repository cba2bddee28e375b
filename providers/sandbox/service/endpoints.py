"""What every endpoint shares: who calls, whether a fault stands before the work, how bodies are read and written."""

import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from werkzeug import Request, Response

from providers.protocol import signing
from providers.sandbox.service import clock, disturbance
from providers.sandbox.service.config import ServiceAccount, ServiceConfig
from providers.sandbox.service.errors import Refusal
from providers.sandbox.service.store import Store


class Endpoints:
    """The base of the endpoints' classes."""

    def __init__(self, store: Store, config: ServiceConfig) -> None:
        self._store = store
        self._config = config

    def _open(self, request: Request) -> str:
        """The account, once it is known and no fault stands before the work."""
        account = self._authenticate(request)
        disturbance.before(self._store, account, request)
        return account

    def _authenticate(self, request: Request) -> str:
        """The account whose key was sent, or by whose secret the request was signed. Raises: Refusal 401."""
        given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
        for account in self._config.accounts.values():
            if hmac.compare_digest(given, account.api_key.encode()) or _has_signed(account, request):
                return account.name
        raise Refusal(401, "unauthorized", "The API key or signature is missing or not known.")

    def _base_url(self, request: Request) -> str:
        return self._config.public_url or request.host_url.rstrip("/")


def _has_signed(account: ServiceAccount, request: Request) -> bool:
    """Whether the request carries a signature by the account's secret."""
    if "webhook-signature" not in request.headers:
        return False
    content = signing.request_content(request.method, request.environ["RAW_URI"], request.get_data())
    now = datetime.fromtimestamp(clock.now(), UTC)
    try:
        signing.check([account.signing_secret], dict(request.headers.items()), content, now)
    except signing.NotProven:
        return False
    return True


def json_response(body: Mapping[str, Any], status: int = 200) -> Response:
    """A JSON reply."""
    return Response(json.dumps(body), status, content_type="application/json")


def body_of(request: Request) -> Mapping[str, Any]:
    """The request's JSON object. Raises: Refusal 400."""
    try:
        body = json.loads(request.get_data())
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "invalid_json", "The body is not JSON.") from error
    if not isinstance(body, dict):
        raise Refusal(400, "invalid_json", "The body is not a JSON object.")
    return body


def key_of(request: Request) -> str:
    """The idempotency key, without which nothing that moves money is accepted. Raises: Refusal 400."""
    key = request.headers.get("Idempotency-Key", "")
    if not 0 < len(key) <= 200:
        raise Refusal(400, "idempotency_key_missing", "Send an Idempotency-Key of 1 to 200 characters.")
    return key
