"""A payment service with bad intentions: it answers whatever a test wants, byte by byte if need be."""

import json
import socketserver
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

Lie = dict[str, Any] | Callable[[BaseHTTPRequestHandler], None]
MANY = 50_000_000  # bytes


class Hostile:
    """Use as a context manager; `url` is its address, `asked` the paths that it was asked for.

    It knows every charge and refund that it is asked about, as if it had kept it, with `changes`. `lie` instead of
    that is written to the caller as it is.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.changes: dict[str, Any] = {}
        self.lie: Lie | None = None

    def __enter__(self) -> Self:
        hostile = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                hostile._answer(self, json.loads(self.rfile.read(length) or b"{}"))

            def do_GET(self) -> None:
                hostile._answer(self, None)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a caller that hung up is no news
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        socketserver.TCPServer.server_close(self._server)  # without waiting for replies that never end

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def announced(self, **changes: Any) -> str:
        """What an account's settings keep of its announcement."""
        card = {"flows": ["direct", "pay_by_link", "subscription"]}
        verbs = dict.fromkeys(("refunds", "partial_refunds", "cancel", "subscriptions", "reports"), True)
        return json.dumps({"name": "Hostile", "live": False, "methods": {"card": card}} | verbs | changes)

    def _answer(self, handler: BaseHTTPRequestHandler, wanted: dict[str, Any] | None) -> None:
        self.asked.append(handler.path)
        if callable(self.lie):
            handler.close_connection = True
            self.lie(handler)
            return
        write(handler, self.lie if self.lie is not None else self._thing(handler.path, wanted))

    def _thing(self, path: str, wanted: dict[str, Any] | None) -> dict[str, Any]:
        """The charge or refund that is asked for, or about."""
        reference = (wanted or {}).get("reference") or parse_qs(urlsplit(path).query).get("reference", [""])[0]
        thing = {
            "id": f"x_{reference}"[:255], "reference": reference, "state": "pending", "stage": "awaiting_customer",
            "amount": 12990, "currency": "EUR", "page_url": f"{self.url}/pay", "failure": None,
        } | self.changes  # fmt: skip
        return thing if wanted is not None else {"data": [thing]}


def write(handler: BaseHTTPRequestHandler, body: dict[str, Any], status: int = 200) -> None:
    """A whole JSON reply."""
    raw = json.dumps(body).encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(raw)))
    handler.end_headers()
    handler.wfile.write(raw)


def replying(status: int, body: bytes = b"", **headers: str) -> Lie:
    """A reply with exactly these bytes and headers (`Content_Type` for Content-Type)."""

    def lie(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return lie


def fifty_megabytes(handler: BaseHTTPRequestHandler) -> None:
    """A JSON object of 50 MB, its length given honestly."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(MANY))
    handler.end_headers()
    handler.wfile.write(b'{"id": "')
    for _ in range(MANY // 65_536):
        handler.wfile.write(b"x" * 65_536)


def endless(handler: BaseHTTPRequestHandler) -> None:
    """A body that has no end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        handler.wfile.write(b" " * 65_536)


def dripping(handler: BaseHTTPRequestHandler) -> None:
    """A body that comes a byte at a time."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
    while True:
        handler.wfile.write(b" ")
        time.sleep(0.05)


def dripping_headers(handler: BaseHTTPRequestHandler) -> None:
    """Headers that never come to an end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        handler.wfile.write(b"X-Drip: drip\r\n")
        time.sleep(0.05)
