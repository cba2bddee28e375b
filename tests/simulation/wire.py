"""The two ways between hub and sandbox, called in the process: what can go wrong on a real wire goes wrong here."""

import random
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

import requests
from flask import Flask
from werkzeug.test import Client

from providers.http import HttpClient, Reply, Sign, _parse
from providers.interface import Failure, FailureKind, ProviderRefused
from providers.sandbox.service.application import Service
from providers.truths import UNREACHABLE


class Killed(BaseException):
    """The hub's process ended here, in the middle of what it was doing."""


class Wire(HttpClient):
    """Calls the sandbox; `is_down` refuses the connection, and of `kills` of the calls the hub never hears the end.

    `after` is called with what was asked once the sandbox has done it and before the hub hears of it.
    """

    def __init__(self, service: Service) -> None:
        super().__init__()
        self._service = service
        self._clients = threading.local()
        self.is_down = False
        self.kills = 0.0
        self.after: Callable[[str, Mapping[str, Any]], None] = lambda path, payload: None

    def send(
        self,
        method: Literal["GET", "POST"],
        url: str,
        *,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None = None,
        payload: Mapping[str, Any] | None = None,
        sign: Sign | None = None,
    ) -> Reply:
        if self.is_down:
            raise ProviderRefused(Failure(FailureKind.TECHNICAL, UNREACHABLE, "No connection could be made."))
        path = urlsplit(url).path
        client = Client(self._service, use_cookies=False)
        reply = client.open(path, method=method, headers=dict(headers), query_string=dict(params or {}), json=payload)
        if method == "POST":
            self.after(path, payload or {})
            if random.random() < self.kills:
                raise Killed
        return _parse(reply.status_code, reply.data)


@dataclass(frozen=True)
class _Answer:
    status_code: int


class Doorstep:
    """Takes the sandbox's webhooks to the hub as `requests.Session` would; nobody opens while the hub `is_down`."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self.is_down = False

    @contextmanager
    def post(self, url: str, *, data: bytes, headers: Mapping[str, str], **_: object) -> Iterator[_Answer]:
        if self.is_down:
            raise requests.ConnectionError("the hub is down")
        yield _Answer(self._app.test_client().post(urlsplit(url).path, data=data, headers=dict(headers)).status_code)
