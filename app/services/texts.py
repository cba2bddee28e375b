"""Texts from outside: what every database and every page can carry."""

from __future__ import annotations


def is_storable(text: str) -> bool:
    """Tell whether `text` can be stored: PostgreSQL refuses NUL, and UTF-8 has no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
