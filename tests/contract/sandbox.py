"""The sandbox's stand-in is the sandbox service itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from providers.http import HttpClient
from providers.interface import AccountConfig, Charge
from providers.sandbox.accounts import ACCOUNTS
from providers.sandbox.adapter import SandboxProvider
from tests.contract.stand_in import StandIn
from tests.support.sandbox import SandboxService
from tests.support.webhook_sink import WebhookSink

READ_SECONDS = 1.5
LATE_SECONDS = 2.5


class SandboxStandIn(StandIn):
    """A sandbox service with its own file, delivering its webhooks to `sink`."""

    def __init__(self, directory: Path) -> None:
        self.provider = SandboxProvider(HttpClient(read_seconds=READ_SECONDS))
        self.sink = WebhookSink()
        self.service = SandboxService(directory, settle_seconds=2.0)

    def accounts(self) -> list[AccountConfig]:
        return [self.service.account(name) for name in ACCOUNTS]

    def start(self) -> None:
        self.service.start(hub_url=self.sink.url)

    def kill(self) -> None:
        self.service.kill()

    def customer(self, charge: Charge, outcome: str) -> None:
        assert charge.redirect_url is not None
        self.service.press(charge.redirect_url, outcome)

    def disturb(self, **faults: Any) -> None:
        if late := faults.pop("late_reply", None):
            faults["delay_seconds"] = {"seconds": LATE_SECONDS, **(late if isinstance(late, dict) else {})}
        self.service.faults("north", **faults)

    def charges(self) -> list[Mapping[str, Any]]:
        return list(self.service.ledger("north")["charges"])
