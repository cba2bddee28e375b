"""The search box: an exact id, reference or e-mail address; never a scan."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from admin.roles import may
from admin.subjects import url_of
from app.models import CheckoutSession, Payment, PaymentLink, Subscription, db

LIMIT = 50
LONGEST = 254


@dataclass(frozen=True)
class Found:
    """What a search found; `only` is the page to go to when there is exactly one answer."""

    only: str | None = None
    payments: list[Payment] = field(default_factory=list)
    sessions: list[CheckoutSession] = field(default_factory=list)
    subscriptions: list[Subscription] = field(default_factory=list)
    links: list[PaymentLink] = field(default_factory=list)


def find(text: str) -> Found:
    """Return what `text` names: the id of anything with a page, a reference, or a customer's e-mail address."""
    if not text or len(text) > LONGEST or not text.isprintable():
        return Found()
    address = url_of(text)
    if address is not None:
        return Found(only=address)
    if "@" in text:
        payments = _payments(Payment.customer_email.in_({text, text.lower()})) or _payments(Payment.reference == text)
        subscriptions = _subscriptions(Subscription.customer_email.in_({text, text.lower()}))
        links = _links(PaymentLink.email.in_({text, text.lower()}))
    else:
        payments = _payments(Payment.reference == text)
        subscriptions = _subscriptions(Subscription.reference == text)
        links = _links(PaymentLink.reference == text)
    without = CheckoutSession.reference == text, ~CheckoutSession.payment.has()
    newest = select(CheckoutSession).where(*without).order_by(CheckoutSession.created_at.desc()).limit(LIMIT)
    sessions = list(db.session.scalars(newest))
    ids = [row.id for rows in (payments, sessions, subscriptions, links) for row in rows]
    return Found(url_of(ids[0]) if len(ids) == 1 else None, payments, sessions, subscriptions, links)


def _payments(condition: ColumnElement[bool]) -> list[Payment]:
    newest = select(Payment).where(condition).order_by(Payment.created_at.desc(), Payment.id.desc())
    return list(db.session.scalars(newest.options(joinedload(Payment.session)).limit(LIMIT)))


def _subscriptions(condition: ColumnElement[bool]) -> list[Subscription]:
    if not may("subscriptions.view"):
        return []
    newest = select(Subscription).where(condition).order_by(Subscription.created_at.desc(), Subscription.id.desc())
    return list(db.session.scalars(newest.limit(LIMIT)))


def _links(condition: ColumnElement[bool]) -> list[PaymentLink]:
    if not may("links.view"):
        return []
    newest = select(PaymentLink).where(condition).order_by(PaymentLink.created_at.desc(), PaymentLink.id.desc())
    return list(db.session.scalars(newest.limit(LIMIT)))
