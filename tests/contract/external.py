"""An external provider's stand-in is the sandbox service, called as any service that speaks our HTTP interface."""

from pathlib import Path

from providers.external.adapter import ExternalProvider
from providers.interface import AccountConfig
from providers.sandbox.accounts import ACCOUNTS, signing_secret
from tests.contract.sandbox import READ_SECONDS, SandboxStandIn
from tests.support.external import reaching_loopback
from tests.support.sandbox import MASTER_KEY


class ExternalStandIn(SandboxStandIn):
    """A sandbox service whose accounts are known to the hub as `external_north` and `external_south`."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.provider = ExternalProvider(reaching_loopback(read_seconds=READ_SECONDS))
        self._learned: dict[str, dict[str, str]] = {}

    def accounts(self) -> list[AccountConfig]:
        return [self._account(name) for name in ACCOUNTS]

    def start(self) -> None:
        self.service.start(webhook_urls={
            name: f"{self.sink.url}/v1/webhooks/external/external_{name}" for name in ACCOUNTS
        })  # fmt: skip

    def _account(self, name: str) -> AccountConfig:
        """The account with what its service announced, which it is asked once: the hub keeps it, too."""
        account = AccountConfig(
            id=f"external_{name}",
            provider="external",
            settings={"base_url": self.service.url, **self._learned.get(name, {})},
            secrets={
                "signing_secret": signing_secret(name, MASTER_KEY),
                "callback_secret": self.service.account(name).secrets["webhook_secret"],
            },
        )
        if name not in self._learned:
            self._learned[name] = dict(self.provider.connect(account).learned)
            return self._account(name)
        return account
