"""One POST to a merchant's endpoint, bounded in time and size, to public addresses only."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import IPv4Network, IPv6Network

import requests
from urllib3.exceptions import ConnectTimeoutError, HTTPError, MaxRetryError, NameResolutionError, NewConnectionError

from app.services.texts import is_storable
from providers.public_only import AddressRefused, PublicOnlyAdapter

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 15.0
MOST_BYTES = 64 * 1024  # read of a reply
KEPT = 500  # characters of it
PRIVATE = (
    "The address leads into a private network, so nothing was sent. If that network is yours, name it in "
    "WEBHOOK_ALLOWED_NETWORKS."
)
_SECRET = re.compile(r"whsec_[A-Za-z0-9+/=_-]+")


@dataclass(frozen=True)
class Outcome:
    """How a POST went: `http_status` is None without a reply; `detail` the reply's beginning, or what went wrong."""

    http_status: int | None
    milliseconds: int
    detail: str
    retry_after: timedelta | None = None

    @property
    def taken(self) -> bool:
        return self.http_status is not None and 200 <= self.http_status < 300


class _Watchdog:
    """Ends a connection when its whole time is over, whatever it waits for: the handshake, a header, the body."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._watched: list[tuple[threading.Timer, socket.socket]] = []
        self.bit = False

    def watch(self, sock: socket.socket) -> None:
        """Watch over a new connection by a handle of our own, because encryption takes the other one over."""
        twin = sock.dup()
        timer = threading.Timer(max(self._until - time.monotonic(), 0), self._bite, (twin,))
        timer.daemon = True
        timer.start()
        self._watched.append((timer, twin))

    def _bite(self, twin: socket.socket) -> None:
        self.bit = True
        with contextlib.suppress(OSError):
            twin.shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        for timer, twin in self._watched:
            timer.cancel()
            timer.join()
            twin.close()


@contextlib.contextmanager
def _watchdog() -> Iterator[_Watchdog]:
    watchdog = _Watchdog(TOTAL_SECONDS)
    try:
        yield watchdog
    finally:
        watchdog.stop()


def post(
    url: str, headers: Mapping[str, str], body: bytes, allowed: tuple[IPv4Network | IPv6Network, ...] = ()
) -> Outcome:
    """POST `body` once and say how it went; never raises for anything that the other side does.

    No redirect is followed, nothing is read from the environment, and only a public address or one in `allowed` is
    spoken to. A reply's status counts as soon as it is there, however its body ends.
    """
    began = time.monotonic()
    with _watchdog() as watchdog, requests.Session() as session:
        session.trust_env = False
        for scheme in ("http://", "https://"):
            session.mount(scheme, PublicOnlyAdapter(TOTAL_SECONDS, allowed, watchdog.watch))
        status, detail, retry_after = None, "", None
        try:
            with session.post(
                url, data=body, headers={"Accept-Encoding": "identity", **headers}, allow_redirects=False, stream=True,
                timeout=(CONNECT_SECONDS, TOTAL_SECONDS),
            ) as response:  # fmt: skip
                if watchdog.bit:  # headers that were cut off look like headers that ended
                    raise requests.Timeout
                status = response.status_code
                retry_after = _retry_after(response.headers.get("Retry-After", ""))
                if response.is_redirect:
                    detail = "Redirects are not followed. "
                detail += _read(response)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            late = "" if status is None else " The reply's body broke off."
            detail = detail or ("No reply within 15 seconds." if watchdog.bit else _in_words(error)) + late
    taken = round((time.monotonic() - began) * 1000)
    return Outcome(status, taken, readable(detail), retry_after)


def readable(text: str) -> str:
    """Return the beginning of a text from outside as the log keeps it: storable, and without a secret."""
    plain = text if is_storable(text) else text.replace("\0", "�").encode("utf-8", "replace").decode()
    return _SECRET.sub("whsec_[removed]", plain)[:KEPT]


def _read(response: requests.Response) -> str:
    """Read what arrives of the body until it ends, is long enough, or takes too long: it is for the log only."""
    until = time.monotonic() + TOTAL_SECONDS
    found = b""
    with contextlib.suppress(requests.RequestException, HTTPError, OSError, ValueError):
        while len(found) < MOST_BYTES and time.monotonic() < until:
            chunk = response.raw.read1(MOST_BYTES - len(found), decode_content=False)
            if not chunk:
                break
            found += chunk
    return found[: KEPT * 4].decode("utf-8", "replace")


def _retry_after(text: str) -> timedelta | None:
    """Return how long a Retry-After asks to wait: seconds, or until a date."""
    if text.isascii() and text.isdigit():
        return timedelta(seconds=int(text[:9]))
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        moment = parsedate_to_datetime(text)
        return max(moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC), timedelta())
    return None


def _in_words(error: Exception) -> str:
    """Say why there was no reply."""
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else error
    match reason:
        case AddressRefused():
            return PRIVATE
        case NameResolutionError():
            return "The name of the host could not be resolved."
        case NewConnectionError():
            return "No connection was possible: nobody listens there, or something in between refuses."
        case ConnectTimeoutError():
            return "No connection within 3 seconds."
    if isinstance(error, requests.exceptions.SSLError):
        return f"No secure connection was possible: {str(reason)[:200]}"
    if isinstance(error, requests.Timeout):
        return "No reply within 15 seconds."
    return f"The connection was lost before a reply: {type(reason).__name__}."
