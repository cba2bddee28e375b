"""The inbox of provider webhooks: verified, stored once, answered; a job then asks the provider for the truth."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import delete

from app.domain.ids import is_id, new_id
from app.models import PaymentAttempt, ProviderAccount, Refund, Subscription, WebhookDelivery, db, utc_now
from app.services import accounts, jobs, payments, provider_subscriptions, refund_settling
from app.services.errors import NotFound
from app.services.inserts import insert_once
from app.services.transaction import release, transaction

log = structlog.get_logger()

APPLY = "apply_webhook"


def receive(provider: str, account_id: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Store a delivery and the job that applies it; False when this event was stored before.

    Raises providers.interface.InvalidWebhook (nothing is stored), NotFound for an account of another provider.
    """
    account = db.session.get(ProviderAccount, account_id)
    if account is None or account.provider != provider:
        raise NotFound("provider account", account_id)
    adapter, config = accounts.connect(account_id)
    release()
    event = adapter.parse_webhook(config, headers, body, utc_now())
    values: dict[str, Any] = {
        "id": new_id("whd"),
        "account_id": account_id,
        "event_id": event.event_id[:255],
        "kind": event.kind[:100],
        "attempt_id": event.attempt_id if is_id("att", event.attempt_id or "") else None,
        "refund_id": event.refund_id if is_id("re", event.refund_id or "") else None,
        "subscription_id": event.subscription_id if is_id("sub", event.subscription_id or "") else None,
        "body": body.decode("utf-8", "replace"),
        "received_at": utc_now(),
    }
    with transaction():
        stored = insert_once(WebhookDelivery, values, unique=["account_id", "event_id"])
        if stored:
            jobs.enqueue(APPLY, values["id"])
    return stored


def apply(delivery_id: str) -> None:
    """Settle what the delivery speaks of by asking the provider: late, repeated and shuffled ones change nothing."""
    delivery = db.session.get(WebhookDelivery, delivery_id)
    if delivery is None:
        raise NotFound("webhook delivery", delivery_id)
    account_id, kind, ours = delivery.account_id, delivery.kind, False
    refund = db.session.get(Refund, delivery.refund_id) if delivery.refund_id else None
    attempt = db.session.get(PaymentAttempt, delivery.attempt_id) if delivery.attempt_id else None
    if refund is not None and (refund.attempt or refund.payment).account_id == account_id:
        ours = True
        refund_settling.settle(refund.id)
    if attempt is not None and attempt.account_id == account_id:
        ours = True
        payments.settle(attempt.id, actor=f"provider:{account_id}")
    subscription = db.session.get(Subscription, delivery.subscription_id) if delivery.subscription_id else None
    if subscription is not None and subscription.account_id == account_id:
        ours = True
        provider_subscriptions.hear(subscription.id)
    if not ours:
        log.info("webhook_of_nothing_ours", delivery=delivery_id, kind=kind)
    with transaction():
        stored = db.session.get_one(WebhookDelivery, delivery_id)
        stored.applied_at = stored.applied_at or utc_now()


def forget_applied(older_than: timedelta = timedelta(days=90)) -> None:
    """Delete deliveries that were applied long ago."""
    with transaction():
        db.session.execute(delete(WebhookDelivery).where(WebhookDelivery.applied_at < utc_now() - older_than))
