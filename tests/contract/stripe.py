"""Stripe's stand-in is a local Stripe that holds every call to the SDK's own types."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from providers.bounded import BoundedHttp
from providers.interface import AccountConfig, Charge, ChargeStage, FailureKind, ProviderRefused, ProviderSubscription
from providers.stripe.adapter import StripeProvider
from providers.stripe.money import to_stripe
from tests.contract.sandbox import LATE_SECONDS, READ_SECONDS
from tests.contract.stand_in import StandIn
from tests.support.stripe import TIMEOUT, StripeService
from tests.support.stripe_stand_in import amounts
from tests.support.stripe_stand_in.errors import StripeError
from tests.support.webhook_sink import Delivery, WebhookSink

ACCOUNTS = (("north", False), ("south", False), ("north", True))
MOST_REPLY_BYTES = 5_000_000


class StripeStandIn(StandIn):
    """A local Stripe with its own file; two accounts in test mode, and the first one's live mode."""

    slow_method = "sepa_debit"  # cards are decided at once
    refusal = FailureKind.TECHNICAL  # it is the account that may not, whoever the customer is
    shortest = timedelta(minutes=35)  # half an hour at Stripe, and room for repeating the call
    soon = timedelta(minutes=1)  # no first period that has come is taken
    billed_after = timedelta(hours=2)  # an invoice is a draft for about an hour before it is charged
    looks_before_subscribing = True
    gives_up_after = timedelta(days=40)  # retries go on whatever the decline says, in every period anew
    payment_told, refund_told, renewal_told = "payment_intent.succeeded", "refund.created", "invoice.paid"

    def __init__(self, directory: Path) -> None:
        self.sink = WebhookSink()
        self.service = StripeService(directory)
        self._ahead = timedelta(0)

    def accounts(self) -> list[AccountConfig]:
        return [self.service.account(name, live=live) for name, live in ACCOUNTS]

    def start(self) -> None:
        self.service.start()
        self.provider = StripeProvider(self.service.url, BoundedHttp(3, READ_SECONDS, MOST_REPLY_BYTES))
        for name, live in ACCOUNTS:
            account = self.service.account(name, live=live)
            url = f"{self.sink.url}/v1/webhooks/stripe/{account.id}"
            self.service.webhooks(url, name, live=live, events=self.provider.webhook_events(account))

    def kill(self) -> None:
        self.service.kill()

    def customer(self, charge: Charge, outcome: str) -> None:
        """A debit that the customer approved has come when this returns."""
        assert charge.redirect_url is not None
        form = {"outcome": outcome}
        reply = requests.post(charge.redirect_url, data=form, allow_redirects=False, timeout=TIMEOUT)
        assert reply.status_code in (303, 410), reply.text  # 410: the page is over
        if outcome == "approve":
            self.service.settle()

    def disturb(self, **faults: Any) -> None:
        """With no fault at all its clock is the real one again, too."""
        if late := faults.get("late_reply"):
            faults["late_reply"] = {"seconds": LATE_SECONDS, **(late if isinstance(late, dict) else {})}
        if not faults:
            self.service.back_to_now()
            self._ahead = timedelta(0)
        self.service.faults("north", **faults)

    def charges(self) -> list[Mapping[str, Any]]:
        """Its pages, and the payments that had none."""
        ledger = self.service.ledger("north")
        pages = [
            {"id": one["payment_intent"] or one["id"], "reference": one["client_reference_id"]}
            for one in ledger["checkout.session"]
        ]
        known = {page["id"] for page in pages}
        return pages + [
            {"id": one["id"], "reference": one["metadata"].get("junction_attempt")}
            for one in ledger["payment_intent"]
            if one["id"] not in known
        ]

    def forgeries(self, delivery: Delivery) -> Iterable[Mapping[str, str]]:
        stamp, _, proof = delivery.headers["stripe-signature"].partition(",")
        at = int(stamp.removeprefix("t="))
        forged = (
            "", ",", "t=", "v1=", stamp, proof, f"{stamp},v1=", f"{stamp},v1=AAAA", f"{stamp},{proof[:-1]}",
            f"{stamp},v0={proof[3:]}", f"{stamp},v1=ünïcödé", f"{stamp},v1=\udc80", f"{stamp},v1={'0' * 64}",
            f"t={at - 1},{proof}", f"t=-{at},{proof}", f"t=1e9,{proof}", f"t=NaN,{proof}", f"t={'9' * 400},{proof}",
            f"t=99999999999,{proof}", f"t=١٢٣,{proof}", f"t={at}.5,{proof}", f"{stamp},{stamp},{proof}",
        )  # fmt: skip
        for header in forged:
            yield {**delivery.headers, "stripe-signature": header}
        yield {name: value for name, value in delivery.headers.items() if name != "stripe-signature"}

    def event_id(self, delivery: Delivery) -> str:
        return str(json.loads(delivery.body)["id"])

    def pass_time(self, time: timedelta) -> None:
        self.service.advance(time.total_seconds())
        self._ahead += time

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def takes(self, amount: int, currency: str) -> bool:
        """Not less than Stripe's least amount nor more than its most; and none that it cannot say exactly."""
        try:
            amounts.check(to_stripe(amount, currency), currency.lower())
        except (ProviderRefused, StripeError):
            return False
        return True

    def give_up(self, charge: Charge) -> None:
        """A customer who was declined, or went back, may still pay on the page: it has to be closed."""
        assert self.look_up(charge.attempt_id).stage is ChargeStage.AWAITING_CUSTOMER
        self.provider.cancel(self.account, charge.attempt_id)

    def daily(self, since: timedelta, **changes: Any) -> ProviderSubscription:
        """Stripe starts none in the past: the time passes since, with that in which the last invoice is a draft."""
        started = super().daily(-self.soon, **changes)
        if since >= timedelta(0):
            self.pass_time(self.soon + max(since, self.billed_after))
        return started
