"""Where the page of anything with an id is."""

from __future__ import annotations

from flask import url_for

from app.domain.ids import is_id
from app.models import (
    CheckoutSession,
    Payment,
    PaymentAttempt,
    PaymentLink,
    ReconciliationRun,
    Refund,
    Renewal,
    Subscription,
    WebhookEndpoint,
    db,
)


def url_of(subject_id: str) -> str | None:
    """Return the address of the page that shows this payment, attempt or session; None when there is none."""
    if is_id("pay", subject_id) and db.session.get(Payment, subject_id) is not None:
        return url_for("admin_payments.details", payment_id=subject_id)
    if is_id("att", subject_id) and (attempt := db.session.get(PaymentAttempt, subject_id)) is not None:
        return url_for("admin_payments.details", payment_id=attempt.payment_id, _anchor=attempt.id)
    if is_id("re", subject_id) and db.session.get(Refund, subject_id) is not None:
        return url_for("admin_refunds.details", refund_id=subject_id)
    if is_id("plink", subject_id) and db.session.get(PaymentLink, subject_id) is not None:
        return url_for("admin_links.details", link_id=subject_id)
    if is_id("cs", subject_id) and db.session.get(CheckoutSession, subject_id) is not None:
        return url_for("admin_sessions.details", session_id=subject_id)
    if is_id("sub", subject_id) and db.session.get(Subscription, subject_id) is not None:
        return url_for("admin_subscriptions.details", subscription_id=subject_id)
    if is_id("ren", subject_id) and (renewal := db.session.get(Renewal, subject_id)) is not None:
        return url_for("admin_subscriptions.details", subscription_id=renewal.subscription_id, _anchor=renewal.id)
    if is_id("we", subject_id) and db.session.get(WebhookEndpoint, subject_id) is not None:
        return url_for("admin_webhooks.details", endpoint_id=subject_id)
    if is_id("recon", subject_id) and db.session.get(ReconciliationRun, subject_id) is not None:
        return url_for("admin_reconciliation.details", run_id=subject_id)
    return None
