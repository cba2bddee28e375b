"""The stand-in as a WSGI application: the API, the customer's page, and `/_control` for the tests."""

import itertools
import json
import logging
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import requests
from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException
from werkzeug.utils import redirect

from tests.support.stripe_stand_in import clockwork, control, courier, faults, page
from tests.support.stripe_stand_in.api import Answer, Api
from tests.support.stripe_stand_in.errors import StripeError
from tests.support.stripe_stand_in.invoices import Settings
from tests.support.stripe_stand_in.store import Store, clock, new_id

PAGE = re.compile(r"/c/pay/([^/]+)")
SPOILERS = ("drop_reply", "malformed_reply", "truncated_reply", "endless_reply", "redirect")
IDLE_SECONDS = 0.05
LOGGER = logging.getLogger(__name__)


class Application:
    """One process, with the thread that does what the clock asks for and delivers webhooks."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._api = Api(store, settings)
        threading.Thread(target=self._run, daemon=True).start()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        try:
            response = self._respond(request)
        except StripeError as refusal:
            response = _reply(Answer(refusal.status, {"error": refusal.error}, new_id("req")))
        except HTTPException as error:
            response = Response(error.description, error.code)
        return response(environ, start_response)

    def _respond(self, request: Request) -> Response:
        if request.path == "/healthz":
            return Response("ok")
        if match := PAGE.fullmatch(request.path):
            with self._store.transaction() as connection:
                if request.method == "POST":
                    return page.decide(connection, request, match[1], self._settings)
                return page.show(connection, match[1])
        if request.path.startswith("/_control/"):
            with self._store.transaction() as connection:
                found = control.answer(connection, request, self._settings)
            return Response(json.dumps(found), content_type="application/json")
        return self._call(request)

    def _call(self, request: Request) -> Response:
        realm = self._api.realm(request)
        account = realm.partition(":")[0]
        self._before(account, request)
        reply = _reply(self._api.answer(realm, request))
        with self._store.transaction() as connection:
            late = faults.strikes(connection, account, "late_reply", request.method, request.path)
            spoilt = next(
                (name for name in SPOILERS if faults.strikes(connection, account, name, request.method, request.path)),
                None,
            )
        if late:
            time.sleep(late.get("seconds", 1))
        return _spoil(spoilt, request, reply) if spoilt else reply

    def _before(self, account: str, request: Request) -> None:
        """Fail before anything is done. Raises: StripeError."""
        with self._store.transaction() as connection:
            struck = next(
                (
                    name
                    for name in ("outage", "unauthorized", "rate_limit", "error_500", "drop_before")
                    if faults.strikes(connection, account, name, request.method, request.path)
                ),
                None,
            )
        if struck == "outage":
            raise StripeError("Down for maintenance.", status=503, kind="api_error")
        if struck == "unauthorized":
            raise StripeError("Invalid API Key provided.", status=401)
        if struck == "rate_limit":
            raise StripeError("Too many requests.", status=429, code="rate_limit")
        if struck:
            if struck == "drop_before":
                _hang_up(request)
            raise StripeError("An unknown error occurred.", status=500, kind="api_error")

    def _run(self) -> None:
        session = requests.Session()
        session.trust_env = False
        while True:
            try:
                with self._store.transaction() as connection:
                    clockwork.run(connection, clock(connection), self._settings)
                busy = courier.deliver(self._store, session)
            except Exception:  # the thread has to outlive any single fault, or webhooks would stop silently
                LOGGER.exception("the background work failed")
                busy = False
            if not busy:
                time.sleep(IDLE_SECONDS)


def _reply(answer: Answer) -> Response:
    response = Response(json.dumps(answer.body), answer.status, content_type="application/json")
    response.headers["Request-Id"] = answer.request_id
    if answer.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _hang_up(request: Request) -> None:
    connection = request.environ["werkzeug.socket"]
    assert isinstance(connection, socket.socket)
    connection.shutdown(socket.SHUT_RDWR)


def _spoil(how: str, request: Request, reply: Response) -> Response:
    """The reply to work that was done, as the switch spoils it."""
    if how == "drop_reply":
        _hang_up(request)
        return Response("dropped", 500)
    if how == "malformed_reply":
        return Response("<html>Welcome to the load balancer", 200, content_type="application/json")
    if how == "redirect":
        return redirect("http://127.0.0.1:1/elsewhere", 302)
    if how == "endless_reply":
        return Response(itertools.repeat(b" " * 65_536), 200, content_type="application/json", direct_passthrough=True)
    whole = reply.get_data()
    half = Response(whole[: len(whole) // 2], reply.status_code, content_type="application/json")
    half.headers["Content-Length"] = str(len(whole))
    return half
