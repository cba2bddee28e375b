"""Wording: what each message says in each language, put into operators' own words and looked at before it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_security import current_user

from admin.base import HubView, keeps_work, needs
from app.domain.messages import CHANNELS, KINDS, LANGUAGES, PLACEHOLDERS, Kind, allowed_names
from app.services import message_wording
from app.services.errors import FieldsRefused
from app.services.message_preview import preview, samples
from app.services.message_wording import MOST, MOST_OF_A_TITLE, Wording, WordingChanged
from app.services.transaction import reading


class WordingView(HubView):
    permission = "messages.view"

    @expose("/")
    def index(self) -> str:
        rows = [(kind, channel) for kind in KINDS.values() for channel in kind.channels]
        with reading():
            changed = message_wording.changed()
        return self.render(
            "backoffice/wordings.html", rows=rows, changed=changed, channels=CHANNELS, languages=LANGUAGES
        )

    @expose("/<key>/<channel>/<language>")
    def details(self, key: str, channel: str, language: str) -> str:
        return self._page(key, channel, language, None, {})

    @expose("/<key>/<channel>/<language>/change", methods=("POST",))
    @needs("messages.edit")
    @keeps_work
    def change(self, key: str, channel: str, language: str) -> ResponseReturnValue:
        form, do = request.form, request.form.get("do")
        if do == "restore":
            return self._page(key, channel, language, form, {})
        kind = message_wording.kind_of(key, channel, language)
        title, body = form.get("title", ""), form.get("body", "")
        try:
            if do == "preview":
                message_wording.check(kind, channel, title, body)
                return self._page(key, channel, language, form, {})
            message_wording.save(
                key, channel, language, title=title, body=body, enabled=form.get("enabled") == "yes",
                revision=_revision(), user=current_user.email,
            )  # fmt: skip
        except FieldsRefused as refused:
            return self._page(key, channel, language, form, refused.errors), 422
        except WordingChanged as changed:
            return self._page(key, channel, language, form, {"": changed.message}), 409
        flash("The wording is saved: messages say so from now on.", "good")
        return redirect(url_for(".details", key=key, channel=channel, language=language))

    @expose("/<key>/<channel>/<language>/own", methods=("POST",))
    @needs("messages.edit")
    def own(self, key: str, channel: str, language: str) -> ResponseReturnValue:
        try:
            message_wording.go_back(key, channel, language, revision=_revision())
        except WordingChanged as changed:
            return self._page(key, channel, language, None, {"": changed.message}), 409
        flash("Messages use the wording that came with Junction again.", "good")
        return redirect(url_for(".details", key=key, channel=channel, language=language))

    def _page(
        self, key: str, channel: str, language: str, typed: Mapping[str, Any] | None, errors: dict[str, str]
    ) -> str:
        kind = message_wording.kind_of(key, channel, language)
        with reading():
            stored = message_wording.current(key, channel, language)
        values = _values(stored) if typed is None else typed
        shown = Wording(values.get("title", ""), values.get("body", ""))
        is_usable = not set(errors) & {"title", "body"} and _is_usable(kind, channel, shown)
        return self.render(
            "backoffice/wording.html",
            kind=kind,
            channel=channel,
            language=language,
            stored=stored,
            values=values,
            errors=errors,
            preview=preview(kind, channel, language, shown) if is_usable else None,
            placeholders=[(name, PLACEHOLDERS[name]) for name in allowed_names(kind)],
            samples=samples(kind, language),
            channels=CHANNELS,
            languages=LANGUAGES,
            most=MOST[channel],
            most_of_a_title=MOST_OF_A_TITLE,
        )


def _is_usable(kind: Kind, channel: str, wording: Wording) -> bool:
    try:
        message_wording.check(kind, channel, wording.title, wording.body)
    except FieldsRefused:
        return False
    return True


def _values(wording: Wording) -> dict[str, str]:
    return {
        "title": wording.title,
        "body": wording.body,
        "enabled": "yes" if wording.enabled else "",
        "revision": str(wording.revision),
    }


def _revision() -> int:
    text = request.form.get("revision", "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0
