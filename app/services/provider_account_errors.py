"""What may be refused about provider accounts."""

from __future__ import annotations

from dataclasses import dataclass

from app.services.errors import Refusal


class AccountChanged(Refusal):
    """Somebody else saved the account since its form was opened."""

    code = "account_changed"

    @property
    def message(self) -> str:
        return "Somebody else changed this account meanwhile. Load the page again and repeat your change."


class AccountManaged(Refusal):
    """The hub itself keeps the account's settings in step."""

    code = "account_managed"

    @property
    def message(self) -> str:
        return "The hub itself looks after this account's settings. It can be switched on and off."


@dataclass
class SecretsLost(Refusal):
    """None of ENCRYPTION_KEYS opens the account's secrets."""

    account_id: str
    status = 503
    code = "secrets_lost"

    @property
    def message(self) -> str:
        return (
            f"None of ENCRYPTION_KEYS opens the secrets of the account {self.account_id}. Put the key back that sealed "
            "them, or type them in again."
        )


@dataclass
class ConnectionRefused(Refusal):
    """The provider refuses the settings that were typed."""

    text: str
    status = 422
    code = "connection_refused"

    @property
    def message(self) -> str:
        return f"{self.text} Nothing was changed."


@dataclass
class AccountInUse(Refusal):
    """Something on record needs the account; `why` is what, in words."""

    why: str
    code = "account_in_use"

    @property
    def message(self) -> str:
        return f"This account cannot be removed: {self.why}. Switch it off instead."
