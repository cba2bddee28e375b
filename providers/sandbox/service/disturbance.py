"""Where the fault switches bite: before the work is done, or after it, when the reply is lost or spoilt."""

import itertools
import socket
import time
from collections.abc import Iterator

from werkzeug import Request, Response
from werkzeug.exceptions import InternalServerError, ServiceUnavailable

from providers.sandbox.service import faults
from providers.sandbox.service.store import Store


def before(store: Store, account: str, request: Request) -> None:
    """Fail before anything is done. Raises: ServiceUnavailable (any call), InternalServerError (calls that write)."""
    with store.transaction() as connection:
        down = faults.strikes(connection, account, "outage")
        broken = not down and request.method == "POST" and faults.strikes(connection, account, "error_500")
    if down:
        raise ServiceUnavailable
    if broken:
        raise InternalServerError


def after(store: Store, account: str, request: Request, reply: Response) -> Response:
    """The reply to work that was done, late, lost or spoilt as the switches say."""
    with store.transaction() as connection:
        seconds = faults.delay(connection, account)
        spoilt = next((name for name in SPOILERS if faults.strikes(connection, account, name)), None)
    time.sleep(seconds)
    return SPOILERS[spoilt](request, reply) if spoilt else reply


def _drop(request: Request, reply: Response) -> Response:
    """Close the connection under the reply; the server then has nowhere to write it."""
    connection = request.environ.get("werkzeug.socket") or request.environ.get("gunicorn.socket")
    if isinstance(connection, socket.socket):
        connection.shutdown(socket.SHUT_RDWR)
    return Response("the reply was dropped", 500)


def _malform(request: Request, reply: Response) -> Response:
    return Response("<html>Welcome to the load balancer", 200, content_type="application/json")


def _truncate(request: Request, reply: Response) -> Response:
    whole = reply.get_data()
    half = Response(whole[: len(whole) // 2], reply.status_code, content_type="application/json")
    half.headers["Content-Length"] = str(len(whole))
    half.headers["Connection"] = "close"
    return half


def _endless(request: Request, reply: Response) -> Response:
    spaces: Iterator[bytes] = itertools.repeat(b" " * 65_536)
    return Response(spaces, 200, content_type="application/json", direct_passthrough=True)


SPOILERS = {
    "drop_reply": _drop,
    "malformed_reply": _malform,
    "truncated_reply": _truncate,
    "endless_reply": _endless,
}
