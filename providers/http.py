"""JSON over HTTP for adapters, within the bounds of `BoundedHttp`; what is not proven harmless is `OutcomeUnknown`."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import requests

from providers.bounded import MAX_REPLY_BYTES, BoundedHttp, is_definite
from providers.deadline import DeadlineAdapter
from providers.interface import OutcomeUnknown

Sign = Callable[[str, str, bytes], Mapping[str, str]]  # method, path with query, body: the headers that prove them


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply that was read in full: an HTTP status below 300 or from 400 to 499, and a JSON object."""

    status: int
    body: Mapping[str, Any]


class HttpClient:
    """JSON over HTTP; safe for threads. `transport` is as in BoundedHttp."""

    def __init__(
        self,
        connect_seconds: float = 3,
        read_seconds: float = 10,
        max_bytes: int = MAX_REPLY_BYTES,
        transport: Callable[[float], DeadlineAdapter] = DeadlineAdapter,
    ) -> None:
        self._http = BoundedHttp(connect_seconds, read_seconds, max_bytes, transport)

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
        """Send one request and read its whole reply; `sign` adds headers to the request as it goes out.

        Raises: ProviderRefused (technical) when no connection was made, so nothing was sent; OutcomeUnknown
        for everything else: timeouts, lost connections, 3xx, 408, 425, 429, 5xx, and replies that are too long, too
        slow or not JSON.
        """
        auth = _signing(sign) if sign else None
        raw = self._http.exchange(method, url, headers=headers, params=params, json=payload, auth=auth)
        return _parse(raw.status, raw.body)


def _signing(sign: Sign) -> Callable[[requests.PreparedRequest], requests.PreparedRequest]:
    """The hook with which requests lets a request be changed when everything else about it is settled."""

    def prove(request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body or b""
        content = body.encode() if isinstance(body, str) else body
        request.headers.update(sign(request.method or "", request.path_url, content))
        return request

    return prove


def _parse(status: int, raw: bytes) -> Reply:
    """Read a complete body as a JSON object, or say that the outcome is unknown."""
    if not is_definite(status):
        raise OutcomeUnknown(f"the provider answered {status}")
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise OutcomeUnknown(f"the provider answered {status} with something that is not JSON") from error
    if not isinstance(body, dict):
        raise OutcomeUnknown(f"the provider answered {status} with JSON that is not an object")
    return Reply(status, body)
