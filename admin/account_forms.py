"""The form of a provider account, drawn from its adapter's own description; a secret is never written back into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import ImmutableMultiDict, MultiDict

from admin import account_words
from app.models import ProviderAccount
from app.services import accounts
from app.services.provider_account_fields import Typed, chosen, path_of
from providers.interface import Provider, SettingField

Form = ImmutableMultiDict[str, str] | MultiDict[str, str]


@dataclass(frozen=True)
class Field:
    """One field as the page draws it: `kind` is text, secret, one or several; `name` its path.

    `kept` is how a secret that is set is shown; one that may be taken away `is_removable`.
    """

    name: str
    kind: str
    label: str
    help: str
    required: bool
    value: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    kept: account_words.Value | None = None
    is_removable: bool = False

    @property
    def picks(self) -> list[str]:
        """The values that are chosen, of a field of several."""
        return self.value.split(",") if self.value else []


def typed(adapter: Provider, form: Form) -> Typed:
    """Return what was typed, by key."""
    settings: dict[str, str] = {}
    secrets: dict[str, str] = {}
    for each in adapter.settings_fields():
        name = path_of(each)
        value = chosen(each, form.getlist(name)) if each.several else form.get(name, "").strip()
        (secrets if each.secret else settings)[each.key] = value
    return Typed(settings, secrets, frozenset(form.getlist("remove")))


def fields_of(adapter: Provider, account: ProviderAccount | None, form: Form | None) -> list[Field]:
    """Return the fields with what was posted in them, or what is set, or the defaults of a new account."""
    config = accounts.readable(account)[0] if account else None
    known = config.settings if config else {}
    posted = typed(adapter, form).settings if form is not None else None
    drawn = []
    for each in adapter.settings_fields():
        if each.secret:
            sealed = config.secrets.get(each.key, "") if config else ""
            kept = account_words.secret(each, sealed, account.secrets_set_at if account else {}) if sealed else None
            drawn.append(_field(each, kept=kept))
        elif posted is not None:
            drawn.append(_field(each, value=posted[each.key]))
        else:
            drawn.append(_field(each, value=known.get(each.key, "") if account else each.default))
    return drawn


def names_of(account: ProviderAccount | None, form: Mapping[str, str] | None) -> dict[str, Any]:
    """Return the fields that every account has: label, id, whether it is live, and the revision it was read at."""
    if form is not None:
        return {
            "label": form.get("label", ""),
            "id": form.get("id", ""),
            "live": form.get("live", "test"),
            "revision": form.get("revision", ""),
        }
    if account is None:
        return {"label": "", "id": "", "live": "test", "revision": ""}
    live = "live" if account.live else "test"
    return {"label": account.label, "id": account.id, "live": live, "revision": account.revision}


def revision(form: Mapping[str, str]) -> int:
    """Return the revision that the form was made for; one that cannot be read fits none."""
    text = form.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


def _field(each: SettingField, *, value: str = "", kept: account_words.Value | None = None) -> Field:
    kind = "secret" if each.secret else "several" if each.several else "one" if each.choices else "text"
    removable = kept is not None and not each.required
    return Field(path_of(each), kind, each.label, each.help, each.required, value, each.choices, kept, removable)
