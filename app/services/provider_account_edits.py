"""Changing a provider account's settings, secrets and methods: nobody overwrites what somebody else saved meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, update

from app.models import ProviderAccount, db, utc_now
from app.services import accounts, provider_accounts
from app.services.errors import FieldsRefused, NotFound
from app.services.provider_account_errors import AccountChanged, AccountManaged
from app.services.provider_account_fields import (
    Typed,
    changed_labels,
    faults,
    faults_of_names,
    put_together,
    with_learned,
)
from app.services.provider_account_story import Did, record
from app.services.transaction import transaction
from providers import registry
from providers.interface import AccountConfig, Provider


@dataclass(frozen=True)
class Planned:
    """An account as it would be after a change, valid; `fields` are the labels of what differs, beside the name."""

    adapter: Provider
    config: AccountConfig
    fields: list[str]


def planned(account: ProviderAccount, revision: int, label: str, typed: Typed) -> Planned:
    """Put what was typed into an account, storing nothing. Raises AccountManaged, AccountChanged, FieldsRefused."""
    if provider_accounts.is_managed(account.id):
        raise AccountManaged
    if account.revision != revision:
        raise AccountChanged
    adapter, before = registry.get(account.provider), accounts.readable(account)[0]
    settings, secrets = put_together(adapter, typed, before.settings, before.secrets)
    after = AccountConfig(account.id, account.provider, settings, secrets, account.live)
    if errors := faults_of_names(account.id, label, accounts.labels()) | faults(adapter, after):
        raise FieldsRefused(errors)
    return Planned(adapter, after, changed_labels(adapter, before, after))


def change(
    account_id: str,
    *,
    revision: int,
    label: str,
    typed: Typed,
    learned: Mapping[str, str] | None = None,
    actor: str,
) -> None:
    """Change label, settings and secrets; `learned` is what the provider said of them, None when nobody asked it.

    Raises NotFound, AccountManaged, FieldsRefused, AccountChanged.
    """
    label = label.strip()
    with transaction():
        account = _locked(account_id)
        plan = planned(account, revision, label, typed)
        fields = [*(["Name"] if label != account.label else []), *plan.fields]
        secrets, before = plan.config.secrets, accounts.readable(account)[0].secrets
        values: dict[str, Any] = {"label": label, "settings": dict(plan.config.settings)}
        if secrets != before:  # sealed anew only then
            renewed = {key: utc_now().isoformat() for key in secrets if secrets[key] != before.get(key)}
            kept = {key: at for key, at in account.secrets_set_at.items() if key in secrets}
            values |= {"encrypted_secrets": accounts.encrypt(dict(secrets)), "secrets_set_at": kept | renewed}
        if learned is not None:
            values |= {"settings": with_learned(plan.adapter, plan.config, learned), "connected_at": utc_now()}
        elif plan.fields:
            values["connected_at"] = None
        _save(account_id, ProviderAccount.revision == revision, revision=revision + 1, **values)
        if fields:
            record(account_id, Did.CHANGED, actor, fields)
        if learned is not None:
            record(account_id, Did.CONNECTED, actor)


def set_methods(account_id: str, *, revision: int, on: Iterable[str], actor: str) -> None:
    """Switch on these of the methods that the adapter carries, and every other one off.

    Raises NotFound, AccountChanged.
    """
    with transaction():
        account = _locked(account_id)
        can = set(registry.get(account.provider).capabilities(accounts.readable(account)[0]).methods)
        before = set(account.methods_off)
        off = (can - set(on)) | (before - can)  # what it cannot at the moment stays as it was
        _save(account_id, ProviderAccount.revision == revision, revision=revision + 1, methods_off=sorted(off))
        if opened := sorted(can & before - off):
            record(account_id, Did.METHODS_ON, actor, opened)
        if closed := sorted(off - before):
            record(account_id, Did.METHODS_OFF, actor, closed)


def _save(account_id: str, condition: ColumnElement[bool], **values: Any) -> None:
    """Change columns in the caller's transaction. Raises AccountChanged when the condition no longer holds."""
    changed = update(ProviderAccount).where(ProviderAccount.id == account_id, condition).values(**values)
    changed = changed.returning(ProviderAccount.id)
    if db.session.execute(changed.execution_options(synchronize_session=False)).first() is None:
        raise AccountChanged
    db.session.expire_all()


def _locked(account_id: str) -> ProviderAccount:
    account = db.session.get(ProviderAccount, account_id, with_for_update=True, populate_existing=True)
    if account is None:
        raise NotFound("provider account", account_id)
    return account
