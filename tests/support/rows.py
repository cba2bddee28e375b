"""Rows in any status, for tests that need a past they did not live through."""

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from app.domain.statuses import SETTLED_PAYMENT, AttemptStatus, PaymentStatus, RefundStatus, SessionStatus
from app.models import (
    Base,
    CheckoutSession,
    Payment,
    PaymentAttempt,
    PaymentLink,
    Refund,
    Renewal,
    Subscription,
    db,
    utc_now,
)

AMOUNT = 12990


def session_row(**columns: Any) -> CheckoutSession:
    """An open session of an Italian consumer, flushed; `columns` replace its own."""
    given: dict[str, Any] = {
        "status": SessionStatus.OPEN,
        "amount": AMOUNT,
        "currency": "EUR",
        "reference": "order-1001",
        "customer": {"email": "ada@example.com", "country": "IT", "type": "consumer"},
        "attributes": {"channel": "online"},
        "success_url": "https://shop.example.com/thanks",
        "failure_url": "https://shop.example.com/cart",
        "expires_at": utc_now() + timedelta(hours=1),
    }
    return _add(CheckoutSession(**(given | columns)))


def payment_row(session: CheckoutSession | None = None, **columns: Any) -> Payment:
    """A pending payment of its own session, flushed; a collected one holds its whole amount."""
    session = session or session_row()
    status = columns.get("status", PaymentStatus.PENDING)
    given = {
        "session_id": session.id,
        "status": status,
        "amount": session.amount,
        "currency": session.currency,
        "reference": session.reference,
        "paid": session.amount if status in SETTLED_PAYMENT else 0,
    }
    return _add(Payment(**(given | columns)))


def attempt_row(payment: Payment | None = None, **columns: Any) -> PaymentAttempt:
    """A started attempt by card at the first sandbox account, flushed; a failed one has its reason."""
    payment = payment or payment_row()
    status = columns.get("status", AttemptStatus.STARTED)
    given = {
        "session_id": payment.session_id,
        "payment_id": payment.id,
        "account_id": "sandbox_north",
        "method": "card",
        "status": status,
        "failure_kind": "soft_decline" if status == AttemptStatus.FAILED else None,
    }
    return _add(PaymentAttempt(**(given | columns)))


def refund_row(payment: Payment | None = None, **columns: Any) -> Refund:
    """A requested refund of one euro of a paid payment, flushed."""
    payment = payment or payment_row(status=PaymentStatus.PAID)
    code = "insufficient_balance" if columns.get("status") == RefundStatus.FAILED else None
    return _add(Refund(**({"payment_id": payment.id, "amount": 100, "failure_code": code} | columns)))


def subscription_row(**columns: Any) -> Subscription:
    """A monthly subscription that we charge ourselves, flushed."""
    given = {
        "amount": AMOUNT,
        "currency": "EUR",
        "reference": "membership-1001",
        "customer_email": "ada@example.com",
        "collection": "manual",
        "interval_unit": "month",
        "timezone": "Europe/Rome",
    }
    return _add(Subscription(**(given | columns)))


def renewal_row(subscription: Subscription | None = None, **columns: Any) -> Renewal:
    """The open second period of a subscription, due now, with a session of its own, flushed."""
    subscription = subscription or subscription_row()
    session = session_row(flow="subscription", subscription_id=subscription.id)
    given = {
        "subscription_id": subscription.id,
        "number": 2,
        "amount": subscription.amount,
        "due_at": utc_now(),
        "session_id": session.id,
    }
    return _add(Renewal(**(given | columns)))


def link_row(**columns: Any) -> PaymentLink:
    """An active link to be paid once, sent to nobody, flushed."""
    given: dict[str, Any] = {
        "amount": AMOUNT,
        "currency": "EUR",
        "reference": "order-1001",
        "success_url": "https://shop.example.com/thanks",
        "failure_url": "https://shop.example.com/cart",
        "created_by": "system",
        "expires_at": utc_now() + timedelta(days=7),
    }
    return _add(PaymentLink(**(given | columns)))


def row_counts() -> dict[str, int]:
    """How many rows each table holds, read in a transaction that ends with it."""
    counts = {
        name: db.session.scalar(select(func.count()).select_from(table)) for name, table in Base.metadata.tables.items()
    }
    db.session.rollback()
    return counts


def _add(row: Any) -> Any:
    db.session.add(row)
    db.session.flush()
    return row
