"""What belongs to the person signed in: how the pages look, and the search box."""

from __future__ import annotations

from collections.abc import Mapping

from flask import current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose

from admin.base import HubView, needs
from admin.login import is_inside
from admin.reading import LANGUAGE_COOKIE
from admin.search import find
from admin.shell import THEME_COOKIE, THEMES
from rules.languages import LANGUAGES

A_YEAR = 365 * 24 * 3600


class SearchView(HubView):
    permission = "payments.view"

    @expose("/")
    def index(self) -> ResponseReturnValue:
        text = request.args.get("q", "").strip()
        found = find(text)
        if found.only is not None:
            return redirect(found.only)
        return self.render("backoffice/search.html", text=text, found=found)


class AccountView(HubView):
    permission = "backoffice.use"

    @expose("/", methods=("POST",))
    @needs("backoffice.use")
    def theme(self) -> ResponseReturnValue:
        """Remember how the pages should look, in a cookie of this browser."""
        return _remember(THEME_COOKIE, request.form.get("theme", ""), THEMES)

    @expose("/language", methods=("POST",))
    @needs("backoffice.use")
    def language(self) -> ResponseReturnValue:
        """Remember the language to read the rules in, in a cookie of this browser."""
        return _remember(LANGUAGE_COOKIE, request.form.get("language", ""), LANGUAGES)


def _remember(cookie: str, value: str, choices: Mapping[str, str]) -> ResponseReturnValue:
    """Go back to where the person was, with one of the choices kept; anything else changes nothing."""
    back = request.form.get("next", "")
    response = redirect(back if is_inside(back) else url_for("admin.index"))
    if value in choices:
        response.set_cookie(
            cookie,
            value,
            max_age=A_YEAR,
            path="/admin",
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )
    return response
