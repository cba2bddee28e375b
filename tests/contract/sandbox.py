"""The sandbox's stand-in is the sandbox service itself."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from providers.http import HttpClient
from providers.interface import AccountConfig, Charge
from providers.sandbox.accounts import ACCOUNTS
from providers.sandbox.adapter import SandboxProvider
from tests.contract.stand_in import StandIn
from tests.support.sandbox import SandboxService
from tests.support.webhook_sink import Delivery, WebhookSink

READ_SECONDS = 1.5
LATE_SECONDS = 2.5
SIGNATURES = (
    "",
    "v1",
    "v1,",
    "v1,!!!",
    "v1,AAAA",
    "v1,ünïcödé",
    "v2,AAAA",
    ",",
    "v1,a,b",
    "\udc80",
    "v1,=" * 9,
    "v1," + "A" * 44,
)
STAMPS = ("", "0", "-1", "now", "1e9", "NaN", "9" * 400, "99999999999", "١٢٣", "1.5")


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

    def forgeries(self, delivery: Delivery) -> Iterable[Mapping[str, str]]:
        true = delivery.headers
        yield {**true, "webhook-id": "evt_other"}
        yield {**true, "webhook-timestamp": str(int(true["webhook-timestamp"]) - 1)}
        for signature in SIGNATURES:
            yield {**true, "webhook-signature": signature}
        for stamp in STAMPS:
            yield {**true, "webhook-timestamp": stamp}
        for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
            yield {key: value for key, value in true.items() if key != name}

    def pass_time(self, time: timedelta) -> None:
        """Its clock is the real one, and what is due in the past is caught up with."""

    def give_up(self, charge: Charge) -> None:
        """Nothing is left to end: one decline, or going back, ends its page."""

    def event_id(self, delivery: Delivery) -> str:
        return delivery.headers["webhook-id"]
