"""Reads single settings from the environment, and says which variable to mend and how."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from providers.public_only import Network, networks_of


class ConfigError(ValueError):
    """A setting is missing, malformed or unsafe; the message names the variable and the fix."""


def read_integer(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name) or str(default)
    if not text.isdecimal() or not low <= int(text) <= high:
        raise ConfigError(f"{name} is {text!r}; use a whole number from {low} to {high}.")
    return int(text)


def read_boolean(env: Mapping[str, str], name: str, default: bool) -> bool:
    text = env.get(name, "").lower()
    if text in ("", "0", "1", "true", "false"):
        return default if text == "" else text in ("1", "true")
    raise ConfigError(f"{name} is {text!r}; use 1 or 0.")


def read_url(env: Mapping[str, str], name: str, default: str) -> str:
    text = env.get(name) or default
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or any(c in text for c in " \"'<>;,\r\n"):
        raise ConfigError(f"{name} is {text!r}; use an address that begins with http:// or https://.")
    return text.rstrip("/")


def read_match(env: Mapping[str, str], name: str, default: str, pattern: str, wanted: str) -> str:
    text = env.get(name) or default
    if not re.fullmatch(pattern, text):
        raise ConfigError(f"{name} is {text!r}; use {wanted}.")
    return text


def read_networks(env: Mapping[str, str], name: str) -> tuple[Network, ...]:
    """Return networks written with commas between, such as 10.2.0.0/16,fd00::/8; none when it is not set."""
    try:
        return networks_of(env.get(name, ""))
    except ValueError as error:
        raise ConfigError(f"{name}: {error}") from error
