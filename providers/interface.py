"""The one interface every payment provider is reached through: requests, truths, errors and verbs.

Amounts are integers in minor units of the ISO 4217 currency beside them; times are aware and in UTC.
An adapter keeps no state and writes no database: it translates, and it never decides what happens next.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class ChargeState(StrEnum):
    """Where a charge stands. A cancelled charge is `FAILED` with a failure that says who gave up."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class ChargeStage(StrEnum):
    """Why a pending charge is pending: the customer has to act, or the provider is still deciding."""

    AWAITING_CUSTOMER = "awaiting_customer"
    PROCESSING = "processing"


class RefundState(StrEnum):
    """Where a refund stands."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class FailureKind(StrEnum):
    """What a failure means for the next step: trying again, another method, or another provider."""

    HARD_DECLINE = "hard_decline"  # the same instrument will never work
    SOFT_DECLINE = "soft_decline"  # it may work later, or with another method
    CUSTOMER_CANCELLED = "customer_cancelled"
    EXPIRED = "expired"
    TECHNICAL = "technical"  # the provider or the configuration, not the customer


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something definitely did not happen; `code` is the provider's own, `message` is for operators."""

    kind: FailureKind
    code: str
    message: str


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


@dataclass(frozen=True, slots=True)
class AccountConfig:
    """One configured account at a provider; the caller has already decrypted `secrets`."""

    id: str
    provider: str
    settings: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class SettingField:
    """One field of an account's settings form; a secret is stored encrypted and never shown again."""

    key: str
    label: str
    secret: bool = False
    help: str = ""
    required: bool = True


@dataclass(frozen=True, slots=True)
class MethodCapability:
    """What an account accepts for one method.

    `currencies` and `countries` are codes, None means any; `flows` are among direct, pay_by_link and
    subscription; `min_amount` and `max_amount` are inclusive, in minor units by currency; a currency not
    named has no limit.
    """

    currencies: frozenset[str] | None
    countries: frozenset[str] | None
    flows: frozenset[str]
    min_amount: Mapping[str, int] = field(default_factory=dict)
    max_amount: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an account can do: its methods by key (`card`, `sepa_debit`, ...) and the verbs it supports."""

    methods: Mapping[str, MethodCapability]
    refunds: bool
    partial_refunds: bool
    cancel: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeRequest:
    """One try to collect `amount`.

    `attempt_id` is our reference, and the idempotency key is made from it. `reference` is the merchant's
    own, shown to the customer. The customer comes back to `return_url`, whatever the outcome; a provider
    may add query parameters of its own. `country` is ISO 3166 alpha-2, `locale` is BCP 47. After
    `expires_at` the charge can no longer be paid.
    """

    attempt_id: str
    amount: int
    currency: str
    method: str
    reference: str
    return_url: str
    expires_at: datetime
    description: str = ""
    country: str | None = None
    locale: str = "en"
    customer_email: str | None = None
    customer_name: str | None = None
    strong_authentication: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """The provider's truth about one charge.

    `failure` is set exactly when `state` is failed, `stage` exactly when it is pending. `redirect_url` is
    the provider's page while the customer has to act. `amount` and `currency` are what the provider says:
    compare them.
    """

    provider_reference: str
    attempt_id: str
    state: ChargeState
    amount: int
    currency: str
    redirect_url: str | None = None
    failure: Failure | None = None
    stage: ChargeStage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    """Give `amount` of a succeeded charge back; `provider_reference` is the charge's, `refund_id` ours."""

    refund_id: str
    provider_reference: str
    amount: int
    currency: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundResult:
    """The provider's truth about one refund; `failure` is set exactly when `state` is failed."""

    provider_reference: str
    refund_id: str
    state: RefundState
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEvent:
    """A proven hint that something changed, and nothing more: ask the provider for the truth.

    `event_id` is the same on every delivery of the event. `kind` is the provider's own name for it. At
    least one of `attempt_id` and `refund_id` is set when the event concerns a charge or refund of ours.
    """

    event_id: str
    kind: str
    attempt_id: str | None
    refund_id: str | None
    provider_reference: str
    occurred_at: datetime


class Provider(Protocol):
    """What every adapter can do. Adapters are stateless, thread-safe, and called with no transaction open.

    No verb raises anything but the errors named in its docstring. Verbs that read never move money.
    """

    @property
    def name(self) -> str:
        """The key in the registry and in `/v1/webhooks/{provider}`."""

    @property
    def label(self) -> str:
        """The name an operator reads."""

    def settings_fields(self) -> tuple[SettingField, ...]:
        """The fields an account needs, in the order a form shows them."""

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

    def look_up(self, account: AccountConfig, attempt_id: str) -> Charge | None:
        """The charge as it stands now, or None: the provider has never heard of this attempt. Moves no money.

        None is the last word only once the call that charged can no longer be under way.

        Raises: OutcomeUnknown, and nothing else: a look-up that was not answered says nothing about the
        charge.
        """

    def cancel(self, account: AccountConfig, attempt_id: str) -> Charge | None:
        """Ask that an unfinished charge can no longer be paid; return the resulting truth.

        It may come back succeeded (the customer was faster) or pending (already processing). None: never
        heard of. You may not refund here.

        Raises: OutcomeUnknown, and nothing else.
        """

    def refund(self, account: AccountConfig, request: RefundRequest) -> RefundResult:
        """Give money back, at most once for a `refund_id`; never more in total than was charged.

        Raises: ProviderRefused, nothing was refunded; OutcomeUnknown, ask `look_up_refund`.
        """

    def look_up_refund(self, account: AccountConfig, refund_id: str) -> RefundResult | None:
        """The refund as it stands now, or None: the provider has never heard of it. Moves no money.

        Raises: OutcomeUnknown, and nothing else.
        """

    def parse_webhook(
        self, account: AccountConfig, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> WebhookEvent:
        """Verify and read one delivery; header names in any case. You may not move money or call out here.

        Raises: InvalidWebhook, and nothing else, whatever the bytes: forged, stale, from the future, or
        unreadable.
        """
