"""The JSON API of subscriptions, which the service charges by itself, and of the reports of a day."""

import sqlite3
from datetime import date

from werkzeug import Request, Response

from providers.interface import FailureKind
from providers.sandbox.service import disturbance, parsing, renewals, reports, subscriptions, views
from providers.sandbox.service.endpoints import Endpoints, body_of, json_response, key_of
from providers.sandbox.service.errors import Refusal

PAGE = 500


class SubscriptionApi(Endpoints):
    """The endpoints; each takes the request and the path's arguments, and raises Refusal for what it will not do."""

    def start(self, request: Request) -> Response:
        """POST /v1/subscriptions: 201 when new, 200 when this reference exists already."""
        account = self._open(request)
        new = parsing.new_subscription(body_of(request), account, key_of(request))
        with self._store.transaction() as connection:
            started = subscriptions.start(connection, new)
            shown = self._show(connection, started[0]) if started else None
        if started is None:
            raise Refusal(402, "refused", "The sandbox was told to refuse subscriptions.", FailureKind.HARD_DECLINE)
        reply = json_response(shown or {}, 201 if started[1] else 200)
        return disturbance.after(self._store, account, request, reply)

    def find(self, request: Request) -> Response:
        """GET /v1/subscriptions?reference=&from_number=: a list of at most one, with its renewals from there on."""
        account = self._open(request)
        number = request.args.get("from_number", 1, type=int)
        with self._store.transaction() as connection:
            row = subscriptions.find(connection, account, request.args.get("reference", ""))
            return json_response({"data": [self._show(connection, row, number)] if row else []})

    def adjust(self, request: Request, subscription_id: str) -> Response:
        """POST /v1/subscriptions/{id} with `amount` and `ends_at`: the subscription as it stands afterwards."""
        account = self._open(request)
        amount, ends_at = parsing.adjustment(body_of(request))
        with self._store.transaction() as connection:
            row = subscriptions.get(connection, subscription_id, account)
            row = renewals.adjust(connection, row, amount, ends_at, self._config.settle_seconds)
            reply = json_response(self._show(connection, row))
        return disturbance.after(self._store, account, request, reply)

    def report(self, request: Request, day: str) -> Response:
        """GET /v1/reports/{day}?offset=: what succeeded on that day in UTC."""
        account = self._open(request)
        try:
            wanted = date.fromisoformat(day)
        except ValueError as error:
            raise Refusal(422, "invalid_request", "The day must be a date, e.g. 2026-01-31.") from error
        offset = max(request.args.get("offset", 0, type=int), 0)
        with self._store.transaction() as connection:
            return json_response(reports.page(connection, account, wanted, offset))

    def _show(self, connection: sqlite3.Connection, row: sqlite3.Row, from_number: int = 1) -> dict[str, object]:
        found = renewals.of(connection, row, from_number, PAGE + 1)
        return views.subscription(row, found[:PAGE], has_more=len(found) > PAGE)
