"""What a service is asked, made from the hub's requests: times in UTC, amounts in minor units."""

from datetime import UTC, datetime
from typing import Any

from providers.interface import ChargeRequest, RefundRequest, SubscriptionRequest


def charge(request: ChargeRequest) -> dict[str, Any]:
    """The body of POST /v1/charges."""
    return {
        "reference": request.attempt_id,
        "amount": request.amount,
        "currency": request.currency,
        "method": request.method,
        "merchant_reference": request.reference,
        "description": request.description,
        "return_url": request.return_url,
        "expires_at": _moment(request.expires_at),
        "country": request.country,
        "locale": request.locale,
        "customer_email": request.customer_email,
        "customer_name": request.customer_name,
        "strong_authentication": request.strong_authentication,
        "save_for_later": request.save_for_later,
        "token": request.token,
        "metadata": dict(request.metadata),
    }


def refund(request: RefundRequest) -> dict[str, Any]:
    """The body of POST /v1/refunds."""
    return {
        "reference": request.refund_id,
        "charge": request.provider_reference,
        "amount": request.amount,
        "currency": request.currency,
        "reason": request.reason,
    }


def subscription(request: SubscriptionRequest) -> dict[str, Any]:
    """The body of POST /v1/subscriptions."""
    return {
        "reference": request.subscription_id,
        "token": request.token,
        "method": request.method,
        "amount": request.amount,
        "currency": request.currency,
        "interval_unit": request.interval_unit,
        "interval_count": request.interval_count,
        "anchor_on": request.anchor_on.isoformat(),
        "timezone": request.timezone,
        "first_number": request.first_number,
        "first_due_at": _moment(request.first_due_at),
        "last_number": request.last_number,
        "merchant_reference": request.reference,
        "description": request.description,
        "customer_email": request.customer_email,
    }


def adjustment(amount: int, ends_at: datetime | None) -> dict[str, Any]:
    """The body of POST /v1/subscriptions/{id}."""
    return {"amount": amount, "ends_at": ends_at and _moment(ends_at)}


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
