"""How a provider account is shown: what it supports, its keys by their last figures, its story, what to mind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from babel.numbers import get_territory_currencies
from flask import current_app

from admin import formats
from app.domain.methods import METHOD_IDS
from app.models import ProviderAccount, ProviderAccountChange
from app.services import accounts
from app.services.provider_account_errors import SecretsLost
from app.services.provider_account_story import Did
from app.services.provider_accounts import is_managed
from providers import registry
from providers.interface import Capabilities, MethodCapability, Provider, SettingField

LISTED, LISTED_AMOUNTS = 6, 2  # named before "and n more"
SHORT = 60  # characters of what a provider said of an account, shown as it is
ENOUGH = 12  # characters: of a shorter secret nothing is shown, because four would be much of it
FLOWS = {"direct": "checkout", "pay_by_link": "payment links", "subscription": "subscriptions"}
DONE: Mapping[str, tuple[str, str]] = {  # the words and the icon of each
    Did.ADDED: ("Added", "plus"),
    Did.CHANGED: ("Changed", "pencil"),
    Did.METHODS_ON: ("Methods switched on", "check"),
    Did.METHODS_OFF: ("Methods switched off", "cross"),
    Did.ON: ("Switched on", "check"),
    Did.OFF: ("Switched off", "cross"),
    Did.OUTAGE_BEGAN: ("Put in outage", "warning"),
    Did.OUTAGE_ENDED: ("Outage ended", "check"),
    Did.CONNECTED: ("Connection tested: it works", "plug"),
    Did.NOT_CONNECTED: ("Connection tested: refused", "cross"),
    Did.REMOVED: ("Removed", "cross"),
}
NOT_FROM_OUTSIDE = ("localhost", "127.0.0.1", "::1", "0.0.0.0")  # noqa: S104 - compared with, never listened on


@dataclass(frozen=True)
class Method:
    """One line of the table of methods."""

    key: str
    label: str
    is_on: bool
    limits: str


@dataclass(frozen=True)
class Value:
    """One field as it is set: a secret by its last four characters and when it was typed."""

    label: str
    shown: str
    set_at: datetime | None = None


def card_of(account: ProviderAccount) -> dict[str, object]:
    """Return what the pages show of an account."""
    adapter = registry.get(account.provider)
    config, is_readable = accounts.readable(account)
    can = adapter.capabilities(config)
    return {
        "account": account,
        "provider": adapter.label,
        "verbs": verbs(can),
        "methods": methods(account, can),
        "managed": is_managed(account.id),
        "lost": "" if is_readable else SecretsLost(account.id).message,
    }


def methods(account: ProviderAccount, can: Capabilities) -> list[Method]:
    """Return the methods that the adapter carries for the account, in the order of the catalogue."""
    keys = sorted(can.methods, key=lambda key: METHOD_IDS.index(key) if key in METHOD_IDS else 99)
    off = account.methods_off
    return [Method(key, formats.method(key), key not in off, _limits(can.methods[key])) for key in keys]


def values(account: ProviderAccount, adapter: Provider) -> list[Value]:
    """Return each field as it is set, and what the provider said of the account."""
    config, fields = accounts.readable(account)[0], adapter.settings_fields()
    typed = [
        secret(each, config.secrets.get(each.key, ""), account.secrets_set_at)
        if each.secret
        else Value(each.label, _words(each, config.settings.get(each.key, "")))
        for each in fields
    ]
    keys = {each.key for each in fields}
    learned = [
        Value(formats.words(key), value)
        for key, value in config.settings.items()
        if key not in keys and len(value) <= SHORT  # the rest is for programs
    ]
    return [*typed, *learned]


def secret(described: SettingField, value: str, set_at: Mapping[str, str]) -> Value:
    """Return how a secret is shown: "•••• 1234", or nothing when there is none."""
    shown = f"•••• {value[-4:]}" if len(value) >= ENOUGH else "••••" if value else ""
    at = set_at.get(described.key)
    return Value(described.label, shown, datetime.fromisoformat(at) if at and value else None)


def story(change: ProviderAccountChange) -> dict[str, object]:
    """Return one line of an account's history."""
    words, icon = DONE.get(change.what, (formats.words(change.what), "circle"))
    about_methods = change.what in (Did.METHODS_ON, Did.METHODS_OFF)
    fields = [formats.method(each) if about_methods else each for each in change.fields]
    told = f"{words}: {', '.join(fields)}" if fields else words
    return {"words": told, "icon": icon, "who": formats.actor(change.actor), "at": change.at}


