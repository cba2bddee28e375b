"""What the contract suite needs from a provider's stand-in: a real process to speak to, and ways to disturb it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from providers.interface import (
    AccountConfig,
    Charge,
    ChargeRequest,
    FailureKind,
    Provider,
    ProviderSubscription,
    RefundRequest,
    SubscriptionRequest,
)
from tests.support.webhook_sink import Delivery, WebhookSink

LOST_REPLIES = ("drop_reply", "malformed_reply", "truncated_reply", "endless_reply", "late_reply")
_NUMBERS = count(1)


class StandIn(ABC):
    """A provider as the suite sees it; `provider` is the adapter, with a read timeout short enough for tests."""

    provider: Provider
    sink: WebhookSink
    # What providers may differ in.
    slow_method = "card"  # one that can be left pending on the provider's page
    refusal = FailureKind.HARD_DECLINE  # what its refusing to do anything at all means
    shortest = timedelta(seconds=1)  # that a payment page can live
    soon = timedelta(seconds=1)  # until the first period that it can still charge
    billed_after = timedelta(0)  # a period has begun
    gives_up_after = timedelta(0)  # when a renewal is declined for good
    looks_before_subscribing = False  # and so cannot know without an answer
    payment_told, refund_told, renewal_told = "charge.succeeded", "refund.succeeded", "subscription.renewed"

    @abstractmethod
    def accounts(self) -> list[AccountConfig]:
        """The configured accounts; the first one is used where one is enough, and takes cards in EUR."""

    @abstractmethod
    def start(self) -> None:
        """Start the process, again on the same address and with what it knew before."""

    @abstractmethod
    def kill(self) -> None:
        """End the process without warning; from then on it refuses connections."""

    @abstractmethod
    def customer(self, charge: Charge, outcome: str) -> None:
        """Act as the customer on the provider's page: approve, decline, pending or cancel."""

    @abstractmethod
    def disturb(self, **faults: Any) -> None:
        """Turn on exactly these faults of the first account: those of `LOST_REPLIES`, error_500, refuse, ..."""

    @abstractmethod
    def charges(self) -> list[Mapping[str, Any]]:
        """Every charge of the first account, as the provider's own books have them."""

    @abstractmethod
    def forgeries(self, delivery: Delivery) -> Iterable[Mapping[str, str]]:
        """Headers that do not prove the delivery's body: other ids and times, forged, malformed, missing parts."""

    @abstractmethod
    def event_id(self, delivery: Delivery) -> str:
        """The id that is the same however often the event is delivered."""

    @abstractmethod
    def pass_time(self, time: timedelta) -> None:
        """Let the provider's time pass, if it has a clock of its own that can be moved; else it passes by itself."""

    def now(self) -> datetime:
        """The provider's time."""
        return datetime.now(UTC)

    def takes(self, amount: int, currency: str) -> bool:
        """Whether the provider takes such an amount by card."""
        return True

    @abstractmethod
    def give_up(self, charge: Charge) -> None:
        """End what a customer left without paying, where the provider would still let them pay."""

    def daily(self, since: timedelta, **changes: Any) -> ProviderSubscription:
        """A subscription renewed each day whose second period fell due `since` ago: it begins by catching up."""
        due_at = (self.now() - since).replace(microsecond=0)
        anchor_on = (due_at - timedelta(days=1)).date()
        return self.subscribed(interval_unit="day", first_due_at=due_at, anchor_on=anchor_on, **changes)

    @property
    def account(self) -> AccountConfig:
        """The first account."""
        return self.accounts()[0]

    def request(self, **changes: Any) -> ChargeRequest:
        """A charge request that has never been made before."""
        number = next(_NUMBERS)
        usual: dict[str, Any] = {
            "attempt_id": f"att_contract{number}",
            "asked_at": self.now(),
            "amount": 4990,
            "currency": "EUR",
            "method": "card",
            "reference": f"Order {number}",
            "return_url": "https://hub.example/back",
            "country": "IT",
            "expires_at": self.now() + timedelta(minutes=30),
        }
        return ChargeRequest(**usual | changes)

    def charge(self, **changes: Any) -> Charge:
        """A new charge, waiting for its customer."""
        return self.provider.charge(self.account, self.request(**changes))

    def paid(self, **changes: Any) -> Charge:
        """A new charge that the customer approved."""
        charge = self.charge(**changes)
        self.customer(charge, "approve")
        return self.look_up(charge.attempt_id)

    def look_up(self, attempt_id: str) -> Charge:
        """The charge as it stands now."""
        charge = self.provider.look_up(self.account, attempt_id)
        assert charge is not None
        return charge

    def refund_request(self, charge: Charge, **changes: Any) -> RefundRequest:
        """A refund request of the whole charge that has never been made before."""
        usual: dict[str, Any] = {
            "refund_id": f"re_contract{next(_NUMBERS)}",
            "provider_reference": charge.provider_reference,
            "amount": charge.amount,
            "currency": charge.currency,
        }
        return RefundRequest(**usual | changes)

    def token(self, **changes: Any) -> str:
        """A token that a customer left behind who paid and agreed to later charges."""
        token = self.paid(save_for_later=True, **changes).token
        assert token
        return token

    def subscription_request(self, **changes: Any) -> SubscriptionRequest:
        """A request that has never been made before: weekly, its second period due in an hour."""
        due_at = (self.now() + timedelta(hours=1)).replace(microsecond=0)
        usual: dict[str, Any] = {
            "subscription_id": f"sub_contract{next(_NUMBERS)}",
            "token": changes.get("token") or self.token(),
            "method": "card",
            "amount": 990,
            "currency": "EUR",
            "interval_unit": "week",
            "interval_count": 1,
            "anchor_on": (due_at - timedelta(weeks=1)).date(),
            "timezone": "UTC",
            "first_number": 2,
            "first_due_at": due_at,
        }
        return SubscriptionRequest(**usual | changes)

    def subscribed(self, **changes: Any) -> ProviderSubscription:
        """A subscription that has just been started."""
        return self.provider.start_subscription(self.account, self.subscription_request(**changes))

    def look_up_subscription(self, subscription_id: str) -> ProviderSubscription:
        """The subscription as it stands now."""
        subscription = self.provider.look_up_subscription(self.account, subscription_id)
        assert subscription is not None
        return subscription


StandInFactory = Callable[[Path], StandIn]
