"""The provider interface spoken in our HTTP interface; an adapter adds who asks, where, and what the account can do."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Any
from urllib.parse import quote

from providers.http import HttpClient
from providers.interface import (
    NO_TRACE,
    AccountConfig,
    Capabilities,
    Charge,
    ChargeRequest,
    OutcomeUnknown,
    ProviderRefused,
    ProviderRenewal,
    ProviderSubscription,
    RefundRequest,
    RefundResult,
    ReportLine,
    SubscriptionRequest,
    Trace,
    WebhookEvent,
)
from providers.origin import origin_of
from providers.protocol import callbacks, payloads, replies
from providers.protocol.client import Access, Client, pages, refused

NO_RENEWALS = 10**9  # a number that no period has: asks for the subscription alone


class ProtocolProvider(ABC):
    """Every verb that calls out or hears from the service; see `providers.interface.Provider`."""

    def __init__(self, http: HttpClient | None = None) -> None:
        self._http = http or HttpClient()

    @abstractmethod
    def capabilities(self, account: AccountConfig) -> Capabilities:
        """See `Provider.capabilities`."""

    @abstractmethod
    def page_origins(self, account: AccountConfig) -> frozenset[str]:
        """See `Provider.page_origins`."""

    @abstractmethod
    def access(self, account: AccountConfig) -> Access:
        """How the account's service is reached. Raises: ProviderRefused when the settings make no request."""

    @abstractmethod
    def callback_secrets(self, account: AccountConfig) -> tuple[str, ...]:
        """The secrets by which the service's callbacks are proven; empty ones count for nothing."""

    def webhook_events(self, account: AccountConfig) -> tuple[str, ...]:
        """All that there are: the service sends them without being asked to."""
        return callbacks.EVENTS

    def charge(self, account: AccountConfig, request: ChargeRequest) -> Charge:
        """Create the charge once; see `Provider.charge`."""
        key = f"charge:{request.attempt_id}"
        reply = self._client(account).write("/v1/charges", payloads.charge(request), key=key)
        return self._charge(account, reply, request.attempt_id)

    def look_up(self, account: AccountConfig, attempt_id: str, trace: Trace = NO_TRACE) -> Charge | None:
        """The charge for our reference; see `Provider.look_up`."""
        found = self._client(account).find("/v1/charges", attempt_id)
        return self._charge(account, found, attempt_id) if found else None

    def cancel(self, account: AccountConfig, attempt_id: str, trace: Trace = NO_TRACE) -> Charge | None:
        """Close an unfinished charge, where the service can; see `Provider.cancel`."""
        found = self._client(account).find("/v1/charges", attempt_id)
        if found is None:
            return None
        charge = replies.read_charge(found, attempt_id)
        if self.capabilities(account).cancel:
            path = f"/v1/charges/{quote(charge.provider_reference, safe='')}/cancel"
            try:
                found = self._client(account).write(path, {})
            except ProviderRefused as error:
                raise OutcomeUnknown(f"cancelling was not answered: {error}") from error
        return self._charge(account, found, attempt_id)

    def refund(self, account: AccountConfig, request: RefundRequest) -> RefundResult:
        """Give money back once; see `Provider.refund`."""
        key = f"refund:{request.refund_id}"
        reply = self._client(account).write("/v1/refunds", payloads.refund(request), key=key)
        return replies.read_refund(reply, request.refund_id)

    def look_up_refund(self, account: AccountConfig, refund_id: str, trace: Trace = NO_TRACE) -> RefundResult | None:
        """The refund for our reference; see `Provider.look_up_refund`."""
        found = self._client(account).find("/v1/refunds", refund_id)
        return replies.read_refund(found, refund_id) if found else None

    def start_subscription(self, account: AccountConfig, request: SubscriptionRequest) -> ProviderSubscription:
        """Start the subscription once; see `Provider.start_subscription`."""
        key = f"subscription:{request.subscription_id}"
        reply = self._client(account).write("/v1/subscriptions", payloads.subscription(request), key=key)
        return replies.read_subscription(reply, request.subscription_id)

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
        client = self._client(account)
        found = client.find("/v1/subscriptions", subscription_id, from_number=NO_RENEWALS)
        if found is None:
            raise refused("unknown_subscription", "It was never started.")
        reference = replies.read_subscription(found, subscription_id).provider_reference
        path = f"/v1/subscriptions/{quote(reference, safe='')}"
        return replies.read_subscription(client.write(path, payloads.adjustment(amount, ends_at)), subscription_id)

    def look_up_subscription(
        self, account: AccountConfig, subscription_id: str, trace: Trace = NO_TRACE, *, from_number: int = 1
    ) -> ProviderSubscription | None:
        """The subscription for our reference; see `Provider.look_up_subscription`."""
        renewals: list[ProviderRenewal] = []
        for count in pages():
            found = self._client(account).find("/v1/subscriptions", subscription_id, from_number=from_number)
            if found is None:
                break
            page = replies.read_subscription(found, subscription_id)
            count(len(page.renewals))
            renewals += page.renewals
            if not found.get("has_more") or not page.renewals:
                return replace(page, renewals=tuple(renewals))
            from_number = page.renewals[-1].number + 1
        return None

    def report(self, account: AccountConfig, day: date) -> tuple[ReportLine, ...]:
        """The day's movements; see `Provider.report`."""
        lines: list[ReportLine] = []
        offset: int | None = 0
        for count in pages():
            page = self._client(account).read(f"/v1/reports/{day.isoformat()}", {"offset": str(offset)})
            found = replies.read_report(page)
            count(len(found))
            lines += found
            offset = replies.read_next_offset(page)
            if offset is None:
                break
        return tuple(lines)

    def parse_webhook(
        self, account: AccountConfig, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> WebhookEvent:
        """Verify and read a Standard Webhooks delivery; see `Provider.parse_webhook`."""
        return callbacks.parse(self.callback_secrets(account), headers, body, now)

    def _client(self, account: AccountConfig) -> Client:
        return Client(self._http, partial(self.access, account))

    def _charge(self, account: AccountConfig, body: Mapping[str, Any], attempt_id: str) -> Charge:
        """The charge in a reply; one whose page is elsewhere than was said is unknown, so that no customer goes there.

        What became of it is asked again, until it is over at the provider.
        """
        charge = replies.read_charge(body, attempt_id)
        if charge.redirect_url is not None and origin_of(charge.redirect_url) not in self.page_origins(account):
            raise OutcomeUnknown("the payment page is at an address that the account is not known for")
        return charge
