"""Locales as customers' browsers and shops name them."""

from __future__ import annotations

from babel import Locale, UnknownLocaleError


def known_locale(text: str) -> Locale | None:
    """Return Babel's locale for a BCP 47 tag such as `de-AT`: its region is dropped when unknown; None for nonsense."""
    parts = text.replace("-", "_").split("_")
    for candidate in ("_".join(parts), parts[0]):
        try:
            return Locale.parse(candidate)
        except (UnknownLocaleError, ValueError, TypeError):
            continue
    return None
