"""Provider accounts as people look after them: added, switched on and off, put in outage, removed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import current_app
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from app.models import ProviderAccount, WebhookDelivery, db, utc_now
from app.services import accounts, drafts, rule_sets
from app.services.errors import FieldsRefused, NoActiveRules, NotFound
from app.services.inserts import insert_once
from app.services.provider_account_errors import AccountInUse, AccountManaged
from app.services.provider_account_fields import Typed, faults, faults_of_names, put_together, suggested_id
from app.services.provider_account_story import Did, record
from app.services.transaction import transaction
from providers import registry
from providers.interface import AccountConfig
from providers.sandbox.accounts import ACCOUNTS

SANDBOX = "sandbox"
MANAGED = {f"{SANDBOX}_{name}": name for name in ACCOUNTS}  # a demo's accounts, and what the sandbox calls them


def get_account(account_id: str) -> ProviderAccount:
    """Return an account. Raises NotFound."""
    account = db.session.get(ProviderAccount, account_id)
    if account is None:
        raise NotFound("provider account", account_id)
    return account


def offered() -> dict[str, str]:
    """Return the labels of the providers that an account can be added of; the sandbox is for demos."""
    demo = current_app.config["JUNCTION"].demo
    return {name: adapter.label for name, adapter in registry.REGISTRY.items() if demo or name != SANDBOX}


def is_managed(account_id: str) -> bool:
    """Tell whether the hub itself keeps the account's settings: those of a demo's sandbox."""
    return current_app.config["JUNCTION"].demo and account_id in MANAGED


def last_delivery(account_id: str) -> WebhookDelivery | None:
    """Return the webhook that came last for an account, or None."""
    its = select(WebhookDelivery).where(WebhookDelivery.account_id == account_id)
    newest: WebhookDelivery | None = db.session.scalar(its.order_by(WebhookDelivery.received_at.desc()).limit(1))
    return newest


def add(*, provider: str, account_id: str, label: str, live: bool, typed: Typed, actor: str) -> ProviderAccount:
    """Add an account, switched off; without an id it gets one made of provider and label.

    Whether it is live never changes afterwards. Raises NotFound for a provider that is none, FieldsRefused.
    """
    if provider not in offered():
        raise NotFound("provider", provider)
    adapter, label = registry.get(provider), label.strip()
    labels = accounts.labels()
    account_id = account_id.strip() or suggested_id(provider, label, labels)
    settings, secrets = put_together(adapter, typed, {}, {})
    errors = faults_of_names(account_id, label, labels) | faults(
        adapter, AccountConfig(account_id, provider, settings, secrets, live)
    )
    if errors:
        raise FieldsRefused(errors)
    now = utc_now()
    values = {
        "id": account_id,
        "provider": provider,
        "label": label,
        "enabled": False,
        "in_outage": False,
        "live": live,
        "settings": settings,
        "encrypted_secrets": accounts.encrypt(secrets),
        "secrets_set_at": dict.fromkeys(secrets, now.isoformat()),
        "methods_off": [],
        "revision": 0,
        "created_at": now,
    }
    with transaction():
        if not insert_once(ProviderAccount, values, unique=["id"]):
            raise FieldsRefused({"id": f"There is an account {account_id} already. Choose another word."})
        record(account_id, Did.ADDED, actor)
    return get_account(account_id)


def switch(account_id: str, enabled: bool, *, actor: str) -> None:
    """Let rules use an account, or no longer; what is under way there goes on. Raises NotFound."""
    _flip(account_id, ProviderAccount.enabled, enabled, Did.ON if enabled else Did.OFF, actor)


def set_outage(account_id: str, in_outage: bool, *, actor: str) -> None:
    """Say that nothing is to be sent to an account for now, or that it works again. Raises NotFound."""
    did = Did.OUTAGE_BEGAN if in_outage else Did.OUTAGE_ENDED
    _flip(account_id, ProviderAccount.in_outage, in_outage, did, actor)


def remove(account_id: str, *, actor: str) -> None:
    """Remove an account that nothing refers to. Raises NotFound, AccountManaged, AccountInUse."""
    get_account(account_id)
    _refuse_managed(account_id)
    if where := _in_rules(account_id):
        raise AccountInUse(f"{where} name it")
    try:
        with transaction():
            gone = delete(ProviderAccount).where(ProviderAccount.id == account_id).returning(ProviderAccount.id)
            if db.session.execute(gone.execution_options(synchronize_session=False)).first() is not None:
                record(account_id, Did.REMOVED, actor)
            db.session.expire_all()
    except IntegrityError as error:
        raise AccountInUse("payments, webhooks or comparisons on record belong to it") from error


def _flip(account_id: str, column: Any, wanted: bool, did: Did, actor: str) -> None:
    with transaction():
        get_account(account_id)
        flipped = update(ProviderAccount).where(ProviderAccount.id == account_id, column.is_not(wanted))
        flipped = flipped.values({column: wanted}).returning(ProviderAccount.id)
        if db.session.execute(flipped.execution_options(synchronize_session=False)).first() is not None:
            record(account_id, did, actor)
        db.session.expire_all()


def are_named(account_ids: Iterable[str]) -> bool:
    """Tell whether the active rules name any of these accounts."""
    try:
        active = rule_sets.get_version(rule_sets.active_number()).document
    except NoActiveRules:
        return False
    return any(_names(active, account_id) for account_id in account_ids)


def _in_rules(account_id: str) -> str | None:
    """Return which rules name an account, or None: those that are active, or the draft's."""
    if are_named([account_id]):
        return "the active rules"
    return "the draft's rules" if _names(drafts.get_draft().document, account_id) else None


def _names(document: Any, account_id: str) -> bool:
    """Tell whether a plan in this document, or a condition on accounts that failed, names an account."""
    if isinstance(document, list):
        return any(_names(each, account_id) for each in document)
    if not isinstance(document, dict):
        return False
    its_own = (document.get("account"), document.get("value") if "operator" in document else None)
    named = any(account_id == each or (isinstance(each, list) and account_id in each) for each in its_own)
    return named or any(_names(each, account_id) for each in document.values())


def _refuse_managed(account_id: str) -> None:
    if is_managed(account_id):
        raise AccountManaged
