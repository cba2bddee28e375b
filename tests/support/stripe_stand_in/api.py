"""One call of the API: who asks, by which version, under which idempotency key; done once, answered as Stripe does."""

import json
import sqlite3
import threading
from dataclasses import dataclass
from typing import Any

from werkzeug import Request

from tests.support.stripe_stand_in import accounts, faults, lists, operations, parameters
from tests.support.stripe_stand_in.errors import StripeError
from tests.support.stripe_stand_in.events import API_VERSION
from tests.support.stripe_stand_in.intents import Declined
from tests.support.stripe_stand_in.invoices import Settings
from tests.support.stripe_stand_in.store import Books, Store, new_id

REFUSED = {
    "/v1/checkout/sessions": "refuse", "/v1/payment_intents": "refuse", "/v1/subscriptions": "refuse",
    "/v1/refunds": "refuse_refunds",
}  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What is replied; `replayed`: it is what an earlier call under the same key was told."""

    status: int
    body: dict[str, Any]
    request_id: str
    replayed: bool = False


class Api:
    """The API over one store."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._under_way: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def realm(self, request: Request) -> str:
        """The account and mode of the key. Raises: StripeError 401."""
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or key not in accounts.KEYS:
            raise StripeError("Invalid API Key provided.", status=401, kept=False)
        if request.headers.get("Stripe-Version") != API_VERSION:
            raise StripeError(f"This stand-in speaks {API_VERSION} only.", param="Stripe-Version", kept=False)
        return accounts.KEYS[key]

    def answer(self, realm: str, request: Request) -> Answer:
        """Do what is asked, or tell again what came of it."""
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        mark = (realm, key or "")
        with self._lock:
            if key and mark in self._under_way:
                return _refusal(StripeError(
                    "There is currently another in-progress request using this Idempotent Key.",
                    status=409, kind="idempotency_error", code="idempotency_key_in_use",
                ), new_id("req"))  # fmt: skip
            self._under_way.add(mark)
        try:
            with self._store.transaction() as connection:
                return self._once(connection, realm, request, key)
        finally:
            with self._lock:
                self._under_way.discard(mark)

    def _once(self, connection: sqlite3.Connection, realm: str, request: Request, key: str | None) -> Answer:
        pairs = [*request.args.items(multi=True), *request.form.items(multi=True)]
        asked = json.dumps([request.method, request.path, sorted(pairs)])
        if key:
            row = connection.execute("SELECT * FROM answers WHERE realm = ? AND key = ?", (realm, key)).fetchone()
            if row is not None and row["request"] != asked:
                return _refusal(StripeError(
                    "Keys for idempotent requests can only be used with the same parameters they were first used with.",
                    kind="idempotency_error",
                ), new_id("req"))  # fmt: skip
            if row is not None:
                return Answer(row["status"], json.loads(row["body"]), new_id("req"), replayed=True)
        answer, kept = self._do(connection, realm, request, pairs, key)
        if key and kept:
            connection.execute(
                "INSERT INTO answers (realm, key, request, status, body) VALUES (?, ?, ?, ?, ?)",
                (realm, key, asked, answer.status, json.dumps(answer.body)),
            )
        return answer

    def _do(
        self,
        connection: sqlite3.Connection,
        realm: str,
        request: Request,
        pairs: list[tuple[str, str]],
        key: str | None,
    ) -> tuple[Answer, bool]:
        """The answer, and whether it is the last word for the idempotency key."""
        books = Books(connection, realm)
        books.request = {"id": new_id("req"), "idempotency_key": key}
        broken = faults.strikes(connection, books.account, "error_500_after", request.method, request.path)
        connection.execute("SAVEPOINT work")
        try:
            operation, identifier = operations.find(request.method, request.path)
            given = parameters.read(operation.params, pairs)
            self._refuse(books, request)
            call = operations.Call(books, given, self._settings, request.host_url.rstrip("/"), identifier)
            body = lists.expand(books, operation.run(call), given.get("expand", []))
        except StripeError as refusal:
            if not isinstance(refusal, Declined):  # a payment that was declined exists all the same
                connection.execute("ROLLBACK TO work")
            return _refusal(refusal, books.request["id"]), refusal.kept and refusal.status != 404
        if broken:
            error = StripeError("An unknown error occurred.", status=500, kind="api_error")
            return _refusal(error, books.request["id"]), True
        return Answer(200, body, books.request["id"]), True

    def _refuse(self, books: Books, request: Request) -> None:
        switch = REFUSED.get(request.path) if request.method == "POST" else None
        if switch and faults.strikes(books.connection, books.account, switch):
            raise StripeError("Your account cannot currently do this.", code="account_restricted", kept=False)


def _refusal(refusal: StripeError, request_id: str) -> Answer:
    return Answer(refusal.status, {"error": refusal.error}, request_id)
