"""Fields that mean exactly one thing: minor units, currencies, countries, locales, places to return to."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from babel import Locale, UnknownLocaleError
from flask import current_app
from marshmallow import ValidationError, fields, validate

from app.domain.money import DECIMALS, MAX_AMOUNT
from rules.facts import COUNTRIES


class MinorUnits(fields.Field[int]):
    """A positive whole number of minor units; "100", 100.0 and true are not whole numbers here."""

    def __init__(self, **kwargs: Any) -> None:
        bounds = {"minimum": 1, "maximum": MAX_AMOUNT}
        super().__init__(metadata=bounds | kwargs.pop("metadata", {}), **kwargs)

    def _serialize(self, value: int | None, attr: str | None, obj: Any, **kwargs: Any) -> int | None:
        return value

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValidationError(
                "Send a whole number of minor units (cents), such as 12990 for 129.90, not in quotes."
            )
        if not 1 <= value <= MAX_AMOUNT:
            raise ValidationError(f"Must be from 1 to {MAX_AMOUNT} minor units.")
        return value


class TrueOrFalse(fields.Boolean):
    """true or false; 1, "true" and "yes" are neither."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Must be true or false, not in quotes and not a number.")
        return value


def currency(value: str) -> None:
    """Accept an active ISO 4217 code."""
    if value not in DECIMALS:
        raise ValidationError("Use an active ISO 4217 code in capitals, such as EUR.")


def country(value: str) -> None:
    """Accept an ISO 3166-1 alpha-2 code."""
    if value not in COUNTRIES:
        raise ValidationError("Use an ISO 3166 two-letter country code in capitals, such as IT.")


def locale(value: str) -> None:
    """Accept a language tag that money and dates can be written in."""
    try:
        Locale.parse(value, sep="-" if "-" in value else "_")
    except (UnknownLocaleError, ValueError, TypeError) as error:
        raise ValidationError("Use a language tag such as en, it or de-AT.") from error


def return_url(value: str) -> None:
    """Accept an address at one of the shop's own hosts, so that nobody is sent elsewhere in our name."""
    config = current_app.config["JUNCTION"]
    try:
        parts = urlsplit(value)
        host = parts.hostname or ""
        _ = parts.port  # raises for one that is no port
    except ValueError as error:
        raise ValidationError("Must be a complete address such as https://shop.example/thanks.") from error
    strange = any(ord(c) <= 32 or c in "\\<>\"'`" for c in value) or "@" in parts.netloc
    if parts.scheme not in ("http", "https") or not host or strange:
        raise ValidationError("Must be a complete address such as https://shop.example/thanks.")
    if config.is_production and parts.scheme != "https":
        raise ValidationError("Must begin with https://.")
    if host not in config.redirect_hosts:
        allowed = ", ".join(sorted(config.redirect_hosts))
        raise ValidationError(f"{host} is not one of this shop's hosts ({allowed}). Add it to REDIRECT_HOSTS.")


def printable(value: str) -> None:
    """Accept text that can be read: no line breaks, no invisible control characters."""
    if not value.isprintable() or not value.strip():
        raise ValidationError("Must be printable text.")


def text(longest: int, **kwargs: Any) -> fields.String:
    """Return a field for one line of readable text of at most `longest` characters."""
    return fields.String(validate=[validate.Length(min=1, max=longest), printable], **kwargs)
