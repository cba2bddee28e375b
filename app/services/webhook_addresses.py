"""Whether an address may be registered for webhooks; where its name leads is looked at again with each delivery."""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import urlsplit

from flask import current_app

from app.services.webhook_posting import PRIVATE
from providers.public_only import is_public

_LABEL = re.compile(r"[a-z0-9_-]{1,63}")
COMPLETE = "Use a complete address such as https://shop.example/webhooks."


def check_url(url: str) -> str | None:
    """Return what is wrong with `url` in a sentence, or None when webhooks may be sent there."""
    if not url or len(url) > 2000 or not url.isascii() or any(ord(c) <= 32 or c in "\\<>\"'`{}|^" for c in url):
        return f"{COMPLETE} At most 2000 plain characters, without blanks or quotes."
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port  # raises for one that is no port
    except ValueError:
        return COMPLETE
    if parts.scheme not in ("http", "https") or not host:
        return COMPLETE
    if "@" in parts.netloc:
        return "Leave user and password out of the address: each delivery is signed instead."
    if parts.fragment:
        return "Leave out what follows the #: it is never sent."
    config = current_app.config["JUNCTION"]
    if config.is_production and parts.scheme != "https":
        return "Must begin with https://, so that nobody reads the events on their way."
    return _check_host(host, config.webhook_allowed_networks)


def _check_host(host: str, allowed: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]) -> str | None:
    host = host.rstrip(".")  # the dot of a complete name, which a number may have, too
    address = _literal(host)
    if address is not None:
        return None if is_public(address, allowed) else PRIVATE.replace("leads into", "is inside")
    if host == "localhost" or host.endswith(".localhost"):
        return None if is_public("127.0.0.1", allowed) else PRIVATE
    named = len(host) <= 253 and all(_LABEL.fullmatch(label) for label in host.split("."))
    return None if named else COMPLETE


def _literal(host: str) -> str | None:
    """Return the address that `host` spells, as 127.1 and 0x7f000001 do too, or None for a name."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None
