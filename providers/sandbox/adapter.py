"""The sandbox's adapter: our HTTP interface with a bearer key, spoken to the sandbox service."""

from collections.abc import Mapping

from providers.interface import AccountConfig, Capabilities, Connection, SettingField
from providers.origin import origin_of
from providers.protocol.client import Access, refused
from providers.protocol.provider import ProtocolProvider
from providers.sandbox.accounts import ACCOUNTS


class SandboxProvider(ProtocolProvider):
    """The pretend provider for trying the hub and for tests; real code path, no real money."""

    name = "sandbox"
    label = "Sandbox"

    def settings_fields(self) -> tuple[SettingField, ...]:
        """Where the service is, which of its accounts this is, and the account's two secrets."""
        return (
            SettingField("base_url", "Address", help="Where the sandbox service answers, e.g. http://127.0.0.1:8001"),
            SettingField(
                "public_url",
                "Public address",
                required=False,
                help="Where customers reach the payment page, when that is another address",
            ),
            SettingField("account", "Sandbox account", help=f"One of: {', '.join(sorted(ACCOUNTS))}"),
            SettingField("api_key", "API key", secret=True),
            SettingField("webhook_secret", "Webhook secret", secret=True, help="Begins with whsec_"),
        )

    def problems(self, account: AccountConfig) -> Mapping[str, str]:
        """An address that is none, an account that the sandbox does not have, and one that says it is live."""
        settings = account.settings
        known = ", ".join(sorted(ACCOUNTS))
        found = {
            key: "is not an address such as http://127.0.0.1:8001."
            for key in ("base_url", "public_url")
            if settings.get(key) and origin_of(settings[key]) is None
        }
        if settings.get("account") not in ACCOUNTS:
            found["account"] = f"is none of {known}."
        return {**found, "live": "The sandbox moves no real money."} if account.live else found

    def connect(self, account: AccountConfig) -> Connection:
        """Ask the service with the account's key."""
        self._client(account).ask("/v1/charges", {"reference": "connection-test"})
        return Connection(f"The sandbox knows this account as {account.settings.get('account')}.")

    def capabilities(self, account: AccountConfig) -> Capabilities:
        """The methods of the named sandbox account; none when the name is unknown."""
        methods = ACCOUNTS.get(account.settings.get("account", ""), {})
        return Capabilities(
            methods=methods, refunds=True, partial_refunds=True, cancel=True, subscriptions=True, reports=True
        )

    def page_origins(self, account: AccountConfig) -> frozenset[str]:
        """The origin of the hosted payment page, which is the service's own."""
        address = account.settings.get("public_url") or account.settings.get("base_url", "")
        origin = origin_of(address)
        return frozenset({origin}) if origin else frozenset()

    def access(self, account: AccountConfig) -> Access:
        """The service's address and the account's key."""
        base_url = account.settings.get("base_url", "").rstrip("/")
        if not base_url:
            raise refused("misconfigured", "The account has no address.")
        return Access(base_url, {"Authorization": f"Bearer {account.secrets.get('api_key', '')}"})

    def callback_secrets(self, account: AccountConfig) -> tuple[str, ...]:
        """The one webhook secret."""
        return (account.secrets.get("webhook_secret", ""),)
