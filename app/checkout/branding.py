"""The merchant's look, served from our own origin: theme.css, the logo and the favicon."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import Response, abort, current_app, render_template, send_file, url_for

from app.checkout import theme as themes
from app.checkout.blueprint import blueprint, kept
from app.config import Theme
from app.domain.colours import ink_on


@blueprint.get("/theme.css")
def theme_css() -> Any:
    """The palette as CSS variables."""
    return kept(Response(_stylesheet(_theme()), mimetype="text/css"))


@blueprint.get("/theme/logo")
def logo() -> Any:
    """The merchant's logo. 404 when there is none: pages show a tile with the initial letter then."""
    return _image(_theme().logo)


@blueprint.get("/theme/favicon")
def favicon() -> Any:
    """The merchant's favicon, or the tile with the initial letter."""
    theme = _theme()
    if theme.favicon is not None:
        return _image(theme.favicon)
    tile = render_template(
        "checkout/tile.svg", letter=theme.name[0].upper(), colour=theme.accent, ink=ink_on(theme.accent)
    )
    return kept(Response(tile, mimetype="image/svg+xml"))


def look() -> dict[str, Any]:
    """Return what the customer's pages know of the look; addresses carry a hash, so that a change is seen at once."""
    theme = _theme()
    version = _version(theme)
    return {
        "theme": theme,
        "theme_css": lambda: url_for("checkout.theme_css", v=version),
        "logo_url": lambda: url_for("checkout.logo", v=version) if theme.logo else "",
        "favicon_url": lambda: url_for("checkout.favicon", v=version),
        "demo": current_app.config["JUNCTION"].demo,
    }


def _theme() -> Theme:
    theme: Theme = current_app.config["JUNCTION"].theme
    return theme


@cache
def _stylesheet(theme: Theme) -> str:
    return themes.stylesheet(theme)


@cache
def _version(theme: Theme) -> str:
    files = [path.read_bytes() for path in (theme.logo, theme.favicon) if path is not None]
    return hashlib.sha256(b"".join([quote(theme.name).encode(), _stylesheet(theme).encode(), *files])).hexdigest()[:12]


def _image(path: Path | None) -> Any:
    if path is None:
        abort(404)
    response = kept(send_file(path))
    # An SVG opened by itself is a document: this one may run and load nothing.
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response
