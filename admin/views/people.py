"""The people who may use the backoffice: added, given a role, switched off and on, given a new password."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_security import current_user

from admin.base import HubView, needs
from admin.roles import PERMISSIONS, ROLES
from app.domain import roles
from app.services import people, users
from app.services.errors import FieldsRefused, Refusal

NOT_YET = {"email": "", "role": "viewer"}
LABELS = {name: words.label for name, words in roles.ROLES.items()}
TAKEN_AWAY = (people.LastAdministrator, people.OwnAccess)


class PeopleView(HubView):
    permission = "people.manage"

    @expose("/")
    def index(self) -> str:
        return self._page(NOT_YET, {})

    @expose("/add", methods=("POST",))
    @needs("people.manage")
    def add(self) -> ResponseReturnValue:
        try:
            given = people.add_person(request.form.get("email", ""), request.form.get("role", ""), by=current_user.id)
        except FieldsRefused as refused:
            return self._page(request.form, refused.errors), 422
        return self.render("backoffice/password_given.html", given=given, is_new=True)

    @expose("/<int(max=2147483647):user_id>")
    def details(self, user_id: int) -> ResponseReturnValue:
        if user_id == current_user.id:
            return redirect(url_for("admin_account.index"))
        return self._person(user_id, {})

    @expose("/<int(max=2147483647):user_id>/role", methods=("POST",))
    @needs("people.manage")
    def role(self, user_id: int) -> ResponseReturnValue:
        try:
            people.change_role(user_id, request.form.get("role", ""), by=current_user.id)
        except (FieldsRefused, *TAKEN_AWAY) as refused:
            return self._refused(user_id, refused)
        flash("The role is changed.", "good")
        return redirect(url_for(".details", user_id=user_id))

    @expose("/<int(max=2147483647):user_id>/switch", methods=("POST",))
    @needs("people.manage")
    def switch(self, user_id: int) -> ResponseReturnValue:
        active = request.form.get("active") == "on"
        try:
            people.switch(user_id, active, by=current_user.id)
        except TAKEN_AWAY as refused:
            return self._refused(user_id, refused)
        flash("They can sign in again." if active else "They are signed out and can no longer sign in.", "good")
        return redirect(url_for(".details", user_id=user_id))

    @expose("/<int(max=2147483647):user_id>/password", methods=("POST",))
    @needs("people.manage")
    def password(self, user_id: int) -> ResponseReturnValue:
        try:
            given = users.new_password(user_id, by=current_user.id)
        except people.OwnAccess as refused:
            return self._refused(user_id, refused)
        return self.render("backoffice/password_given.html", given=given, is_new=False)

    def _refused(self, user_id: int, refused: Refusal) -> ResponseReturnValue:
        errors = refused.errors if isinstance(refused, FieldsRefused) else {"": refused.message}
        return self._person(user_id, errors), refused.status

    def _person(self, user_id: int, errors: dict[str, str]) -> str:
        person = people.get_person(user_id)
        known = [role.name for role in person.roles if role.name in roles.ROLES]
        return self.render(
            "backoffice/person.html",
            person=person,
            role=known[0] if known else "viewer",
            labels=LABELS,
            errors=errors,
        )

    def _page(self, values: Any, errors: dict[str, str]) -> str:
        granted = {name: [PERMISSIONS[each] for each in PERMISSIONS if each in ROLES[name]] for name in roles.ROLES}
        return self.render(
            "backoffice/people.html",
            people=people.list_people(),
            me=current_user.id,
            roles=roles.ROLES,
            labels=LABELS,
            granted=granted,
            values=values,
            errors=errors,
        )
