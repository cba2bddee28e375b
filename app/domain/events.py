"""The events that merchants and customers are told of: one vocabulary for messages and webhooks out."""

from __future__ import annotations

from app.domain.statuses import PaymentLinkStatus, PaymentStatus, RefundStatus, SubscriptionStatus

# What each means, in words for whoever subscribes to it.
EVENTS: dict[str, str] = {
    "payment.paid": "A payment was collected.",
    "payment.failed": "A try to pay failed; the customer may try again.",
    "payment.expired": "A payment can no longer be made.",
    "refund.requested": "A refund was asked for.",
    "refund.succeeded": "Money was given back.",
    "refund.failed": "A refund was turned down, or the customer's bank sent it back.",
    "payment_link.sent": "A payment link was sent to a customer.",
    "payment_link.reminded": "A customer was reminded of a payment link that is about to expire.",
    "payment_link.completed": "A payment link was paid as often as it may be.",
    "payment_link.expired": "A payment link expired.",
    "payment_link.revoked": "A payment link was revoked.",
    "subscription.started": "The first payment of a subscription was made.",
    "subscription.renewed": "A renewal was collected.",
    "subscription.renewal_failed": "A renewal could not be collected.",
    "subscription.on_hold": "A subscription waits for a renewal that could not be collected.",
    "subscription.resumed": "A subscription that waited or had ended goes on: its renewal was collected.",
    "subscription.cancellation_scheduled": "A subscription will be cancelled on its renewal day.",
    "subscription.cancellation_withdrawn": "A subscription goes on after all.",
    "subscription.ending_soon": "A subscription is about to end.",
    "subscription.cancelled": "A subscription was cancelled.",
    "subscription.expired": "A subscription reached its end.",
    "subscription.aborted": "A subscription ended because a renewal could not be collected.",
}

# Which of them a move of a status tells: (table, from or None for any, to).
TOLD_BY_MOVES: dict[tuple[str, str | None, str], str | None] = {
    ("payments", None, PaymentStatus.PAID): "payment.paid",
    ("payments", PaymentStatus.PARTIALLY_REFUNDED, PaymentStatus.PAID): None,  # its refund was sent back, which is told
    ("payments", PaymentStatus.REFUNDED, PaymentStatus.PAID): None,
    ("payments", None, PaymentStatus.FAILED): "payment.failed",
    ("payments", None, PaymentStatus.EXPIRED): "payment.expired",
    ("refunds", None, RefundStatus.REQUESTED): "refund.requested",
    ("refunds", None, RefundStatus.SUCCEEDED): "refund.succeeded",
    ("refunds", None, RefundStatus.FAILED): "refund.failed",
    ("payment_links", None, PaymentLinkStatus.COMPLETED): "payment_link.completed",
    ("payment_links", None, PaymentLinkStatus.EXPIRED): "payment_link.expired",
    ("payment_links", None, PaymentLinkStatus.REVOKED): "payment_link.revoked",
    ("subscriptions", SubscriptionStatus.CREATED, SubscriptionStatus.ACTIVE): "subscription.started",
    ("subscriptions", SubscriptionStatus.ON_HOLD, SubscriptionStatus.ACTIVE): "subscription.resumed",
    ("subscriptions", SubscriptionStatus.ABORTED, SubscriptionStatus.ACTIVE): "subscription.resumed",
    ("subscriptions", None, SubscriptionStatus.ON_HOLD): "subscription.on_hold",
    ("subscriptions", None, SubscriptionStatus.CANCELLED): "subscription.cancelled",
    ("subscriptions", SubscriptionStatus.ACTIVE, SubscriptionStatus.EXPIRED): "subscription.expired",
    ("subscriptions", SubscriptionStatus.ON_HOLD, SubscriptionStatus.EXPIRED): "subscription.expired",
    ("subscriptions", None, SubscriptionStatus.ABORTED): "subscription.aborted",
}


def told_by(table: str, origin: str | None, to: str) -> str | None:
    """Return the kind of event that a move tells, if any."""
    return TOLD_BY_MOVES.get((table, origin, to), TOLD_BY_MOVES.get((table, None, to)))
