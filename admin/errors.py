"""What goes wrong in the backoffice, as a page in its shell."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import make_response, render_template, request, url_for
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
    return _page(status, title, text, ("Go to the dashboard", url_for("admin.index")))


def render_lost_sign_in() -> ResponseReturnValue:
    """Return the page for a form of somebody who is no longer signed in: nothing was done."""
    text = "Nothing was done. Sign in, then do it again."
    return _page(401, "You were signed out", text, ("Sign in", url_for("security.login", next=_came_from())))


def render_stale_form() -> ResponseReturnValue:
    """Return the page for a form that was open for so long that it is no longer taken: nothing was done."""
    text = "The page was open for too long, and nothing was done. Load it again, then do it once more."
    return _page(400, "Load the page again", text, ("Load the page", _came_from() or url_for("admin.index")))


def _came_from() -> str | None:
    """Return the path of the backoffice's page that the form was on; None where it is not known."""
    came = urlsplit(request.referrer or "")
    return came.path if came.netloc == request.host and came.path.startswith("/admin/") else None


def _page(status: int, title: str, text: str, way_on: tuple[str, str]) -> ResponseReturnValue:
    context = {"status": status, "title": title, "text": text, "way_on": way_on}
    if status >= 500:
        page = render_template("backoffice/error.html", shell=bare_shell(), **context)
    else:
        page = render_page("backoffice/error.html", **context)
    return make_response(page, status)
