"""Connections whose whole reply must begin by a deadline: a server that drips its headers cannot hold a caller."""

import contextlib
import socket
import threading
from typing import Any

import requests.adapters
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.response import HTTPResponse


class _Deadline:
    """Closes the connection when status line and headers are not complete in time; a read then fails at once."""

    header_seconds: float = 10
    sock: Any

    def getresponse(self) -> HTTPResponse:
        timer = threading.Timer(self.header_seconds, _shut, (self.sock,))
        timer.daemon = True
        timer.start()
        try:
            return super().getresponse()  # type: ignore[misc,no-any-return]  # of the connection this is mixed into
        finally:
            timer.cancel()


def _shut(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


class DeadlineAdapter(requests.adapters.HTTPAdapter):
    """Requests' transport with connections that keep the deadline; `parts` are mixed into them."""

    def __init__(self, header_seconds: float, *parts: type) -> None:
        limit = {"header_seconds": header_seconds}
        plain = type("PlainConnection", (*parts, _Deadline, HTTPConnection), limit)
        secure = type("SecureConnection", (*parts, _Deadline, HTTPSConnection), limit)
        self._pools = {
            "http": type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
        }
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools
