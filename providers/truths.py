"""What is said between the hub and a provider: requests and truths.

Amounts are integers in minor units of the ISO 4217 currency beside them; times are aware and in UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


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
    NEEDS_CUSTOMER = "needs_customer"  # the bank wants the customer to confirm it, and they were not there
    CUSTOMER_CANCELLED = "customer_cancelled"
    EXPIRED = "expired"
    TECHNICAL = "technical"  # the provider or the configuration, not the customer


UNREACHABLE = "unreachable"  # the code of a failure: no connection was made, so nothing was sent; it may work later


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something definitely did not happen; `code` is the provider's own, `message` is for operators."""

    kind: FailureKind
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What an earlier call left behind: where to look for what became of it.

    A provider that finds things by our reference needs none of it. `provider_reference` is its own name for the thing,
    if it ever answered; `charge` is, for a refund, its name for the charge; `asked_at` is when it was first asked.
    """

    provider_reference: str | None = None
    charge: str | None = None
    asked_at: datetime | None = None


NO_TRACE = Trace()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeRequest:
    """One try to collect `amount`.

    `attempt_id` is our reference, and the idempotency key is made from it. It is first asked for at `asked_at`, and
    every field stays the same when it is asked for again. `reference` is the merchant's
    own, shown to the customer. The customer comes back to `return_url`, whatever the outcome; a provider
    may add query parameters of its own. `country` is ISO 3166 alpha-2, `locale` is BCP 47. After
    `expires_at` the charge can no longer be paid. With `save_for_later` the customer agrees to be charged again: a
    charge that succeeds then carries a token. With `token`, of an earlier charge by the same account and method, the
    customer is not there: the charge is decided without them, and never waits for them.
    """

    attempt_id: str
    asked_at: datetime
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
    save_for_later: bool = False
    token: str | None = field(default=None, repr=False)
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """The provider's truth about one charge.

    `failure` is set exactly when `state` is failed, `stage` exactly when it is pending. `redirect_url` is
    the provider's page while the customer has to act. `amount` and `currency` are what the provider says:
    compare them. `token` charges the same customer again; it is a secret.
    """

    provider_reference: str
    attempt_id: str
    state: ChargeState
    amount: int
    currency: str
    redirect_url: str | None = None
    failure: Failure | None = None
    stage: ChargeStage | None = None
    token: str | None = field(default=None, repr=False)


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
    """The provider's truth about one refund; `failure` is set exactly when `state` is failed.

    `amount` and `currency` are what the provider says it gives back, if it says so: compare them.
    """

    provider_reference: str
    refund_id: str
    state: RefundState
    failure: Failure | None = None
    amount: int | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionRequest:
    """Charge `amount` by `token` each period from now on, without us.

    `subscription_id` is our reference, and the idempotency key is made from it. Period n (from 1) is due n - 1
    intervals after `anchor_on`, at the time of `first_due_at` in `timezone`; a day that a month lacks is its last
    day. `first_number`, due at `first_due_at`, is the first that the provider charges; after `last_number` it ends.
    `interval_unit` is day, week, month or year.
    """

    subscription_id: str
    token: str = field(repr=False)
    method: str
    amount: int
    currency: str
    interval_unit: str
    interval_count: int
    anchor_on: date
    timezone: str
    first_number: int
    first_due_at: datetime
    last_number: int | None = None
    reference: str = ""
    description: str = ""
    customer_email: str | None = None


class ProviderSubscriptionState(StrEnum):
    """Whether the provider will charge again."""

    ACTIVE = "active"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRenewal:
    """What the provider did about one period; `failure` and `next_try_at` are of the latest try while it failed.

    `next_try_at` None on a failed one: the provider has given it up. `provider_reference` is the charge's, for
    refunds; each try of a period may have its own.
    """

    number: int
    due_at: datetime
    provider_reference: str
    state: ChargeState
    amount: int
    currency: str
    failure: Failure | None = None
    next_try_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSubscription:
    """The provider's truth about one subscription; `amount` is what the next renewal asks for.

    No renewal that is due at or after `ends_at` is charged. `renewals` are in order of number.
    """

    provider_reference: str
    subscription_id: str
    state: ProviderSubscriptionState
    amount: int
    currency: str
    ends_at: datetime | None = None
    renewals: tuple[ProviderRenewal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLine:
    """One movement in a provider's report of a day: a charge that succeeded or a refund that did.

    `reference` is our attempt's or refund's id; a renewal that the provider charged by itself has none of ours.
    `state` is succeeded for what moved money, else the provider's word for where it stands.
    """

    kind: str  # charge or refund
    provider_reference: str
    reference: str | None
    state: str
    amount: int
    currency: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEvent:
    """A proven hint that something changed, and nothing more: ask the provider for the truth.

    `event_id` is the same on every delivery of the event. `kind` is the provider's own name for it. At least one of
    `attempt_id`, `refund_id` and `subscription_id` is set when the event concerns something of ours.
    """

    event_id: str
    kind: str
    attempt_id: str | None
    refund_id: str | None
    provider_reference: str
    occurred_at: datetime
    subscription_id: str | None = None
