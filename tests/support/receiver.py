"""A merchant's server that takes webhooks: it keeps what it is sent, and answers as a test wants it to."""

import socketserver
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from typing import Any, Self

from flask import Flask

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True)
class Received:
    """One request as it arrived."""

    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Use as a context manager. `answers` to the next requests are a status, or what writes a reply; then 204."""

    answers: list[int | Answer] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    most_at_once: int = 0
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver._take(self)

            do_GET = do_POST

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
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}/hook"

    def _take(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        with self._lock:
            self.received.append(Received({name.lower(): value for name, value in handler.headers.items()}, body))
            answer = self.answers.pop(0) if self.answers else 204
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        try:
            if callable(answer):
                answer(handler)
            else:
                handler.send_response(answer)
                handler.end_headers()
        finally:
            with self._lock:
                self._now -= 1


def replying(status: int, text: str = "", **headers: str) -> Answer:
    """A whole reply with this text and these headers (`Retry_After` for Retry-After)."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(text.encode())

    return answer


def silent_for(seconds: float) -> Answer:
    """No reply at all for so long, then 204."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(seconds)
        handler.send_response(204)
        handler.end_headers()

    return answer


def dripping(handler: BaseHTTPRequestHandler) -> None:
    """A status line and headers that never come to an end, a few letters at a time."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        handler.wfile.write(b"X-Drip: drip\r\n")
        time.sleep(0.02)


def endless(handler: BaseHTTPRequestHandler) -> None:
    """A 200 whose body never ends."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        handler.wfile.write(b"more and more " * 5000)


def reach_loopback(app: Flask) -> None:
    """Let the hub tell systems on this machine, until the test ends."""
    allowed = (ip_network("127.0.0.0/8"),)
    app.config["JUNCTION"] = replace(app.config["JUNCTION"], webhook_allowed_networks=allowed)
