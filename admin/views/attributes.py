"""The attributes that rules test: the merchant's own, declared and looked after here, and the built-in ones."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_security import current_user

from admin.base import HubView, keeps_work, needs
from admin.sending import snippet_of
from app.models import OwnAttribute
from app.services import own_attributes
from app.services.attribute_errors import AttributeChanged, AttributeInUse
from app.services.attribute_fields import Fields
from app.services.attribute_uses import current_uses, last_carried
from app.services.errors import FieldsRefused
from app.services.transaction import reading
from rules import BUILT_IN

TYPES = {
    "string": "Text",
    "string_list": "Several texts",
    "boolean": "Yes or no",
    "integer": "Whole number",
    "money": "Amount of money",
    "country": "Country",
    "currency": "Currency",
    "date": "Day",
}


class AttributesView(HubView):
    permission = "rules.view"

    @expose("/")
    def index(self) -> str:
        with reading():
            own, uses, carried = own_attributes.list_own(), current_uses(), last_carried()
            return self.render(
                "backoffice/attributes.html", own=own, uses=uses, carried=carried, built_in=BUILT_IN, types=TYPES
            )

    @expose("/new-attribute", methods=("GET", "POST"))  # no key has a hyphen
    @needs("attributes.edit")
    @keeps_work
    def new(self) -> ResponseReturnValue:
        if request.method == "GET":
            return self._new({"type": "string"}, {})
        if request.form.get("do") == "restore":
            return self._new(request.form, {})
        key = request.form.get("key", "").strip()
        try:
            own_attributes.declare(key, _fields(), actor=_person())
        except FieldsRefused as refused:
            return self._new(request.form, refused.errors), 422
        flash(f"“{_fields().label.strip()}” is declared. Shops can send it from now on, and rules can test it.", "good")
        return redirect(url_for(".details", key=key))

    @expose("/<key>")
    def details(self, key: str) -> str:
        return self._details(key, None, {})

    @expose("/<key>/change", methods=("POST",))
    @needs("attributes.edit")
    @keeps_work
    def change(self, key: str) -> ResponseReturnValue:
        if request.form.get("do") == "restore":
            return self._details(key, request.form, {})
        revision = request.form.get("revision", "")
        try:
            number = int(revision) if revision.isdecimal() and len(revision) < 10 else 0
            own_attributes.change(key, _fields(), revision=number, actor=_person())
        except FieldsRefused as refused:
            return self._details(key, request.form, refused.errors), 422
        except AttributeChanged as changed:
            return self._details(key, request.form, {"": changed.message}), 409
        except AttributeInUse as used:
            return self._details(key, request.form, {"type": used.message}), 409
        flash("The change is saved and in force.", "good")
        return redirect(url_for(".details", key=key))

    @expose("/<key>/retire", methods=("POST",))
    @needs("attributes.edit")
    def retire(self, key: str) -> ResponseReturnValue:
        own_attributes.retire(key, actor=_person())
        flash("It is retired: no new condition is offered it. Rules that test it go on as before.", "good")
        return redirect(url_for(".details", key=key))

    @expose("/<key>/bring-back", methods=("POST",))
    @needs("attributes.edit")
    def bring_back(self, key: str) -> ResponseReturnValue:
        own_attributes.bring_back(key, actor=_person())
        flash("It is back: new conditions can test it.", "good")
        return redirect(url_for(".details", key=key))

    @expose("/<key>/remove", methods=("POST",))
    @needs("attributes.edit")
    def remove(self, key: str) -> ResponseReturnValue:
        try:
            own_attributes.remove(key, actor=_person())
        except AttributeInUse as used:
            return self._details(key, None, {"": used.message}), 409
        flash(f"The attribute {key} is removed.", "good")
        return redirect(url_for(".index"))

    def _new(self, values: Any, errors: dict[str, str]) -> str:
        return self.render("backoffice/attribute_new.html", values=values, errors=errors, types=TYPES)

    def _details(self, key: str, values: Any, errors: dict[str, str]) -> str:
        with reading():
            row = own_attributes.get_own(key)
            uses, carried = current_uses().get(key, []), last_carried().get(key)
            return self.render(
                "backoffice/attribute.html",
                row=row,
                values=_values_of(row) if values is None else values,
                errors=errors,
                uses=uses,
                carried=carried,
                types=TYPES,
                snippet=snippet_of(row),
            )


def _fields() -> Fields:
    """Read what was typed: choices one a line, and none for a type that has none."""
    form = request.form
    kind = form.get("type", "")
    lines = tuple(form.get("choices", "").splitlines()) if any(form.get("choices", "").split()) else None
    return Fields(label=form.get("label", ""), type=kind, choices=lines, help=form.get("help", ""))


def _values_of(row: OwnAttribute) -> dict[str, str]:
    return {"label": row.label, "type": row.type, "choices": "\n".join(row.choices or ()), "help": row.help}


def _person() -> str:
    return f"user:{current_user.email}"
