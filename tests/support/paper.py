"""A provider on paper: an adapter with every kind of field, which answers as it is told and calls nobody."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from app.models import ProviderAccount
from app.services import provider_account_edits, provider_account_story, provider_accounts
from app.services.provider_account_fields import Typed
from providers import registry
from providers.interface import (
    AccountConfig,
    Capabilities,
    Connection,
    MethodCapability,
    ProviderError,
    SettingField,
)
from providers.sandbox.adapter import SandboxProvider

KEY, HOOK = "key_live_0123456789abcdef", "whsec_fedcba9876543210"
BY = "user:ada@example.com"
SETTINGS = {"base_url": "https://paper.example", "region": "eu"}
TYPED = {"settings.base_url": "https://paper.example", "settings.region": "eu", "secrets.api_key": KEY}


class Paper(SandboxProvider):
    """`answer` is what `connect` says or raises; `seen` holds the accounts it was asked about."""

    name = "paper"
    label = "Paper"

    def __init__(self) -> None:
        super().__init__()
        self.answer: Connection | ProviderError = Connection("It belongs to Aurora.", {"owner": "acct_1"})
        self.seen: list[AccountConfig] = []

    def settings_fields(self) -> tuple[SettingField, ...]:
        return (
            SettingField("base_url", "Address"),
            SettingField("note", "Note", required=False),
            SettingField("region", "Region", choices=(("eu", "Europe"), ("us", "America")), default="eu"),
            SettingField(
                "wallets",
                "Wallets",
                required=False,
                choices=(("apple", "Apple"), ("google", "Google"), ("link", "Link")),
                several=True,
                default="apple,link",
            ),
            SettingField("api_key", "API key", secret=True, help="Begins with key_"),
            SettingField("hook", "Webhook secret", secret=True, required=False),
            SettingField("old_hook", "Webhook secret before", secret=True, required=False),
        )

    def problems(self, account: AccountConfig) -> Mapping[str, str]:
        key = account.secrets.get("api_key", "")
        found = {} if not key or key.startswith("key_") else {"api_key": "does not begin with key_."}
        return found if account.live or not key.startswith("key_live") else {**found, "live": "These are live keys."}

    def connect(self, account: AccountConfig) -> Connection:
        self.seen.append(account)
        if isinstance(self.answer, ProviderError):
            raise self.answer
        return self.answer

    def webhook_events(self, account: AccountConfig) -> tuple[str, ...]:
        return ("paper.paid", "paper.torn")

    def capabilities(self, account: AccountConfig) -> Capabilities:
        methods = {
            "card": MethodCapability(None, None, frozenset({"direct"})),
            "paypal": MethodCapability(frozenset({"EUR"}), frozenset({"IT"}), frozenset({"direct"}), {}, {"EUR": 9900}),
        }
        configured = account.settings.get("base_url")
        return Capabilities(methods if configured else {}, refunds=True, partial_refunds=False, cancel=False)


@pytest.fixture
def paper(monkeypatch: pytest.MonkeyPatch) -> Paper:
    """The provider on paper, registered beside the others."""
    made = Paper()
    monkeypatch.setattr(registry, "REGISTRY", MappingProxyType({**registry.REGISTRY, made.name: made}))
    return made


def added(**changes: Any) -> ProviderAccount:
    """Add the account “Main shop”, with both of its secrets."""
    given: dict[str, Any] = {
        "provider": "paper",
        "account_id": "",
        "label": "Main shop",
        "live": True,
        "typed": Typed(SETTINGS, {"api_key": KEY, "hook": HOOK}),
        "actor": BY,
    }
    return provider_accounts.add(**(given | changes))


def changed(account: ProviderAccount, typed: Typed, **changes: Any) -> list[str]:
    """Change it, and return what is on record of that."""
    given = {"revision": account.revision, "label": account.label, "actor": BY} | changes
    provider_account_edits.change(account.id, typed=typed, **given)
    what, fields = told(account.id)[-1]
    return fields if what == "changed" else []


def stored(account_id: str = "paper_main_shop") -> ProviderAccount:
    """The account as it is stored."""
    return provider_accounts.get_account(account_id)


def told(account_id: str = "paper_main_shop") -> list[tuple[str, list[str]]]:
    """What is on record of an account, oldest first."""
    return [(change.what, change.fields) for change in reversed(provider_account_story.history(account_id))]
