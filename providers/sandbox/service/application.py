"""The service as a WSGI application: which address leads to which endpoint, and how refusals are answered."""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from providers.interface import FailureKind
from providers.sandbox.service.api import Api
from providers.sandbox.service.api_subscriptions import SubscriptionApi
from providers.sandbox.service.background import Background
from providers.sandbox.service.config import ServiceConfig, read_config
from providers.sandbox.service.endpoints import json_response
from providers.sandbox.service.errors import Refusal
from providers.sandbox.service.pages import Pages
from providers.sandbox.service.store import Store

MAX_BODY_BYTES = 100_000
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


class Service:
    """The WSGI application of one process."""

    def __init__(self, config: ServiceConfig) -> None:
        store = Store(config.database)
        api, self._pages = Api(store, config), Pages(store, config)
        pages, recurring = self._pages, SubscriptionApi(store, config)
        self._routes = Map([
            Rule("/v1/capabilities", methods=["GET"], endpoint=api.capabilities),
            Rule("/v1/charges", methods=["POST"], endpoint=api.create_charge),
            Rule("/v1/charges", methods=["GET"], endpoint=api.find_charges),
            Rule("/v1/charges/<charge_id>/cancel", methods=["POST"], endpoint=api.cancel_charge),
            Rule("/v1/refunds", methods=["POST"], endpoint=api.create_refund),
            Rule("/v1/refunds", methods=["GET"], endpoint=api.find_refunds),
            Rule("/v1/subscriptions", methods=["POST"], endpoint=recurring.start),
            Rule("/v1/subscriptions", methods=["GET"], endpoint=recurring.find),
            Rule("/v1/subscriptions/<subscription_id>", methods=["POST"], endpoint=recurring.adjust),
            Rule("/v1/reports/<day>", methods=["GET"], endpoint=recurring.report),
            Rule("/v1/ledger", methods=["GET"], endpoint=api.ledger),
            Rule("/v1/faults", methods=["GET"], endpoint=api.show_faults),
            Rule("/v1/faults", methods=["PUT", "DELETE"], endpoint=api.replace_faults),
            Rule("/pay/<charge_id>", methods=["GET"], endpoint=pages.show_payment),
            Rule("/pay/<charge_id>", methods=["POST"], endpoint=pages.decide_payment),
            Rule("/", methods=["GET"], endpoint=pages.home),
            Rule("/faults/<account>", methods=["POST"], endpoint=pages.switch_faults),
            Rule("/sandbox.css", methods=["GET"], endpoint=pages.stylesheet),
            Rule("/healthz", methods=["GET"], endpoint=_healthy),
        ])
        self.background = Background(store, config)

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        request = Request(environ)
        request.max_content_length = MAX_BODY_BYTES
        response = self._respond(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response(environ, start_response)

    def _respond(self, request: Request) -> Response:
        try:
            endpoint, arguments = self._routes.bind_to_environ(request.environ).match()
            response: Response = endpoint(request, **arguments)
        except Refusal as refusal:
            if not request.path.startswith("/v1/"):
                return self._pages.refused(refusal)
            return json_response({"error": _error(refusal)}, refusal.status)
        except HTTPException as error:
            status = error.code or 500
            body = _error(Refusal(status, error.name.lower().replace(" ", "_"), error.description or error.name))
            return Response(json.dumps({"error": body}), status, content_type="application/json")
        return response


def create_service(env: Mapping[str, str] | None = None) -> Service:
    """The service configured by the environment, with its background thread running.

    For `gunicorn "providers.sandbox.service:create_service()"`, without --preload: a thread does not
    survive a fork. Raises: ValueError naming a variable that is missing.
    """
    service = Service(read_config(os.environ if env is None else env))
    service.background.start()
    return service


def _healthy(request: Request) -> Response:
    return json_response({"status": "ok"})


def _error(refusal: Refusal) -> dict[str, str]:
    kind: FailureKind = refusal.kind
    return {"kind": kind.value, "code": refusal.code, "message": refusal.message}
