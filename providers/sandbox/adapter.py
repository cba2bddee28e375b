"""The sandbox's adapter: the provider interface spoken in the sandbox service's HTTP API."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from providers.http import HttpClient, Reply
from providers.interface import (
    NO_TRACE,
    AccountConfig,
    Capabilities,
    Charge,
    ChargeRequest,
    Connection,
    Failure,
    FailureKind,
    OutcomeUnknown,
    ProviderRefused,
    ProviderRenewal,
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
from providers.sandbox import payloads, replies, webhooks
from providers.sandbox.accounts import ACCOUNTS

MAX_PAGES = 200  # of a long answer; one that goes on beyond is no answer
NO_RENEWALS = 10**9  # a number that no period has: asks for the subscription alone


class SandboxProvider:
    """The pretend provider for trying the hub and for tests; real code path, no real money."""

    name = "sandbox"
    label = "Sandbox"

    def __init__(self, http: HttpClient | None = None) -> None:
        self._http = http or HttpClient()

    def settings_fields(self) -> tuple[SettingField, ...]:
        """Where the service is, which of its accounts this is, and the account's two secrets."""
        return (
            SettingField("base_url", "Address", help="Where the sandbox service answers, e.g. http://127.0.0.1:8001"),
            SettingField(
                "public_url",
                "Public address",
                required=False,
                help="Where customers reach the payment page, when that is another address",
            ),
            SettingField("account", "Sandbox account", help=f"One of: {', '.join(sorted(ACCOUNTS))}"),
            SettingField("api_key", "API key", secret=True),
            SettingField("webhook_secret", "Webhook secret", secret=True, help="Begins with whsec_"),
        )

    def problems(self, account: AccountConfig) -> Mapping[str, str]:
        """An address that is none, and an account that the sandbox does not have."""
        settings = account.settings
        known = ", ".join(sorted(ACCOUNTS))
        found = {
            key: "is not an address such as http://127.0.0.1:8001."
            for key in ("base_url", "public_url")
            if settings.get(key) and origin_of(settings[key]) is None
        }
        return found if settings.get("account") in ACCOUNTS else {**found, "account": f"is none of {known}."}

    def connect(self, account: AccountConfig) -> Connection:
        """Ask the service with the account's key."""
        try:
            self._get(account, "/v1/charges", {"reference": "connection-test"})
        except OutcomeUnknown as unknown:
            if isinstance(unknown.__cause__, ProviderRefused):
                raise unknown.__cause__ from unknown
            raise
        return Connection(f"The sandbox knows this account as {account.settings.get('account')}.")

    def webhook_events(self, account: AccountConfig) -> tuple[str, ...]:
        """All that it has; it sends them without being asked to."""
        return ("charge.updated", "refund.updated", "subscription.updated")

    def capabilities(self, account: AccountConfig) -> Capabilities:
        """The methods of the named sandbox account; none when the name is unknown."""
        methods = ACCOUNTS.get(account.settings.get("account", ""), {})
        return Capabilities(
            methods=methods, refunds=True, partial_refunds=True, cancel=True, subscriptions=True, reports=True
        )

    def page_origins(self, account: AccountConfig) -> frozenset[str]:
        """The origin of the hosted payment page, which is the service's own."""
        address = account.settings.get("public_url") or account.settings.get("base_url", "")
        origin = origin_of(address)
        return frozenset({origin}) if origin else frozenset()

    def charge(self, account: AccountConfig, request: ChargeRequest) -> Charge:
        """Create the charge once; see `Provider.charge`."""
        reply = self._post(account, "/v1/charges", payloads.charge(request), key=f"charge:{request.attempt_id}")
        return replies.read_charge(replies.accepted(reply), request.attempt_id)

    def look_up(self, account: AccountConfig, attempt_id: str, trace: Trace = NO_TRACE) -> Charge | None:
        """The charge for our reference; see `Provider.look_up`."""
        found = self._find(account, "/v1/charges", attempt_id)
        return replies.read_charge(found, attempt_id) if found else None

    def cancel(self, account: AccountConfig, attempt_id: str, trace: Trace = NO_TRACE) -> Charge | None:
        """Close an unfinished charge; see `Provider.cancel`."""
        charge = self.look_up(account, attempt_id)
        if charge is None:
            return None
        path = f"/v1/charges/{charge.provider_reference}/cancel"
        try:
            reply = replies.accepted(self._post(account, path, {}, key=f"cancel:{attempt_id}"))
        except ProviderRefused as error:
            raise OutcomeUnknown(f"cancelling was not answered: {error}") from error
        return replies.read_charge(reply, attempt_id)

    def refund(self, account: AccountConfig, request: RefundRequest) -> RefundResult:
        """Give money back once; see `Provider.refund`."""
        reply = self._post(account, "/v1/refunds", payloads.refund(request), key=f"refund:{request.refund_id}")
        return replies.read_refund(replies.accepted(reply), request.refund_id)

    def look_up_refund(self, account: AccountConfig, refund_id: str, trace: Trace = NO_TRACE) -> RefundResult | None:
        """The refund for our reference; see `Provider.look_up_refund`."""
        found = self._find(account, "/v1/refunds", refund_id)
        return replies.read_refund(found, refund_id) if found else None

    def start_subscription(self, account: AccountConfig, request: SubscriptionRequest) -> ProviderSubscription:
        """Start the subscription once; see `Provider.start_subscription`."""
        key = f"subscription:{request.subscription_id}"
        reply = self._post(account, "/v1/subscriptions", payloads.subscription(request), key=key)
        return replies.read_subscription(replies.accepted(reply), request.subscription_id)

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
        found = self._find(account, "/v1/subscriptions", subscription_id, from_number=NO_RENEWALS)
        if found is None:
            raise ProviderRefused(Failure(FailureKind.TECHNICAL, "unknown_subscription", "It was never started."))
        path = f"/v1/subscriptions/{replies.read_subscription(found, subscription_id).provider_reference}"
        payload = payloads.adjustment(amount, ends_at)
        reply = self._post(account, path, payload, key=f"adjust:{subscription_id}")
        return replies.read_subscription(replies.accepted(reply), subscription_id)

    def look_up_subscription(
        self, account: AccountConfig, subscription_id: str, trace: Trace = NO_TRACE, *, from_number: int = 1
    ) -> ProviderSubscription | None:
        """The subscription for our reference; see `Provider.look_up_subscription`."""
        renewals: list[ProviderRenewal] = []
        for _ in range(MAX_PAGES):
            found = self._find(account, "/v1/subscriptions", subscription_id, from_number=from_number)
            if found is None:
                return None
            page = replies.read_subscription(found, subscription_id)
            renewals += page.renewals
            if not found.get("has_more") or not page.renewals:
                return replace(page, renewals=tuple(renewals))
            from_number = page.renewals[-1].number + 1
        raise OutcomeUnknown("the list of renewals has no end")

    def report(self, account: AccountConfig, day: date) -> tuple[ReportLine, ...]:
        """The day's movements; see `Provider.report`."""
        lines: list[ReportLine] = []
        offset: int | None = 0
        for _ in range(MAX_PAGES):
            page = self._get(account, f"/v1/reports/{day.isoformat()}", {"offset": str(offset)})
            lines += replies.read_report(page)
            offset = replies.read_next_offset(page)
            if offset is None:
                return tuple(lines)
        raise OutcomeUnknown("the report has no end")

    def parse_webhook(
        self, account: AccountConfig, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> WebhookEvent:
        """Verify and read a Standard Webhooks delivery; see `Provider.parse_webhook`."""
        return webhooks.parse(account.secrets.get("webhook_secret", ""), headers, body, now)

    def _find(
        self, account: AccountConfig, path: str, reference: str, *, from_number: int | None = None
    ) -> Mapping[str, Any] | None:
        """The one object with our reference, or None; any failure leaves the outcome unknown."""
        more = {} if from_number is None else {"from_number": str(from_number)}
        found = self._get(account, path, {"reference": reference, **more}).get("data")
        if not isinstance(found, list) or len(found) > 1 or not all(isinstance(item, dict) for item in found):
            raise OutcomeUnknown("the look-up's reply is not a list of at most one object")
        return found[0] if found else None

    def _get(self, account: AccountConfig, path: str, params: Mapping[str, str]) -> Mapping[str, Any]:
        """What the service answers to a question; any failure leaves the outcome unknown."""
        try:
            return replies.accepted(
                self._http.send("GET", _base_url(account) + path, headers=_headers(account), params=params)
            )
        except ProviderRefused as error:
            raise OutcomeUnknown(f"looking up was not answered: {error}") from error

    def _post(self, account: AccountConfig, path: str, payload: Mapping[str, Any], *, key: str) -> Reply:
        headers = {**_headers(account), "Idempotency-Key": key}
        return self._http.send("POST", _base_url(account) + path, headers=headers, payload=payload)


def _headers(account: AccountConfig) -> dict[str, str]:
    return {"Authorization": f"Bearer {account.secrets.get('api_key', '')}"}


def _base_url(account: AccountConfig) -> str:
    """The service's address. Raises: ProviderRefused when the account has none, since nothing can be sent."""
    base_url = account.settings.get("base_url", "").rstrip("/")
    if not base_url:
        raise ProviderRefused(Failure(FailureKind.TECHNICAL, "misconfigured", "The account has no address."))
    return base_url
