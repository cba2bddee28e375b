"""The stand-in's accounts: each has keys for test and live mode, and webhook secrets of its own."""

from tests.support.stripe_stand_in.store import Document

NAMES = {"north": "North Shop", "south": "South Shop"}


def account_id(name: str) -> str:
    """Stripe's id of the account."""
    return f"acct_{name}0123456789"


def api_key(name: str, *, live: bool = False, restricted: bool = False) -> str:
    """The key that the stand-in knows."""
    return f"{'rk' if restricted else 'sk'}_{'live' if live else 'test'}_{name}{'x' * 24}"


def webhook_secret(name: str, *, live: bool = False, previous: bool = False) -> str:
    """The secret that signs what the endpoint is sent; the previous one signs beside it while it is rotated."""
    return f"whsec_{name}{'Live' if live else 'Test'}{'Previous' if previous else ''}{'y' * 24}"


KEYS = {
    api_key(name, live=live, restricted=restricted): f"{name}:{'live' if live else 'test'}"
    for name in NAMES
    for live in (False, True)
    for restricted in (False, True)
}


def document(name: str) -> Document:
    """The account object."""
    return {
        "id": account_id(name),
        "object": "account",
        "business_profile": {"name": NAMES[name], "url": f"https://{name}.example", "mcc": None},
        "business_type": "company",
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "country": "IT",
        "created": 1_700_000_000,
        "default_currency": "eur",
        "details_submitted": True,
        "email": f"owner@{name}.example",
        "payouts_enabled": True,
        "settings": {"dashboard": {"display_name": NAMES[name], "timezone": "Europe/Rome"}},
        "type": "standard",
    }
