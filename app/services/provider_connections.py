"""Trying an account out: its provider is asked whose keys these are, and what it says is kept."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import update

from app.models import ProviderAccount, db, utc_now
from app.services import accounts
from app.services.provider_accounts import Did, get_account, record
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
    """The answer, and a sentence or two for whoever asked."""

    answer: Answer
    text: str


def try_out(account_id: str, *, actor: str) -> Tried:
    """Ask the provider about the account, with no transaction open, and keep what it answers.

    Raises NotFound, and Busy with nothing asked.
    """
    revision = get_account(account_id).revision
    adapter, config = accounts.connect(account_id)
    release()
    with provider_slot():
        try:
            connection = adapter.connect(config)
        except ProviderRefused as refused:
            said = _without_secrets(refused.failure.message or refused.failure.code, config)
            kept = _keep(account_id, revision, None, actor)
            return _told(kept, Answer.REFUSED, f"{adapter.label} refused it: {said}")
        except ProviderError as unknown:
            said = _without_secrets(str(unknown), config)
            return Tried(Answer.NONE, f"{adapter.label} gave no answer that can be read: {said}")
    kept = _keep(account_id, revision, _with_learned(adapter, config, connection), actor)
    return _told(kept, Answer.WORKS, f"It works. {_without_secrets(connection.summary, config)}")


def _keep(account_id: str, revision: int, settings: dict[str, str] | None, actor: str) -> bool:
    """Store what was learned, None when it was refused; False when the account was changed meanwhile."""
    values = {"connected_at": None} if settings is None else {"connected_at": utc_now(), "settings": settings}
    with transaction():
        its = (ProviderAccount.id == account_id, ProviderAccount.revision == revision)
        kept = update(ProviderAccount).where(*its).values(**values).returning(ProviderAccount.id)
        if db.session.execute(kept.execution_options(synchronize_session=False)).first() is None:
            return False
        record(account_id, Did.NOT_CONNECTED if settings is None else Did.CONNECTED, actor)
        db.session.expire_all()
    return True


def _with_learned(adapter: Provider, config: AccountConfig, connection: Connection) -> dict[str, str]:
    """Return the settings with what was learned in place of what was learned before."""
    typed = {each.key for each in adapter.settings_fields()}
    own = {key: value for key, value in config.settings.items() if key in typed}
    return {key: value for key, value in connection.learned.items() if key not in typed} | own


def _told(kept: bool, answer: Answer, text: str) -> Tried:
    if kept:
        return Tried(answer, text)
    return Tried(Answer.OVERTAKEN, "Somebody changed the account while it was tried out. Test the connection again.")


def _without_secrets(text: str, config: AccountConfig) -> str:
    """Return a provider's words without any secret of the account, should it repeat one."""
    for secret in filter(None, config.secrets.values()):
        text = text.replace(secret, "••••")
    return text
