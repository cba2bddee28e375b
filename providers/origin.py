"""The origin of an address, in a form that is safe to stand in a header."""

import re
from urllib.parse import urlsplit

_HOST_AND_PORT = re.compile(r"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


def origin_of(url: str) -> str | None:
    """`https://host:port` of an http or https address; None when it is no such address or names a user."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not _HOST_AND_PORT.fullmatch(parts.netloc):
        return None
    return f"{parts.scheme}://{parts.netloc}"
