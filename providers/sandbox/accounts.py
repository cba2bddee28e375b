"""The sandbox's accounts, read by adapter and service: what each supports and how its keys are made."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from types import MappingProxyType

from providers.interface import MethodCapability

EVERYWHERE: frozenset[str] | None = None
NORTH_CURRENCIES = frozenset({"EUR", "USD", "GBP", "SEK", "JPY", "KWD", "PLN"})
SOUTH_CURRENCIES = NORTH_CURRENCIES | {"CHF"}

EURO = frozenset({"EUR"})
ITALY = frozenset({"IT"})
ONCE = frozenset({"direct", "pay_by_link"})
ALWAYS = ONCE | {"subscription"}
AT_THE_COUNTER = frozenset({"direct"})

NORTH: Mapping[str, MethodCapability] = MappingProxyType({
    "card": MethodCapability(NORTH_CURRENCIES, EVERYWHERE, ALWAYS),
    "paypal": MethodCapability(NORTH_CURRENCIES - {"KWD"}, EVERYWHERE, ALWAYS),
    "apple_pay": MethodCapability(NORTH_CURRENCIES, EVERYWHERE, ONCE),
    "google_pay": MethodCapability(NORTH_CURRENCIES, EVERYWHERE, ONCE),
    "satispay": MethodCapability(EURO, ITALY, ONCE, max_amount={"EUR": 1_000_00}),
    "bancomat_pay": MethodCapability(EURO, ITALY, ONCE),
    "sepa_debit": MethodCapability(EURO, EVERYWHERE, ALWAYS),
    "bank_transfer": MethodCapability(frozenset({"EUR", "GBP"}), EVERYWHERE, ONCE),
    "in_store_terminal": MethodCapability(NORTH_CURRENCIES, EVERYWHERE, AT_THE_COUNTER),
})

SOUTH: Mapping[str, MethodCapability] = MappingProxyType({
    "card": MethodCapability(SOUTH_CURRENCIES, EVERYWHERE, ALWAYS),
    "ideal": MethodCapability(EURO, frozenset({"NL"}), ONCE),
    "klarna": MethodCapability(
        frozenset({"EUR", "SEK"}), EVERYWHERE, ONCE,
        min_amount={"EUR": 35_00, "SEK": 35_00}, max_amount={"EUR": 10_000_00, "SEK": 10_000_00},
    ),
    "instalments": MethodCapability(
        EURO, EVERYWHERE, ONCE, min_amount={"EUR": 100_00}, max_amount={"EUR": 5_000_00},
    ),
    "sepa_debit": MethodCapability(EURO, EVERYWHERE, ALWAYS),
    "bank_transfer": MethodCapability(frozenset({"EUR", "GBP"}), EVERYWHERE, ONCE),
    "invoice": MethodCapability(frozenset({"EUR", "CHF"}), frozenset({"DE", "AT", "CH", "NL", "BE"}), ONCE),
    "paypal": MethodCapability(SOUTH_CURRENCIES - {"KWD"}, EVERYWHERE, ALWAYS),
})

ACCOUNTS: Mapping[str, Mapping[str, MethodCapability]] = MappingProxyType({"north": NORTH, "south": SOUTH})


def api_key(account: str, master_key: str) -> str:
    """The account's API key, derived so that hub and sandbox agree by sharing one `SANDBOX_KEY`."""
    digest = hmac.new(master_key.encode(), account.encode(), hashlib.sha256).hexdigest()
    return f"sk_sandbox_{account}_{digest[:40]}"


def signing_secret(account: str, master_key: str) -> str:
    """The account's secret for requests that are signed instead of carrying the key, from the same `SANDBOX_KEY`."""
    return _whsec(f"signing:{account}", master_key)


def webhook_secret(account: str, master_secret: str) -> str:
    """The account's Standard Webhooks secret (`whsec_...`), derived from one `SANDBOX_WEBHOOK_SECRET`."""
    return _whsec(f"webhook:{account}", master_secret)


def _whsec(purpose: str, master: str) -> str:
    digest = hmac.new(master.encode(), purpose.encode(), hashlib.sha256).digest()
    return f"whsec_{base64.b64encode(digest).decode()}"
