"""Metrics: counted in the database when they are asked for, so that they are the same from every process."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from sqlalchemy import func, select

from app.models import CheckoutSession, Payment, PaymentAttempt, db
from app.services.health import check_health


class _Hub:
    """Collects at each scrape."""

    def collect(self) -> Iterator[Metric]:
        for name, text, query, labels in (
            (
                "junction_checkout_sessions",
                "Checkout sessions by status.",
                select(CheckoutSession.status, func.count()).group_by(CheckoutSession.status),
                ["status"],
            ),
            (
                "junction_payments",
                "Payments by status and currency.",
                select(Payment.status, Payment.currency, func.count()).group_by(Payment.status, Payment.currency),
                ["status", "currency"],
            ),
            (
                "junction_payment_attempts",
                "Attempts by provider account, method and status.",
                select(PaymentAttempt.account_id, PaymentAttempt.method, PaymentAttempt.status, func.count()).group_by(
                    PaymentAttempt.account_id, PaymentAttempt.method, PaymentAttempt.status
                ),
                ["account", "method", "status"],
            ),
            (
                "junction_paid_minor_units",
                "Amount collected, in minor units, by currency.",
                select(Payment.currency, func.sum(Payment.paid)).where(Payment.paid > 0).group_by(Payment.currency),
                ["currency"],
            ),
        ):
            family = GaugeMetricFamily(name, text, labels=labels)
            for *values, figure in db.session.execute(query):
                family.add_metric([str(value) for value in values], float(figure))
            yield family
        health = check_health()
        for name, text, figure in (
            ("junction_outbox_stuck", "Jobs due for more than two minutes.", health.outbox_stuck),
            ("junction_outbox_quarantined", "Jobs that failed too often.", health.outbox_quarantined),
            ("junction_inbox_stuck", "Webhooks not applied for more than two minutes.", health.inbox_stuck),
            ("junction_attempts_unknown", "Attempts whose outcome nobody knows.", health.attempts_unknown),
            ("junction_reviews_waiting", "Decisions about money that wait for a person.", health.reviews_waiting),
            ("junction_alerts_open", "Alerts that nobody has resolved.", health.open_alerts),
            ("junction_rules_version", "The active version of the rules.", health.rules_version or 0),
        ):
            yield GaugeMetricFamily(name, text, value=float(figure))


def registry() -> CollectorRegistry:
    """Return a registry that asks the database when it is read."""
    found = CollectorRegistry(auto_describe=False)
    found.register(_Hub())
    return found
