"""Prefixed identifiers that sort by the moment they were made."""

from __future__ import annotations

import secrets
import time

LENGTH = 32


def new_id(prefix: str) -> str:
    """Return e.g. `pay_0199...`: 12 hex digits of milliseconds, then 80 random bits (so an id cannot be guessed)."""
    return f"{prefix}_{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"


def is_id(prefix: str, text: str) -> bool:
    """Tell whether `text` has the shape of an id of this kind."""
    head, _, tail = text.partition("_")
    return head == prefix and len(tail) == LENGTH and all(c in "0123456789abcdef" for c in tail)
