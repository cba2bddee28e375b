"""An account's keys: what is wrong with them at a glance, and whose they are when Stripe is asked."""

from collections.abc import Mapping

import stripe

from providers.interface import AccountConfig, Connection, Failure, FailureKind, ProviderRefused, SettingField
from providers.stripe.client import MODES
from providers.stripe.values import ident

FIELDS = (
    SettingField(
        "api_key",
        "Secret key",
        secret=True,
        help="Begins with sk_ or, for a restricted key, rk_. In Stripe: Developers, API keys.",
    ),
    SettingField(
        "webhook_secret",
        "Webhook signing secret",
        secret=True,
        required=False,
        help="Begins with whsec_. Stripe shows it when this account's webhook address has been added there.",
    ),
    SettingField(
        "previous_webhook_secret",
        "Previous webhook signing secret",
        secret=True,
        required=False,
        help="Only while the secret is being changed: what is signed with either is taken.",
    ),
)


def problems(account: AccountConfig) -> Mapping[str, str]:
    """What is wrong with the keys; see `Provider.problems`."""
    found: dict[str, str] = {}
    key = account.secrets.get("api_key", "")
    if key and not key.startswith(MODES[True] + MODES[False]):
        found["api_key"] = "is no secret key of Stripe: it begins with sk_live_, sk_test_, rk_live_ or rk_test_."
    elif key and not key.startswith(MODES[account.live]):
        theirs, ours = ("test", "live") if account.live else ("live", "test")
        found["api_key"] = f"is a {theirs} key, and this is a {ours} account."
    for name in ("webhook_secret", "previous_webhook_secret"):
        secret = account.secrets.get(name, "")
        if secret and not secret.startswith("whsec_"):
            found[name] = "is no signing secret of Stripe: it begins with whsec_."
    return found


def try_out(client: stripe.StripeClient, account: AccountConfig) -> Connection:
    """Ask whose account this is; see `Provider.connect`. Raises what the SDK raises, too."""
    for field, sentence in problems(account).items():
        raise _refused("misconfigured", f"The {_label(field).lower()} {sentence}")
    told = client.v1.accounts.retrieve_current()
    name = ident(told.id)
    known = account.settings.get("account_id")
    if known is not None and known != name:
        raise _refused(
            "another_account",
            f"This key belongs to another Stripe account ({name}; until now {known}). Add it as an account of its own.",
        )
    mode = "live mode" if account.live else "test mode"
    where = ", ".join(filter(None, (name, _country(told), mode)))
    summary = f"Stripe knows this account as {_name(told)} ({where})."
    if getattr(told, "charges_enabled", True) is False:
        summary += " It may not take payments yet: Stripe wants to know more about the business."
    return Connection(summary, {"account_id": name, "country": _country(told)})


def _name(told: stripe.Account) -> str:
    """The name that its owner gave it, as far as it can be shown."""
    profile = getattr(told, "business_profile", None)
    dashboard = getattr(getattr(told, "settings", None), "dashboard", None)
    for name in (getattr(profile, "name", None), getattr(dashboard, "display_name", None)):
        if isinstance(name, str) and name.isprintable() and name:
            return name[:100]
    return "an account without a name"


def _country(told: stripe.Account) -> str:
    country = getattr(told, "country", None)
    return country if isinstance(country, str) and len(country) == 2 and country.isalpha() else ""


def _label(field: str) -> str:
    return next(each.label for each in FIELDS if each.key == field)


def _refused(code: str, message: str) -> ProviderRefused:
    return ProviderRefused(Failure(FailureKind.TECHNICAL, code, message))