def warning_before_on(account: ProviderAccount) -> str:
    """Return what to mind before an account is switched on; empty when nothing is unusual."""
    config = current_app.config["JUNCTION"]
    if account.live and config.demo:
        return (
            "This hub runs as a trial, with a sample shop that anybody who reaches it can use. "
            "This account moves real money."
        )
    if not account.live and config.is_production:
        return "This is a test account: customers whom rules send there get what they buy without paying for it."
    return ""


def unpaid_accounts() -> list[ProviderAccount]:
    """Return the test accounts that customers of a production hub may be sent to."""
    found = accounts.all_accounts() if current_app.config["JUNCTION"].is_production else []
    return [account for account in found if account.enabled and not account.live]


def webhook_address(account: ProviderAccount) -> str:
    """Return where the provider is to send its events."""
    public = current_app.config["JUNCTION"].public_url.rstrip("/")
    return f"{public}/v1/webhooks/{account.provider}/{account.id}"


def is_reachable() -> bool:
    """Tell whether PUBLIC_URL may be an address that a provider can reach, rather than this machine only."""
    return urlsplit(current_app.config["JUNCTION"].public_url).hostname not in NOT_FROM_OUTSIDE


def verbs(can: Capabilities) -> list[str]:
    """Return what the account can do beside charging, in words."""
    refunds = "Refunds, also of a part" if can.partial_refunds else "Refunds, only of the whole amount"
    return [
        refunds if can.refunds else "No refunds",
        "Can cancel an unfinished payment" if can.cancel else "Cannot cancel an unfinished payment",
        *(["Charges renewals by itself"] if can.subscriptions else []),
        *(["Reports for comparison"] if can.reports else []),
    ]


def _words(described: SettingField, value: str) -> str:
    labels = dict(described.choices)
    parts: Sequence[str] = value.split(",") if described.several else [value]
    return ", ".join(labels.get(part, part) for part in parts)


def _limits(can: MethodCapability) -> str:
    """Return e.g. "Up to €1,000.00 · EUR · Italy · Checkout, payment links"; what is not limited is left out."""
    country = current_app.config["JUNCTION"].merchant_country
    own = get_territory_currencies(country)
    parts = (
        _amounts(can.min_amount, can.max_amount, own),
        _codes(can.currencies, {}, own),
        _codes(can.countries, formats.COUNTRIES, [country]),
        ", ".join(FLOWS.get(flow, formats.words(flow)) for flow in sorted(can.flows)).capitalize(),
    )
    return " · ".join(filter(None, parts))


def _codes(codes: frozenset[str] | None, names: Mapping[str, str], first: Sequence[str]) -> str:
    """Return the first few in words, the merchant's own before the others; nothing when any will do."""
    if codes is None:
        return ""
    listed = [
        names.get(code, code) for code in sorted(codes, key=lambda code: (code not in first, names.get(code, code)))
    ]
    more = len(listed) - LISTED
    return ", ".join(listed[:LISTED]) + (f" and {more} more" if more > 0 else "") or "None"


def _amounts(lowest: Mapping[str, int], highest: Mapping[str, int], first: Sequence[str]) -> str:
    """Return e.g. "€35.00 to €10,000.00; up to CHF 500.00", the merchant's own currency before the others."""
    parts = []
    for currency in sorted({*lowest, *highest}, key=lambda code: (code not in first, code)):
        low, high = lowest.get(currency), highest.get(currency)
        ends = [formats.money(end, currency) for end in (low, high) if end is not None]
        parts.append(" to ".join(ends) if len(ends) == 2 else f"{'from' if high is None else 'up to'} {ends[0]}")
    more = len(parts) - LISTED_AMOUNTS
    text = "; ".join(parts[:LISTED_AMOUNTS]) + (f" and in {more} more currencies" if more > 1 else "")
    return text[:1].upper() + text[1:]
