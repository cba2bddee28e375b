"""The adapter of external providers: our HTTP interface with signed requests, to an address that an operator gives."""

import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

from providers.external import announced
from providers.external.announced import Announced, NotAnnounced
from providers.http import Sign
from providers.interface import AccountConfig, Capabilities, Connection, SettingField
from providers.origin import origin_of
from providers.protocol import signing
from providers.protocol.client import Access, refused
from providers.protocol.provider import ProtocolProvider

ANNOUNCED = "announced"  # the key of what `connect` learned
NOTHING = Capabilities(methods={}, refunds=False, partial_refunds=False, cancel=False)
SECRETS = ("signing_secret", "previous_signing_secret", "callback_secret", "previous_callback_secret")
ADDRESS = re.compile(r"[A-Za-z0-9._~:/\[\]!$&()*+,;=%-]{1,500}")
NO_SECRET = "must begin with whsec_ and hold at least 24 bytes in base64."  # noqa: S105 - a sentence about one


class ExternalProvider(ProtocolProvider):
    """A service of the merchant's choice; what it can do is what it announced when the account was last connected."""

    name = "external"
    label = "External provider"

    def settings_fields(self) -> tuple[SettingField, ...]:
        """Where the service is, and the secrets of both directions with those before them."""
        return (
            SettingField("base_url", "Address", help="Where the service answers, e.g. https://pay.example/junction"),
            SettingField(
                "signing_secret", "Signing secret", secret=True,
                help="Proves our requests to the service. Begins with whsec_",
            ),
            SettingField(
                "previous_signing_secret", "Previous signing secret", secret=True, required=False,
                help="Requests are signed with both until the service knows the new one",
            ),
            SettingField(
                "callback_secret", "Callback secret", secret=True,
                help="Proves the service's callbacks to us. Begins with whsec_",
            ),
            SettingField(
                "previous_callback_secret", "Previous callback secret", secret=True, required=False,
                help="Taken beside the new one until the service signs with that",
            ),
        )  # fmt: skip

    def problems(self, account: AccountConfig) -> Mapping[str, str]:
        """An address that is none or not safe for real money, and secrets that are none."""
        base_url = account.settings.get("base_url", "")
        given = {key: secret for key in SECRETS if (secret := account.secrets.get(key))}
        found = {key: NO_SECRET for key, secret in given.items() if not signing.is_secret(secret)}
        if base_url and (wrong := _wrong_address(base_url, live=account.live)):
            found["base_url"] = wrong
        return found

    def connect(self, account: AccountConfig) -> Connection:
        """Ask the service what it can do, and keep what it says."""
        body = self._client(account).ask("/v1/capabilities")
        try:
            said = announced.read(body)
            kept = announced.keep(body)
        except NotAnnounced as problem:
            raise refused("capabilities_malformed", f"What it announces cannot be used: {problem}") from problem
        if said.live != account.live:
            kinds = ("a live account", "an account for tests")
            theirs, ours = kinds if said.live else reversed(kinds)
            raise refused("wrong_mode", f"The service says this is {theirs}; here it is {ours}.")
        if account.live and not all(origin.startswith("https://") for origin in said.page_origins):
            raise refused("capabilities_malformed", "The pages of a live account must be at https:// addresses.")
        methods = ", ".join(sorted(said.capabilities.methods))
        return Connection(f"{said.name[:100]} answered and takes payments by {methods}.", {ANNOUNCED: kept})

    def capabilities(self, account: AccountConfig) -> Capabilities:
        """What was announced; nothing before the account was connected."""
        said = _announced(account)
        return said.capabilities if said else NOTHING

    def page_origins(self, account: AccountConfig) -> frozenset[str]:
        """The origins that were announced; the service's own when it named none."""
        said = _announced(account)
        own = origin_of(account.settings.get("base_url", ""))
        return (said.page_origins if said else frozenset()) or (frozenset({own}) if own else frozenset())

    def access(self, account: AccountConfig) -> Access:
        """The service's address, and a signature over each request."""
        base_url = account.settings.get("base_url", "")
        if wrong := _wrong_address(base_url, live=account.live):
            raise refused("misconfigured", f"The account's address {wrong}")
        return Access(base_url.rstrip("/"), sign=_signer(account))

    def callback_secrets(self, account: AccountConfig) -> tuple[str, ...]:
        """The callback secret and the one before it."""
        return _secrets(account, "callback_secret", "previous_callback_secret")


def _signer(account: AccountConfig) -> Sign:
    keys = _secrets(account, "signing_secret", "previous_signing_secret")

    def sign(method: str, target: str, body: bytes) -> Mapping[str, str]:
        content = signing.request_content(method, target, body)
        try:
            return signing.sign(keys, f"msg_{secrets.token_hex(16)}", content, datetime.now(UTC))
        except ValueError as error:
            raise refused("misconfigured", f"The signing secret {NO_SECRET}") from error

    return sign


def _secrets(account: AccountConfig, *names: str) -> tuple[str, ...]:
    return tuple(secret for name in names if (secret := account.secrets.get(name)))


def _announced(account: AccountConfig) -> Announced | None:
    text = account.settings.get(ANNOUNCED)
    return announced.kept(text) if text else None


def _wrong_address(base_url: str, *, live: bool) -> str | None:
    """What is wrong with the address, as a sentence that follows its name."""
    if origin_of(base_url) is None or not ADDRESS.fullmatch(base_url):
        return "must be an address such as https://pay.example/junction, without ? and #."
    if live and urlsplit(base_url).scheme != "https":
        return "must begin with https:// for a live account."
    return None
