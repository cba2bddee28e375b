"""Provider accounts: their adapters, their secrets, and what the rules may know of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache

import structlog
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from flask import current_app
from sqlalchemy import select

from app.models import ProviderAccount, db
from app.services.errors import NotFound
from app.services.provider_account_errors import SecretsLost
from providers import registry
from providers.interface import AccountConfig, Provider
from rules import AccountLimits, MethodLimits

log = structlog.get_logger()


@cache
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def keyring() -> MultiFernet:
    """Return the keys that are configured: the first one seals, every one opens."""
    return _fernet(current_app.config["JUNCTION"].encryption_keys)


def encrypt(secrets: dict[str, str]) -> str:
    """Return the secrets as one token, sealed with the newest key."""
    return keyring().encrypt(json.dumps(secrets).encode()).decode()


def decrypt(token: str) -> dict[str, str]:
    """Return the secrets of a token sealed with any key still configured."""
    if not token:
        return {}
    secrets: dict[str, str] = json.loads(keyring().decrypt(token))
    return secrets


def config_of(account: ProviderAccount) -> AccountConfig:
    """Return what an adapter needs of the account, secrets in the clear: never log it. Raises SecretsLost."""
    try:
        return _config(account, decrypt(account.encrypted_secrets))
    except InvalidToken as error:
        raise SecretsLost(account.id) from error


def readable(account: ProviderAccount) -> tuple[AccountConfig, bool]:
    """Return the same for a page, and True; without secrets, and False, when no key opens them any more."""
    try:
        return config_of(account), True
    except SecretsLost:
        return _config(account, {}), False


def _config(account: ProviderAccount, secrets: dict[str, str]) -> AccountConfig:
    return AccountConfig(account.id, account.provider, dict(account.settings), secrets, account.live)


def connect(account_id: str) -> tuple[Provider, AccountConfig]:
    """Return the account's adapter and configuration. Raises NotFound, SecretsLost."""
    account = db.session.get(ProviderAccount, account_id)
    if account is None:
        raise NotFound("provider account", account_id)
    return registry.get(account.provider), config_of(account)


def all_accounts() -> list[ProviderAccount]:
    """Return every configured account, in order of id."""
    return list(db.session.scalars(select(ProviderAccount).order_by(ProviderAccount.id)))


def limits() -> dict[str, AccountLimits]:
    """Return what each account supports, in the words of the rules."""
    return {account.id: _limits_of(account) for account in all_accounts()}


def usable() -> dict[str, frozenset[str]]:
    """Return the accounts that are switched on and not in outage by id, with the methods switched off for each."""
    on = select(ProviderAccount.id, ProviderAccount.methods_off)
    on = on.where(ProviderAccount.enabled, ~ProviderAccount.in_outage)
    return {row.id: frozenset(row.methods_off) for row in db.session.execute(on)}


def carriers(method: str, account_ids: Iterable[str], on: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """Return which of the accounts can be paid by this method now, in their order; `on` is what `usable` said."""
    return tuple(account_id for account_id in account_ids if method not in on.get(account_id, (method,)))


def labels() -> dict[str, str]:
    """Return each account's label by its id."""
    return {account.id: account.label for account in all_accounts()}


def page_origins(account_ids: set[str]) -> frozenset[str]:
    """Return the origins that a browser may be sent to by these accounts, for a page's form-action."""
    origins: set[str] = set()
    for account in all_accounts():
        if account.id in account_ids:
            origins |= registry.get(account.provider).page_origins(readable(account)[0])
    return frozenset(origins)


def _limits_of(account: ProviderAccount) -> AccountLimits:
    config, is_readable = readable(account)
    if not is_readable:  # one account must not take the others' checkouts down with it
        log.error("secrets_lost", account=account.id)
    capabilities = registry.get(account.provider).capabilities(config)
    return AccountLimits(
        account=account.id,
        label=account.label,
        enabled=account.enabled and is_readable,
        in_outage=account.in_outage,
        methods={
            method: MethodLimits(
                currencies=can.currencies,
                countries=can.countries,
                flows=can.flows,
                min_amount=can.min_amount,
                max_amount=can.max_amount,
            )
            for method, can in capabilities.methods.items()
        },
        methods_off=frozenset(account.methods_off),
    )
