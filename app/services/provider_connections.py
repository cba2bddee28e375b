"""Trying an account out: its provider is asked whose keys these are, and what it says is kept."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import update

from app.models import ProviderAccount, db, utc_now
from app.services import accounts, provider_account_edits
from app.services.provider_account_errors import ConnectionRefused
from app.services.provider_account_fields import Typed, with_learned
from app.services.provider_account_story import Did, record
from app.services.provider_accounts import get_account
from app.services.slots import provider_slot
from app.services.transaction import release, transaction
from providers.interface import AccountConfig, Connection, Provider, ProviderError, ProviderRefused


class Answer(StrEnum):
    """What trying an account out came to."""

    WORKS = "works"
    REFUSED = "refused"
    NONE = "none"
    OVERTAKEN = "overtaken"  # the account was changed meanwhile: the answer is about what it was


@dataclass(frozen=True)
class Tried:
    """The answer, and a sentence or two for whoever asked; what the provider said when it works."""

    answer: Answer
    text: str
    connection: Connection | None = None


def try_out(account_id: str, *, actor: str) -> Tried:
    """Ask the provider about the account, with no transaction open, and keep what it answers.

    Raises NotFound, and Busy with nothing asked.
    """
    revision = get_account(account_id).revision
    adapter, config = accounts.connect(account_id)
    tried = _ask(adapter, config)
    if tried.answer is Answer.NONE:
        return tried
    learned = with_learned(adapter, config, tried.connection.learned) if tried.connection else None
    if _keep(account_id, revision, learned, actor):
        return tried
    return Tried(Answer.OVERTAKEN, "Somebody changed the account while it was tried out. Test the connection again.")


def change(account_id: str, *, revision: int, label: str, typed: Typed, actor: str) -> Tried | None:
    """Change an account once its provider has taken the new settings, or does not answer; None: nothing to ask.

    So no mistyped key and no key of somebody else's account takes the place of one that works. Raises NotFound,
    AccountManaged, AccountChanged, FieldsRefused, ConnectionRefused and Busy; then nothing was changed.
    """
    plan = provider_account_edits.planned(get_account(account_id), revision, label.strip(), typed)
    tried = _ask(plan.adapter, plan.config) if plan.fields else None
    if tried and tried.answer is Answer.REFUSED:
        raise ConnectionRefused(tried.text)
    learned = tried.connection.learned if tried and tried.connection else None
    provider_account_edits.change(account_id, revision=revision, label=label, typed=typed, learned=learned, actor=actor)
    return tried


def _ask(adapter: Provider, config: AccountConfig) -> Tried:
    release()
    with provider_slot():
        try:
            connection = adapter.connect(config)
        except ProviderRefused as refused:
            said = refused.failure.message or refused.failure.code
            return Tried(Answer.REFUSED, _without_secrets(f"{adapter.label} refused it: {said}", config))
        except ProviderError as unknown:
            said = f"{adapter.label} gave no answer that can be read, so nobody knows yet whether it works: {unknown}"
            return Tried(Answer.NONE, _without_secrets(said, config))
    return Tried(Answer.WORKS, _without_secrets(f"It works. {connection.summary}", config), connection)


def _keep(account_id: str, revision: int, settings: dict[str, str] | None, actor: str) -> bool:
    """Store the settings with what was learned, None when it was refused; False when it was changed meanwhile."""
    values = {"connected_at": None} if settings is None else {"connected_at": utc_now(), "settings": settings}
    with transaction():
        its = (ProviderAccount.id == account_id, ProviderAccount.revision == revision)
        kept = update(ProviderAccount).where(*its).values(**values).returning(ProviderAccount.id)
        if db.session.execute(kept.execution_options(synchronize_session=False)).first() is None:
            return False
        record(account_id, Did.NOT_CONNECTED if settings is None else Did.CONNECTED, actor)
        db.session.expire_all()
    return True


def _without_secrets(text: str, config: AccountConfig) -> str:
    """Return a provider's words without any secret of the account, should it repeat one."""
    for secret in filter(None, config.secrets.values()):
        text = text.replace(secret, "••••")
    return text
