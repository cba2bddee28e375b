"""A small HTTP server that takes webhooks and keeps them; it can be told to answer with errors first."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


@dataclass(frozen=True)
class Delivery:
    """One delivery as it arrived, and how it was answered."""

    path: str
    headers: dict[str, str]
    body: bytes
    answered: int


class WebhookSink:
    """Use as a context manager; `url` is its address. `answers` are the statuses of the next replies, then 204."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.answers: list[int] = []
        self._changed = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wait_for(self, enough: Callable[[list[Delivery]], bool], seconds: float = 20) -> list[Delivery]:
        """The deliveries so far, once they are enough. Raises: AssertionError when they are not in time."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while not enough(self.deliveries):
                assert self._changed.wait(deadline - time.monotonic()), f"only got {self.deliveries}"
            return list(self.deliveries)

    def _take(self, path: str, headers: dict[str, str], body: bytes) -> int:
        with self._changed:
            answer = self.answers.pop(0) if self.answers else 204
            self.deliveries.append(Delivery(path, headers, body, answer))
            self._changed.notify_all()
        return answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                self.send_response(sink._take(self.path, headers, body))
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        return Handler
