"""One account's service over HTTP: what is asked of it, and how an answer that may be long is put together."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from providers.http import HttpClient, Sign
from providers.interface import Failure, FailureKind, OutcomeUnknown, ProviderRefused
from providers.protocol import replies

MAX_PAGES = 200  # of a long answer; one that goes on beyond is no answer
MAX_ITEMS = 100_000  # on all of its pages
MAX_SECONDS = 60.0  # for all of its pages


@dataclass(frozen=True, slots=True)
class Access:
    """How a service is reached: its address, and what proves who asks."""

    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    sign: Sign | None = None


class Client:
    """Asks for one account; `access` is called for each request and raises ProviderRefused when none can be made."""

    def __init__(self, http: HttpClient, access: Callable[[], Access]) -> None:
        self._http = http
        self._access = access

    def ask(self, path: str, params: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        """What the service answers to a GET. Raises: ProviderRefused, OutcomeUnknown."""
        access = self._access()
        return replies.accepted(
            self._http.send("GET", access.base_url + path, headers=access.headers, params=params, sign=access.sign)
        )

    def read(self, path: str, params: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        """The same, where a refusal says nothing about what was asked. Raises: OutcomeUnknown."""
        try:
            return self.ask(path, params)
        except ProviderRefused as error:
            raise OutcomeUnknown(f"looking up was not answered: {error}") from error

    def write(self, path: str, payload: Mapping[str, Any], *, key: str | None = None) -> Mapping[str, Any]:
        """What the service answers to a POST; `key` makes it happen once. Raises: ProviderRefused, OutcomeUnknown."""
        access = self._access()
        headers = {**access.headers, **({"Idempotency-Key": key} if key else {})}
        return replies.accepted(
            self._http.send("POST", access.base_url + path, headers=headers, payload=payload, sign=access.sign)
        )

    def find(self, path: str, reference: str, *, from_number: int | None = None) -> Mapping[str, Any] | None:
        """The one object with our reference, or None. Raises: OutcomeUnknown."""
        more = {} if from_number is None else {"from_number": str(from_number)}
        found = self.read(path, {"reference": reference, **more}).get("data")
        if not isinstance(found, list) or len(found) > 1 or not all(isinstance(item, dict) for item in found):
            raise OutcomeUnknown("the look-up's reply is not a list of at most one object")
        return found[0] if found else None


def pages() -> Iterator[Callable[[int], None]]:
    """One turn for each page that may still be asked for; each gives what the page's number of items is told to.

    Raises: OutcomeUnknown when there are too many pages or items, or they take too long.
    """
    until, items = time.monotonic() + MAX_SECONDS, 0

    def count(more: int) -> None:
        nonlocal items
        items += more
        if items > MAX_ITEMS:
            raise OutcomeUnknown("the answer is too long")

    for _ in range(MAX_PAGES):
        if time.monotonic() > until:
            raise OutcomeUnknown("the answer took too long")
        yield count
    raise OutcomeUnknown("the answer has no end")


def refused(code: str, message: str) -> ProviderRefused:
    """A refusal of our own: nothing was sent."""
    return ProviderRefused(Failure(FailureKind.TECHNICAL, code, message))
