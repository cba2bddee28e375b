"""What everybody may change of their own account: the password."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_security import current_user, login_user

from admin.base import HubView, needs
from app.domain import roles
from app.security import limiter
from app.services import people, users
from app.services.errors import FieldsRefused
from app.services.passwords import SHORTEST

TRIES = "10 per hour"  # somebody at a screen that was left open must not guess


class OwnAccountView(HubView):
    permission = "backoffice.use"

    @expose("/")
    def index(self) -> str:
        return self._page({})

    @expose("/password", methods=("POST",))
    @needs("backoffice.use")
    def password(self) -> ResponseReturnValue:
        user_id = current_user.id
        current, new = request.form.get("current", ""), request.form.get("new", "")
        with limiter.limit(TRIES, key_func=lambda: f"own-password:{user_id}"):
            try:
                users.change_own_password(user_id, current=current, new=new)
            except FieldsRefused as refused:
                return self._page(refused.errors), 422
        login_user(people.get_person(user_id))  # every sign-in ended, and this one begins anew
        flash("Your password is changed. Wherever else you were signed in, you are no longer.", "good")
        return redirect(url_for(".index"))

    def _page(self, errors: dict[str, str]) -> str:
        return self.render("backoffice/own_account.html", errors=errors, shortest=SHORTEST, roles=roles.ROLES)
