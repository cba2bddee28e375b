"""Stripe's adapter: the provider interface spoken through Stripe's own SDK."""

from collections.abc import Mapping
from datetime import date, datetime

import stripe

from providers.bounded import BoundedHttp
from providers.interface import (
    NO_TRACE,
    AccountConfig,
    Capabilities,
    Charge,
    ChargeRequest,
    Connection,
    ProviderSubscription,
    RefundRequest,
    RefundResult,
    ReportLine,
    SettingField,
    SubscriptionRequest,
    Trace,
    WebhookEvent,
)
from providers.origin import origin_of
from providers.stripe import charges, connection, refunds, reports, subscriptions, webhooks
from providers.stripe.client import API_BASE, MAX_REPLY_BYTES, StripeHttp, connect, reading, writing
from providers.stripe.methods import METHODS

PAGES = "https://checkout.stripe.com"


class StripeProvider:
    """Stripe. `api_base` is another address only where something stands in for Stripe: its pages are there, too."""

    name = "stripe"
    label = "Stripe"

    def __init__(self, api_base: str = API_BASE, http: BoundedHttp | None = None) -> None:
        self._api_base = api_base
        self._http = StripeHttp(http or BoundedHttp(3, 10, MAX_REPLY_BYTES))

    def settings_fields(self) -> tuple[SettingField, ...]:
        """Its secret key, and the secret that proves its webhooks; another one while that is being changed."""
        return connection.FIELDS

    def problems(self, account: AccountConfig) -> Mapping[str, str]:
        """Keys that are none, or those of the other mode."""
        return connection.problems(account)

    def connect(self, account: AccountConfig) -> Connection:
        """Ask Stripe whose key this is; see `Provider.connect`."""
        return writing(lambda: connection.try_out(self._client(account), account))

    def webhook_events(self, account: AccountConfig) -> tuple[str, ...]:
        """What payments, refunds and subscriptions need."""
        return webhooks.EVENTS

    def capabilities(self, account: AccountConfig) -> Capabilities:
        """All that the hub knows of Stripe; which of it an account may use is decided in Stripe's settings."""
        methods = {name: method.can for name, method in METHODS.items()} if account.secrets.get("api_key") else {}
        return Capabilities(
            methods=methods, refunds=True, partial_refunds=True, cancel=True, subscriptions=True, reports=True
        )

    def page_origins(self, account: AccountConfig) -> frozenset[str]:
        """Where Stripe's payment pages are."""
        if not account.secrets.get("api_key"):
            return frozenset()
        stand_in = origin_of(self._api_base) if self._api_base != API_BASE else None
        return frozenset({PAGES, stand_in} if stand_in else {PAGES})

    def charge(self, account: AccountConfig, request: ChargeRequest) -> Charge:
        """Open a payment page, or charge what was left behind; see `Provider.charge`."""
        return writing(lambda: charges.start(self._client(account), request))

    def look_up(self, account: AccountConfig, attempt_id: str, trace: Trace = NO_TRACE) -> Charge | None:
        """The charge for our reference; see `Provider.look_up`."""
        return reading(lambda: charges.look_up(self._client(account), attempt_id, trace))

    def cancel(self, account: AccountConfig, attempt_id: str, trace: Trace = NO_TRACE) -> Charge | None:
        """Close an unfinished charge's page; see `Provider.cancel`."""
        return reading(lambda: charges.cancel(self._client(account), attempt_id, trace))

    def refund(self, account: AccountConfig, request: RefundRequest) -> RefundResult:
        """Give money back once; see `Provider.refund`."""
        return writing(lambda: refunds.give_back(self._client(account), request))

    def look_up_refund(self, account: AccountConfig, refund_id: str, trace: Trace = NO_TRACE) -> RefundResult | None:
        """The refund for our reference; see `Provider.look_up_refund`."""
        return reading(lambda: refunds.look_up(self._client(account), refund_id, trace))

    def start_subscription(self, account: AccountConfig, request: SubscriptionRequest) -> ProviderSubscription:
        """Start the subscription once; see `Provider.start_subscription`."""
        return writing(lambda: subscriptions.start(self._client(account), request))

    def adjust_subscription(
        self,
        account: AccountConfig,
        subscription_id: str,
        trace: Trace = NO_TRACE,
        *,
        amount: int,
        ends_at: datetime | None,
    ) -> ProviderSubscription:
        """Set amount and end; see `Provider.adjust_subscription`."""
        return writing(
            lambda: subscriptions.adjust(self._client(account), subscription_id, trace, amount=amount, ends_at=ends_at)
        )

    def look_up_subscription(
        self, account: AccountConfig, subscription_id: str, trace: Trace = NO_TRACE, *, from_number: int = 1
    ) -> ProviderSubscription | None:
        """The subscription for our reference; see `Provider.look_up_subscription`."""
        return reading(
            lambda: subscriptions.look_up(self._client(account), subscription_id, trace, from_number=from_number)
        )

    def report(self, account: AccountConfig, day: date) -> tuple[ReportLine, ...]:
        """The day's movements; see `Provider.report`."""
        return reading(lambda: reports.of_day(self._client(account), day))

    def parse_webhook(
        self, account: AccountConfig, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> WebhookEvent:
        """Verify and read a delivery of Stripe's; see `Provider.parse_webhook`."""
        return webhooks.parse(account, headers, body, now)

    def _client(self, account: AccountConfig) -> stripe.StripeClient:
        return connect(account, self._http, self._api_base)
