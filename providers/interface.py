"""The one interface every payment provider is reached through: its verbs, and the errors they may raise.

An adapter keeps no state and writes no database: it translates, and it never decides what happens next.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Protocol

from providers.configuration import AccountConfig, Capabilities, Connection, MethodCapability, SettingField
from providers.truths import (
    NO_TRACE,
    Charge,
    ChargeRequest,
    ChargeStage,
    ChargeState,
    Failure,
    FailureKind,
    ProviderRenewal,
    ProviderSubscription,
    ProviderSubscriptionState,
    RefundRequest,
    RefundResult,
    RefundState,
    ReportLine,
    SubscriptionRequest,
    Trace,
    WebhookEvent,
)

__all__ = [
    "NO_TRACE",
    "AccountConfig",
    "Capabilities",
    "Charge",
    "ChargeRequest",
    "ChargeStage",
    "ChargeState",
    "Connection",
    "Failure",
    "FailureKind",
    "InvalidWebhook",
    "MethodCapability",
    "OutcomeUnknown",
    "Provider",
    "ProviderError",
    "ProviderRefused",
    "ProviderRenewal",
    "ProviderSubscription",
    "ProviderSubscriptionState",
    "RefundRequest",
    "RefundResult",
    "RefundState",
    "ReportLine",
    "SettingField",
    "SubscriptionRequest",
    "Trace",
    "WebhookEvent",
]


class ProviderError(Exception):
    """The base of every error an adapter may raise."""


class OutcomeUnknown(ProviderError):
    """Nobody knows whether it happened (timeout, 5xx, unreadable reply): look it up, never assume failure."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ProviderRefused(ProviderError):
    """The provider definitely did not do it, or was provably never asked: nothing was charged or refunded."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.code}: {failure.message}")
        self.failure = failure


class InvalidWebhook(ProviderError):
    """A delivery not proven to come from the provider, or unreadable: answer 400, store nothing."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Provider(Protocol):
    """What every adapter can do. Adapters are stateless, thread-safe, and called with no transaction open.

    No verb raises anything but the errors named in its docstring. Verbs that read never move money. A `Trace` helps
    to find what was asked for earlier; one that is empty, or that is older than what the provider knows, is no error.
    """

    @property
    def name(self) -> str:
        """The key in the registry and in `/v1/webhooks/{provider}`."""

    @property
    def label(self) -> str:
        """The name an operator reads."""

    def settings_fields(self) -> tuple[SettingField, ...]:
        """The fields an account needs, in the order a form shows them."""

    def problems(self, account: AccountConfig) -> Mapping[str, str]:
        """What is wrong with settings and secrets, as one sentence by the key of the field; makes no call.

        Required fields that are empty, and choices that do not exist, are not repeated here: the form knows them.
        """

    def connect(self, account: AccountConfig) -> Connection:
        """Ask the provider whose account this is, moving nothing, so that an operator sees that the keys are right.

        Raises: ProviderRefused (wrong keys, or a live account with the keys of a test), OutcomeUnknown.
        """

    def webhook_events(self, account: AccountConfig) -> tuple[str, ...]:
        """The kinds of events that the provider is to send to this account's webhook address. No call."""

    def capabilities(self, account: AccountConfig) -> Capabilities:
        """What this account supports. Makes no call; an account that is not configured supports no method."""

    def page_origins(self, account: AccountConfig) -> frozenset[str]:
        """The origins (`https://host:port`) customers are sent to, for our pages' `form-action`. No call."""

    def charge(self, account: AccountConfig, request: ChargeRequest) -> Charge:
        """Start a charge, at most once for an `attempt_id` however often it is repeated.

        A repetition returns the charge as it stands now; with another amount, currency or method it is
        refused. This is the only verb that may take a customer's money.

        Raises: ProviderRefused, this call charged nothing (it says nothing about an earlier one that stayed
        unknown); OutcomeUnknown, ask `look_up` before doing anything else.
        """

    def look_up(self, account: AccountConfig, attempt_id: str, trace: Trace = NO_TRACE) -> Charge | None:
        """The charge as it stands now, or None: the provider has never heard of this attempt. Moves no money.

        None is the last word only once the call that charged can no longer be under way.

        Raises: OutcomeUnknown, and nothing else: a look-up that was not answered says nothing about the
        charge.
        """

    def cancel(self, account: AccountConfig, attempt_id: str, trace: Trace = NO_TRACE) -> Charge | None:
        """Ask that an unfinished charge can no longer be paid; return the resulting truth.

        It may come back succeeded (the customer was faster) or pending (already processing). None: never
        heard of. You may not refund here.

        Raises: OutcomeUnknown, and nothing else.
        """

    def refund(self, account: AccountConfig, request: RefundRequest) -> RefundResult:
        """Give money back, at most once for a `refund_id`; never more in total than was charged.

        Raises: ProviderRefused, nothing was refunded; OutcomeUnknown, ask `look_up_refund`.
        """

    def look_up_refund(self, account: AccountConfig, refund_id: str, trace: Trace = NO_TRACE) -> RefundResult | None:
        """The refund as it stands now, or None: the provider has never heard of it. Moves no money.

        Raises: OutcomeUnknown, and nothing else.
        """

    def start_subscription(self, account: AccountConfig, request: SubscriptionRequest) -> ProviderSubscription:
        """Let the provider charge the renewals, at most one subscription for a `subscription_id`.

        A repetition returns it as it stands now. Raises: ProviderRefused, none was started; OutcomeUnknown, ask
        `look_up_subscription`.
        """

    def adjust_subscription(
        self,
        account: AccountConfig,
        subscription_id: str,
        trace: Trace = NO_TRACE,
        *,
        amount: int,
        ends_at: datetime | None,
    ) -> ProviderSubscription:
        """Say what the next renewal asks for and when the subscription ends, if it does; both as they shall be.

        Repeating it changes nothing. An end that has come cannot be taken back. With `ends_at` now or in the past it
        ends at once. Raises: ProviderRefused, nothing was changed; OutcomeUnknown.
        """

    def look_up_subscription(
        self, account: AccountConfig, subscription_id: str, trace: Trace = NO_TRACE, *, from_number: int = 1
    ) -> ProviderSubscription | None:
        """The subscription and its renewals from `from_number` on, or None: never heard of. Moves no money.

        Raises: OutcomeUnknown, and nothing else.
        """

    def report(self, account: AccountConfig, day: date) -> tuple[ReportLine, ...]:
        """Every charge and refund that succeeded on `day` in UTC, as the provider's books have it.

        Raises: OutcomeUnknown, and nothing else.
        """

    def parse_webhook(
        self, account: AccountConfig, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> WebhookEvent:
        """Verify and read one delivery; header names in any case. You may not move money or call out here.

        Raises: InvalidWebhook, and nothing else, whatever the bytes: forged, stale, from the future, or
        unreadable.
        """
