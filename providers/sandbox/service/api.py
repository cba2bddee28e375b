"""The JSON API: charges, refunds, the ledger and the fault switches of the account whose key was sent."""

import hmac
import json
from collections.abc import Mapping
from typing import Any

from werkzeug import Request, Response

from providers.interface import FailureKind
from providers.sandbox.service import charges, disturbance, faults, parsing, refunds, views
from providers.sandbox.service.config import ServiceConfig
from providers.sandbox.service.errors import Refusal
from providers.sandbox.service.store import Store


class Api:
    """The endpoints; each takes the request and the path's arguments, and raises Refusal for what it will not do."""

    def __init__(self, store: Store, config: ServiceConfig) -> None:
        self._store = store
        self._config = config

    def create_charge(self, request: Request) -> Response:
        """POST /v1/charges: 201 when new, 200 when this reference exists already."""
        account = self._open(request)
        new = parsing.new_charge(_body(request), account, _key(request))
        with self._store.transaction() as connection:
            created = charges.create(connection, new)
        if created is None:
            raise Refusal(402, "refused", "The sandbox was told to refuse charges.", FailureKind.HARD_DECLINE)
        row, is_new = created
        reply = json_response(views.charge(row, self._base_url(request)), 201 if is_new else 200)
        return disturbance.after(self._store, account, request, reply)

    def find_charges(self, request: Request) -> Response:
        """GET /v1/charges?reference=: a list of at most one."""
        account = self._open(request)
        with self._store.transaction() as connection:
            row = charges.find(connection, account, request.args.get("reference", ""))
        return json_response({"data": [views.charge(row, self._base_url(request))] if row else []})

    def cancel_charge(self, request: Request, charge_id: str) -> Response:
        """POST /v1/charges/{id}/cancel: the charge as it stands afterwards, cancelled or not."""
        account = self._open(request)
        with self._store.transaction() as connection:
            row = charges.get(connection, charge_id, account)
            row = charges.move(
                connection, row, "awaiting_customer", "failed", failure=charges.CANCELLED_BY_MERCHANT
            )
        reply = json_response(views.charge(row, self._base_url(request)))
        return disturbance.after(self._store, account, request, reply)

    def create_refund(self, request: Request) -> Response:
        """POST /v1/refunds: 201 when new, 200 when this reference exists already."""
        account = self._open(request)
        new = parsing.new_refund(_body(request), account, _key(request))
        with self._store.transaction() as connection:
            created = refunds.create(connection, new, self._config.settle_seconds)
        if created is None:
            raise Refusal(402, "refused", "The sandbox was told to refuse refunds.", FailureKind.HARD_DECLINE)
        row, is_new = created
        reply = json_response(views.refund(row), 201 if is_new else 200)
        return disturbance.after(self._store, account, request, reply)

    def find_refunds(self, request: Request) -> Response:
        """GET /v1/refunds?reference=: a list of at most one."""
        account = self._open(request)
        with self._store.transaction() as connection:
            row = refunds.find(connection, account, request.args.get("reference", ""))
        return json_response({"data": [views.refund(row)] if row else []})

    def ledger(self, request: Request) -> Response:
        """GET /v1/ledger: everything the account ever did, oldest first; never disturbed by faults."""
        account = self._authenticate(request)
        with self._store.transaction() as connection:
            rows = {
                table: connection.execute(
                    f"SELECT * FROM {table} WHERE account = ? ORDER BY created_at", (account,)  # noqa: S608 - ours
                ).fetchall()
                for table in ("charges", "refunds", "deliveries")
            }
            rows["charges"] = [charges.refresh(connection, row) for row in rows["charges"]]
        return json_response({
            "charges": [views.charge(row, self._base_url(request)) for row in rows["charges"]],
            "refunds": [views.refund(row) for row in rows["refunds"]],
            "deliveries": [views.delivery(row) for row in rows["deliveries"]],
        })

    def show_faults(self, request: Request) -> Response:
        """GET /v1/faults: the switches that are on."""
        account = self._authenticate(request)
        with self._store.transaction() as connection:
            return json_response(faults.current(connection, account))

    def replace_faults(self, request: Request) -> Response:
        """PUT /v1/faults: turn on exactly the switches in the body; DELETE turns all of them off."""
        account = self._authenticate(request)
        switches = _body(request) if request.method == "PUT" else {}
        with self._store.transaction() as connection:
            faults.replace(connection, account, switches)
            return json_response(faults.current(connection, account))

    def _open(self, request: Request) -> str:
        """The account, once it is known and no fault stands before the work."""
        account = self._authenticate(request)
        disturbance.before(self._store, account, request)
        return account

    def _authenticate(self, request: Request) -> str:
        """The account whose key was sent. Raises: Refusal 401."""
        given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
        for account in self._config.accounts.values():
            if hmac.compare_digest(given, account.api_key.encode()):
                return account.name
        raise Refusal(401, "unauthorized", "The API key is missing or not known.")

    def _base_url(self, request: Request) -> str:
        return self._config.public_url or request.host_url.rstrip("/")


def json_response(body: Mapping[str, Any], status: int = 200) -> Response:
    """A JSON reply."""
    return Response(json.dumps(body), status, content_type="application/json")


def _body(request: Request) -> Mapping[str, Any]:
    """The request's JSON object. Raises: Refusal 400."""
    try:
        body = json.loads(request.get_data())
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "invalid_json", "The body is not JSON.") from error
    if not isinstance(body, dict):
        raise Refusal(400, "invalid_json", "The body is not a JSON object.")
    return body


def _key(request: Request) -> str:
    """The idempotency key, without which nothing that moves money is accepted. Raises: Refusal 400."""
    key = request.headers.get("Idempotency-Key", "")
    if not 0 < len(key) <= 200:
        raise Refusal(400, "idempotency_key_missing", "Send an Idempotency-Key of 1 to 200 characters.")
    return key
