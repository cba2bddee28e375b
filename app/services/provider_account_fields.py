"""What people type about a provider account, read by the adapter's own description of its fields."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from app.services.texts import is_storable
from providers.interface import AccountConfig, Provider, SettingField

SHAPE = re.compile(r"[a-z][a-z0-9_]{2,39}", re.ASCII)
RESERVED = ("new",)  # words that are pages of their own
LONGEST_LABEL, LONGEST_SETTING, LONGEST_SECRET = 100, 2_000, 4_000
SETTING, SECRET = "settings", "secrets"  # how paths of fields begin, as in settings.base_url


@dataclass(frozen=True)
class Typed:
    """What somebody typed: fields by key. A secret that is left empty stays as it is; `removed` ones are taken away."""

    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    removed: frozenset[str] = frozenset()


def path_of(described: SettingField) -> str:
    """Return the path of a field, e.g. "secrets.api_key"."""
    return f"{SECRET if described.secret else SETTING}.{described.key}"


def put_together(
    adapter: Provider, typed: Typed, settings: Mapping[str, str], secrets: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return settings and secrets with what was typed put in; what a connection has learned stays."""
    settings, secrets = dict(settings), dict(secrets)
    for described in adapter.settings_fields():
        key = described.key
        if described.secret:
            if given := typed.secrets.get(key, "").strip():
                secrets[key] = given
            elif key in typed.removed:
                secrets.pop(key, None)
        elif given := typed.settings.get(key, "").strip():
            settings[key] = given
        else:
            settings.pop(key, None)
    return settings, secrets


def faults(adapter: Provider, account: AccountConfig) -> dict[str, str]:
    """Return a sentence by path for each field that is wrong; problems of the whole account have their own key."""
    described = {each.key: each for each in adapter.settings_fields()}
    found = {path_of(each): wrong for each in described.values() if (wrong := _fault(each, account))}
    for key, problem in adapter.problems(account).items():
        path = path_of(described[key]) if key in described else key
        label = described[key].label if key in described else "This account"
        found.setdefault(path, problem if problem[:1].isupper() else f"{label} {problem}")
    return found


def check_id(account_id: str) -> str | None:
    """Return what is wrong with the word that rules call an account by, or None."""
    if not SHAPE.fullmatch(account_id) or account_id in RESERVED:
        return "Use 3 to 40 small letters, digits and _, beginning with a letter, such as stripe_main."
    return None


def suggested_id(provider: str, label: str, taken: Collection[str]) -> str:
    """Return a free word made of provider and label, e.g. "stripe_main"."""
    words = re.sub(r"[^a-z0-9]+", "_", f"{provider}_{label}".lower()).strip("_")
    stem = words if words[:1].isalpha() else f"account_{words}"
    return next(word for word in _numbered(stem[:40].strip("_")) if word not in taken and check_id(word) is None)


def check_label(label: str, others: Collection[str] = ()) -> str | None:
    """Return what is wrong with a label, or None: `others` are taken, and rules would not tell the two apart."""
    if not label or len(label) > LONGEST_LABEL or not is_storable(label) or not label.isprintable():
        return f"Give it a name of 1 to {LONGEST_LABEL} characters on one line."
    if label.casefold() in {other.casefold() for other in others}:
        return f"Another account is called {label} already. Choose another name."
    return None


def faults_of_names(account_id: str, label: str, labels: Mapping[str, str]) -> dict[str, str]:
    """Return a sentence for each of id and label that is wrong; `labels` are those of all accounts by id."""
    others = [other for key, other in labels.items() if key != account_id]
    wrong = {"id": check_id(account_id), "label": check_label(label, others)}
    return {path: reason for path, reason in wrong.items() if reason}


def changed_labels(adapter: Provider, before: AccountConfig, after: AccountConfig) -> list[str]:
    """Return the labels of the fields whose value differs: for the record, which holds no values."""
    pairs = {False: (before.settings, after.settings), True: (before.secrets, after.secrets)}
    return [
        each.label
        for each in adapter.settings_fields()
        if len({values.get(each.key) for values in pairs[each.secret]}) > 1
    ]


def with_learned(adapter: Provider, account: AccountConfig, learned: Mapping[str, str]) -> dict[str, str]:
    """Return the account's settings with what was learned in place of what was learned before."""
    typed = {each.key for each in adapter.settings_fields()}
    own = {key: value for key, value in account.settings.items() if key in typed}
    return {key: value for key, value in learned.items() if key not in typed} | own


def chosen(described: SettingField, picks: Sequence[str]) -> str:
    """Return the value of a field of several choices: those picked, in the order of the choices."""
    return ",".join(value for value, _ in described.choices if value in picks)


def _fault(described: SettingField, account: AccountConfig) -> str | None:
    value = (account.secrets if described.secret else account.settings).get(described.key, "")
    if not value:
        return f"Fill in {_lower(described.label)}." if described.required else None
    longest = LONGEST_SECRET if described.secret else LONGEST_SETTING
    if len(value) > longest or not is_storable(value) or not value.isprintable():
        return f"{described.label}: use one line of at most {longest:,} characters."
    if described.choices:
        allowed = [known for known, _ in described.choices]
        if not set(value.split(",") if described.several else [value]) <= set(allowed):
            return f"Choose {_lower(described.label)} from the list."
    return None


def _lower(label: str) -> str:
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


def _numbered(stem: str) -> Iterator[str]:
    yield stem
    number = 2
    while True:
        yield f"{stem[:36].rstrip('_')}_{number}"
        number += 1
