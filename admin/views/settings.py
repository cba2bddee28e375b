"""The settings that operators change while the hub runs: how renewals are retried, and which refunds need two."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_security import current_user

from admin import formats, settings_forms
from admin.base import HubView, needs
from app.services import refund_settings, renewal_settings, settings
from app.services.errors import FieldRefused, FieldsRefused, Refusal


class SettingsView(HubView):
    permission = "settings.edit"

    @expose("/")
    def index(self) -> str:
        return self._page()

    @expose("/renewals", methods=("POST",))
    @needs("settings.edit")
    def renewals(self) -> ResponseReturnValue:
        typed = request.form.to_dict()
        try:
            wanted = settings_forms.read_renewals(typed)
            renewal_settings.save(wanted, revision=_revision(), user=current_user.email)
        except (FieldRefused, FieldsRefused, settings.SettingChanged) as refused:
            return self._page(typed=typed, errors=_errors(refused)), refused.status
        return _saved("Renewals are retried like this from now on; what waits already keeps its date.")

    @expose("/refunds", methods=("POST",))
    @needs("settings.edit")
    def refunds(self) -> ResponseReturnValue:
        rows = settings_forms.posted_rows(request.form)
        try:
            wanted = settings_forms.read_refunds(rows)
            refund_settings.save(wanted, revision=_revision(), user=current_user.email)
        except (FieldRefused, FieldsRefused, settings.SettingChanged) as refused:
            return self._page(rows=rows, errors=_errors(refused)), refused.status
        return _saved("The amounts are saved. They count for refunds asked for from now on.")

    def _page(
        self,
        *,
        typed: dict[str, str] | None = None,
        rows: list[dict[str, str]] | None = None,
        errors: dict[str, str] | None = None,
    ) -> str:
        renewals, refunds = renewal_settings.renewal_settings(), refund_settings.load()
        return self.render(
            "backoffice/settings.html",
            renewals=typed or settings_forms.renewal_fields(renewals),
            renewals_revision=_kept(typed, renewal_settings.KEY),
            refunds=rows or settings_forms.refund_rows(refunds),
            refunds_revision=_kept(request.form if rows else None, refund_settings.KEY),
            meanings={kind: settings_forms.meaning(kind, renewals) for kind in settings_forms.RETRIES},
            refunds_meaning=settings_forms.refunds_meaning(refunds),
            kinds=settings_forms.RETRIES,
            currencies={"": "Currency…"} | formats.CURRENCIES,
            errors=errors or {},
        )


def _saved(text: str) -> ResponseReturnValue:
    flash(text, "good")
    return redirect(url_for(".index"))


def _revision() -> int:
    """Return the revision that the form was made for; one that cannot be read fits none."""
    text = request.form.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


def _kept(posted: Any, key: str) -> Any:
    """Return the revision of the form: the posted one while it is mended, so that nobody's change is lost."""
    return posted.get("revision", "") if posted else settings.stored(key).revision


def _errors(refused: Refusal) -> dict[str, str]:
    match refused:
        case FieldsRefused():
            return refused.errors
        case FieldRefused():
            return {refused.field: refused.reason}
        case _:
            return {"": refused.message}
