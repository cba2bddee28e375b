"""The JSON API: charges, refunds, the ledger and the fault switches of the account whose key was sent."""

from werkzeug import Request, Response

from providers.interface import FailureKind
from providers.sandbox.accounts import ACCOUNTS
from providers.sandbox.service import charges, disturbance, faults, parsing, refunds, renewals, views
from providers.sandbox.service.endpoints import Endpoints, body_of, json_response, key_of
from providers.sandbox.service.errors import Refusal


class Api(Endpoints):
    """The endpoints; each takes the request and the path's arguments, and raises Refusal for what it will not do."""

    def create_charge(self, request: Request) -> Response:
        """POST /v1/charges: 201 when new, 200 when this reference exists already."""
        account = self._open(request)
        new = parsing.new_charge(body_of(request), account, key_of(request))
        with self._store.transaction() as connection:
            created = charges.create(connection, new, self._config.settle_seconds)
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
        new = parsing.new_refund(body_of(request), account, key_of(request))
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

    def capabilities(self, request: Request) -> Response:
        """GET /v1/capabilities: what the account can do, for callers that do not know the sandbox."""
        account = self._open(request)
        return json_response(views.capabilities(account, ACCOUNTS[account], self._base_url(request)))

    def ledger(self, request: Request) -> Response:
        """GET /v1/ledger: everything the account ever did, oldest first; never disturbed by faults."""
        account = self._authenticate(request)
        with self._store.transaction() as connection:
            rows = {
                table: connection.execute(
                    f"SELECT * FROM {table} WHERE account = ? ORDER BY created_at", (account,)  # noqa: S608 - ours
                ).fetchall()
                for table in ("charges", "refunds", "subscriptions", "deliveries")
            }
            found = [(row, renewals.of(connection, row)) for row in rows["subscriptions"]]
            rows["charges"] = [charges.refresh(connection, row) for row in rows["charges"]]
        return json_response({
            "charges": [views.charge(row, self._base_url(request)) for row in rows["charges"]],
            "refunds": [views.refund(row) for row in rows["refunds"]],
            "subscriptions": [views.subscription(row, renewed) for row, renewed in found],
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
        switches = body_of(request) if request.method == "PUT" else {}
        with self._store.transaction() as connection:
            faults.replace(connection, account, switches)
            return json_response(faults.current(connection, account))
