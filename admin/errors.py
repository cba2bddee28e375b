"""What goes wrong in the backoffice, as a page in its shell."""

from __future__ import annotations

from flask import make_response, render_template
from flask.typing import ResponseReturnValue

from admin.shell import bare_shell, render_page

WORDS = {
    400: ("That did not work", "The form was not accepted. Go back, load the page again and try once more."),
    403: ("Not for you", "Your role does not allow this. Ask an administrator if you need it."),
    404: ("Not found", "There is nothing at this address. Check the link, or search for it."),
    405: ("Not found", "This address takes no visitors. Start from the navigation."),
    429: ("Too many tries", "Wait a minute, then try again."),
}


def render_admin_error(status: int, title: str, text: str) -> ResponseReturnValue:
    """Return the page for an error; from 500 on it reads nothing from the database, which may be the trouble."""
    title, text = WORDS.get(status, (title, text))
    context = {"status": status, "title": title, "text": text}
    if status >= 500:
        page = render_template("backoffice/error.html", shell=bare_shell(), **context)
    else:
        page = render_page("backoffice/error.html", **context)
    return make_response(page, status)
