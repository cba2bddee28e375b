"""What belongs to the person signed in: how the pages look, and the search box."""

from __future__ import annotations

from flask import current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose

from admin.base import HubView, needs
from admin.login import is_inside
from admin.search import find
from admin.shell import THEME_COOKIE, THEMES

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
        back = request.form.get("next", "")
        response = redirect(back if is_inside(back) else url_for("admin.index"))
        theme = request.form.get("theme", "")
        if theme in THEMES:
            response.set_cookie(
                THEME_COOKIE,
                theme,
                max_age=A_YEAR,
                path="/admin",
                secure=current_app.config["SESSION_COOKIE_SECURE"],
                httponly=True,
                samesite="Lax",
            )
        return response
