"""One exchange over HTTP, bounded in time and size; what is not proven harmless is `OutcomeUnknown`."""

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests
from requests.exceptions import InvalidHeader, InvalidSchema, InvalidURL, MissingSchema
from urllib3.exceptions import ConnectTimeoutError, HTTPError, MaxRetryError, NewConnectionError

from providers.deadline import DeadlineAdapter
from providers.interface import Failure, FailureKind, OutcomeUnknown, ProviderRefused
from providers.public_only import AddressRefused
from providers.truths import UNREACHABLE

MAX_REPLY_BYTES = 1_000_000
NEVER_CONNECTED = (NewConnectionError, ConnectTimeoutError)
UNUSABLE_REQUEST = (InvalidURL, MissingSchema, InvalidSchema, InvalidHeader)
PRIVATE = (
    "The address leads into a private network, so nothing was sent. If that network is yours, name it in "
    "PROVIDER_ALLOWED_NETWORKS."
)


@dataclass(frozen=True, slots=True)
class RawReply:
    """A reply that was read in full, whatever its status; `headers` may be asked for in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class BoundedHttp:
    """HTTP with limits on connecting, on each read, and on the time and size of the whole body.

    Safe for threads. Redirects are not followed, nothing is sent twice, and the environment (proxies, .netrc) is not
    consulted, because a .netrc entry would silently replace the account's key. `transport` makes what connects, from
    the seconds in which a reply must begin.
    """

    def __init__(
        self,
        connect_seconds: float,
        read_seconds: float,
        max_bytes: int,
        transport: Callable[[float], DeadlineAdapter] = DeadlineAdapter,
    ) -> None:
        self._timeouts = (connect_seconds, read_seconds)
        self._max_bytes = max_bytes
        self._transport = transport
        self._local = threading.local()

    def exchange(self, method: str, url: str, *, headers: Mapping[str, str], **content: Any) -> RawReply:
        """Send one request, its `content` as in requests, and read its whole reply.

        Raises: ProviderRefused (technical) when no connection was made, so nothing was sent; OutcomeUnknown for
        timeouts, lost connections, and replies that are too long or too slow.
        """
        if not all(value.isascii() for value in headers.values()):
            raise _refused("misconfigured", "A key holds characters that no header can carry.")
        deadline = time.monotonic() + sum(self._timeouts)
        try:
            with self._session().request(
                method, url, headers={"Accept-Encoding": "identity", **headers}, timeout=self._timeouts,
                allow_redirects=False, stream=True, **content,
            ) as response:
                return RawReply(response.status_code, response.headers, self._read(response, deadline))
        except requests.RequestException as error:
            raise _classify(error) from error
        except (HTTPError, OSError) as error:
            raise OutcomeUnknown(f"the reply broke off: {type(error).__name__}") from error

    def _session(self) -> requests.Session:
        """This thread's connections; a forked child makes its own, two processes must not share sockets."""
        if getattr(self._local, "pid", None) != os.getpid():
            session = requests.Session()
            session.trust_env = False
            for scheme in ("http://", "https://"):
                session.mount(scheme, self._transport(self._timeouts[1]))
            self._local.session, self._local.pid = session, os.getpid()
        session = self._local.session
        assert isinstance(session, requests.Session)
        session.cookies.clear()
        return session

    def _read(self, response: requests.Response, deadline: float) -> bytes:
        """The whole body. `read1` returns what has arrived: a dripping reply cannot outlive the deadline."""
        parts: list[bytes] = []
        size = 0
        while chunk := response.raw.read1(65_536, decode_content=False):
            size += len(chunk)
            if size > self._max_bytes:
                raise OutcomeUnknown(f"the reply is longer than {self._max_bytes} bytes")
            if time.monotonic() > deadline:
                raise OutcomeUnknown("the reply took too long")
            parts.append(chunk)
        return b"".join(parts)


def is_definite(status: int) -> bool:
    """Whether a status says what happened: below 300, or a 4xx that is not about time or load."""
    return 200 <= status < 300 or (400 <= status < 500 and status not in (408, 425, 429))


def _classify(error: requests.RequestException) -> OutcomeUnknown | ProviderRefused:
    """Sort a failed request: only an error raised while connecting proves that nothing was sent.

    A pooled connection that the provider had closed fails while sending or reading, and so stays unknown.
    """
    cause = error.args[0] if error.args else None
    if isinstance(cause, MaxRetryError) and isinstance(cause.reason, AddressRefused):
        return _refused("private_address", PRIVATE)
    if isinstance(cause, MaxRetryError) and isinstance(cause.reason, NEVER_CONNECTED):
        return _refused(UNREACHABLE, "No connection to the provider could be made.")
    if isinstance(error, UNUSABLE_REQUEST):
        return _refused("misconfigured", "The account's settings do not make a usable request.")
    return OutcomeUnknown(f"no readable reply: {type(error).__name__}")


def _refused(code: str, message: str) -> ProviderRefused:
    return ProviderRefused(Failure(FailureKind.TECHNICAL, code, message))
