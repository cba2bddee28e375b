"""Texts from outside: what every database and every page can carry."""

from __future__ import annotations

import re


def is_storable(text: str) -> bool:
    """Tell whether `text` can be stored: PostgreSQL refuses NUL, and UTF-8 has no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def without_details(text: str) -> str:
    """Return an error's text without the row that PostgreSQL quotes in it: it holds what customers told us."""
    return re.sub(r"(?m)^\s*DETAIL:.*$", "DETAIL: [removed]", text)
