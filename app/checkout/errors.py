"""Error pages for people: calm, in their language, with a way on."""

from __future__ import annotations

from flask import Response, make_response, render_template, request
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.checkout.context import page_context

_CALM = (_l("Something went wrong on our side"), _l("It has been noted. Please try again in a moment."))
_WORDS: dict[int, tuple[LazyString, LazyString]] = {
    400: (_l("This request could not be read"), _l("Please go back and try again.")),
    404: (_l("This page does not exist"), _l("Check the address, or go back to the shop and start again.")),
    405: (_l("This page cannot be opened this way"), _l("Please go back and use the buttons of the page.")),
    410: (_l("This page has expired"), _l("Please go back to the shop and start again.")),
    413: (_l("This is too much at once"), _l("Please go back and send less.")),
    429: (_l("A little too fast"), _l("Please wait a minute and try again. Nothing is lost.")),
    500: _CALM,
    503: (_l("We are busy at the moment"), _l("Nothing is lost. Please try again in a few seconds.")),
}


def render_error_page(status: int, title: str, text: str) -> Response:
    """Return the page for an HTTP status; `title` and `text` are shown when these pages have no words of their own."""
    known = _WORDS.get(status, _CALM if status >= 500 else None)
    shown = known or (title, text)
    in_checkout = request.path.startswith("/checkout/")
    page = render_template(
        "checkout/error.html", **page_context(), status=status, title=shown[0], text=shown[1], paying=in_checkout
    )
    return make_response(page, status)
