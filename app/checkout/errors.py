"""Error pages for people: calm, in their language, with a way on."""

from __future__ import annotations

from flask import Response, make_response, render_template


def render_error_page(status: int, title: str, text: str) -> Response:
    """Return the page for an HTTP status; `title` and `text` are shown when the pages have no words of their own."""
    return make_response(render_template("checkout/error.html", title=title, text=text), status)
