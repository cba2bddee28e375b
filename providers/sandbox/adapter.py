"""The sandbox's adapter: the provider interface spoken in the sandbox service's HTTP API."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from providers.http import HttpClient, Reply
from providers.interface import (
    AccountConfig,
    Capabilities,
    Charge,
    ChargeRequest,
    Failure,
    FailureKind,
    OutcomeUnknown,
    ProviderRefused,
    RefundRequest,
    RefundResult,
    SettingField,
    WebhookEvent,
)
from providers.origin import origin_of
from providers.sandbox import replies, webhooks
from providers.sandbox.accounts import ACCOUNTS


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
                "public_url", "Public address", required=False,
                help="Where customers reach the payment page, when that is another address",
            ),
            SettingField("account", "Sandbox account", help=f"One of: {', '.join(sorted(ACCOUNTS))}"),
            SettingField("api_key", "API key", secret=True),
            SettingField("webhook_secret", "Webhook secret", secret=True, help="Begins with whsec_"),
        )

    def capabilities(self, account: AccountConfig) -> Capabilities:
        """The methods of the named sandbox account; none when the name is unknown."""
        methods = ACCOUNTS.get(account.settings.get("account", ""), {})
        return Capabilities(methods=methods, refunds=True, partial_refunds=True, cancel=True)

    def page_origins(self, account: AccountConfig) -> frozenset[str]:
        """The origin of the hosted payment page, which is the service's own."""
        address = account.settings.get("public_url") or account.settings.get("base_url", "")
        origin = origin_of(address)
        return frozenset({origin}) if origin else frozenset()

    def charge(self, account: AccountConfig, request: ChargeRequest) -> Charge:
        """Create the charge once; see `Provider.charge`."""
        payload = {
            "reference": request.attempt_id,
            "amount": request.amount,
            "currency": request.currency,
            "method": request.method,
            "merchant_reference": request.reference,
            "description": request.description,
            "return_url": request.return_url,
            "expires_at": request.expires_at.astimezone(UTC).isoformat(),
            "country": request.country,
            "locale": request.locale,
            "customer_email": request.customer_email,
            "customer_name": request.customer_name,
            "strong_authentication": request.strong_authentication,
            "metadata": dict(request.metadata),
        }
        reply = self._post(account, "/v1/charges", payload, key=f"charge:{request.attempt_id}")
        return replies.read_charge(replies.accepted(reply), request.attempt_id)

    def look_up(self, account: AccountConfig, attempt_id: str) -> Charge | None:
        """The charge for our reference; see `Provider.look_up`."""
        found = self._find(account, "/v1/charges", attempt_id)
        return replies.read_charge(found, attempt_id) if found else None

    def cancel(self, account: AccountConfig, attempt_id: str) -> Charge | None:
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
        payload = {
            "reference": request.refund_id,
            "charge": request.provider_reference,
            "amount": request.amount,
            "currency": request.currency,
            "reason": request.reason,
        }
        reply = self._post(account, "/v1/refunds", payload, key=f"refund:{request.refund_id}")
        return replies.read_refund(replies.accepted(reply), request.refund_id)

    def look_up_refund(self, account: AccountConfig, refund_id: str) -> RefundResult | None:
        """The refund for our reference; see `Provider.look_up_refund`."""
        found = self._find(account, "/v1/refunds", refund_id)
        return replies.read_refund(found, refund_id) if found else None

    def parse_webhook(
        self, account: AccountConfig, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> WebhookEvent:
        """Verify and read a Standard Webhooks delivery; see `Provider.parse_webhook`."""
        return webhooks.parse(account.secrets.get("webhook_secret", ""), headers, body, now)

    def _find(self, account: AccountConfig, path: str, reference: str) -> Mapping[str, Any] | None:
        """The one object with our reference, or None; any failure leaves the outcome unknown."""
        try:
            reply = self._http.send(
                "GET", _base_url(account) + path, headers=_headers(account), params={"reference": reference}
            )
            found = replies.accepted(reply).get("data")
        except ProviderRefused as error:
            raise OutcomeUnknown(f"looking up was not answered: {error}") from error
        if not isinstance(found, list) or len(found) > 1 or not all(isinstance(item, dict) for item in found):
            raise OutcomeUnknown("the look-up's reply is not a list of at most one object")
        return found[0] if found else None

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
