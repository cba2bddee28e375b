"""What was worked out a moment ago, so that a page that is loaded again does not work it out again."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from flask import current_app

Value = TypeVar("Value")
_lock = threading.Lock()


class Recent:
    """The latest few results of one kind in this process, each for some seconds; every application has its own."""

    def __init__(self, name: str, *, seconds: float, most: int) -> None:
        self._key = f"recent:{name}"
        self._seconds = seconds
        self._most = most

    def get(self, key: Hashable, compute: Callable[[], Value]) -> Value:
        """Return the result for `key`, computed anew when it is not at hand; two threads may both compute it."""
        found: Value | None = self.peek(key)
        return self.put(key, compute()) if found is None else found

    def peek(self, key: Hashable) -> Any:
        """Return the result for `key` if it is at hand, else None."""
        with _lock:
            at, value = self._kept().get(key, (0.0, None))
        return value if value is not None and time.monotonic() - at < self._seconds else None

    def put(self, key: Hashable, value: Value) -> Value:
        """Keep a result, and return it."""
        with _lock:
            kept = self._kept()
            kept[key] = (time.monotonic(), value)
            kept.move_to_end(key)
            while len(kept) > self._most:
                kept.popitem(last=False)
        return value

    def _kept(self) -> OrderedDict[Hashable, tuple[float, Any]]:
        kept: OrderedDict[Hashable, tuple[float, Any]] = current_app.extensions.setdefault(self._key, OrderedDict())
        return kept
