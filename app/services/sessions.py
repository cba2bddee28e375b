"""Checkout sessions: opened with facts and a decision, completed by a payment, expired by time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import and_, exists, select

from app.domain.ids import new_id
from app.domain.statuses import PaymentStatus, SessionStatus
from app.models import IS_LIVE, CheckoutSession, Payment, PaymentAttempt, Renewal, db, utc_now
from app.models.subscriptions import IS_OPEN
from app.services import own_attributes, rule_sets
from app.services.decisions import decide_for
from app.services.errors import NotFound
from app.services.facts import check_attributes
from app.services.transaction import transaction
from app.services.transitions import move, record_creation

_IS_TO_BE_TRIED = and_(IS_OPEN, Renewal.next_try_at.is_not(None))


@dataclass(frozen=True, kw_only=True)
class NewSession:
    """What a shop asks: `amount` in minor units; `customer` {email, name, country, type, returning}; `items`
    [{name, quantity, amount}]; `attributes` the facts that the hub does not compute."""

    amount: int
    currency: str
    reference: str
    success_url: str
    failure_url: str
    locale: str = "en"
    flow: str = "direct"
    customer: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    items: list[dict[str, Any]] = field(default_factory=list)
    subscription_id: str | None = None
    payment_link_id: str | None = None


def open_session(
    wanted: NewSession,
    *,
    actor: str,
    api_key_id: str | None = None,
    session_id: str | None = None,
    expires_at: datetime | None = None,
) -> CheckoutSession:
    """Store a session with its facts and its decision; with `session_id` of one that exists, return that one.

    It expires at `expires_at`, or after the configured time.

    Raises rules.InvalidFacts, in which case nothing is stored.
    """
    rule_sets.warm_up()
    session_id = session_id or new_id("cs")
    with transaction():
        known = db.session.get(CheckoutSession, session_id)
        return known or add_session(wanted, session_id, actor=actor, api_key_id=api_key_id, expires_at=expires_at)


def add_session(
    wanted: NewSession,
    session_id: str,
    *,
    actor: str,
    api_key_id: str | None = None,
    expires_at: datetime | None = None,
) -> CheckoutSession:
    """Add a session with its decision to the caller's transaction, to be committed with what it belongs to.

    Call `rule_sets.warm_up` before that transaction begins. Raises rules.InvalidFacts.
    """
    now = utc_now()
    minutes = current_app.config["JUNCTION"].session_minutes
    session = CheckoutSession(
        **vars(wanted),
        id=session_id,
        api_key_id=api_key_id,
        created_at=now,
        expires_at=expires_at or now + timedelta(minutes=minutes),
    )
    own_attributes.mark_carried(wanted.attributes, now)
    check_attributes(wanted.attributes)
    record_creation(session, actor=actor)
    decide_for(session)
    return session


def get_session(session_id: str) -> CheckoutSession:
    """Return a session, expired first if its time has passed. Raises NotFound."""
    session = db.session.get(CheckoutSession, session_id)
    if session is None:
        raise NotFound("checkout session", session_id)
    if is_overdue(session, utc_now()):
        with transaction():
            expire(session)
    return session


def is_overdue(session: CheckoutSession, now: datetime) -> bool:
    """Tell whether an open session has passed its time."""
    return session.status == SessionStatus.OPEN and session.expires_at <= now


def live_attempt(session_id: str) -> PaymentAttempt | None:
    """Return the one attempt of the session that may still take money, if any."""
    return db.session.scalar(select(PaymentAttempt).where(PaymentAttempt.session_id == session_id, IS_LIVE))


def expire(session: CheckoutSession, *, actor: str = "system", reason: str = "its time passed") -> bool:
    """Expire an open session in the caller's transaction, unless a live attempt may still take the money, or it is
    a renewal's that is still to be tried: after a stop of ours its tries come late, and they come first."""
    locked = db.session.get_one(CheckoutSession, session.id, with_for_update=True, populate_existing=True)
    to_be_tried = db.session.scalar(select(Renewal.id).where(Renewal.session_id == session.id, _IS_TO_BE_TRIED))
    if locked.status != SessionStatus.OPEN or live_attempt(session.id) is not None or to_be_tried is not None:
        return False
    moved = move(locked, SessionStatus.EXPIRED, actor=actor, reason=reason)
    payment = db.session.scalar(select(Payment).where(Payment.session_id == session.id))
    if moved and payment is not None and payment.status in (PaymentStatus.CREATED, PaymentStatus.FAILED):
        move(payment, PaymentStatus.EXPIRED, actor=actor, reason="its checkout session expired")
    return moved


def expire_overdue(limit: int = 200) -> int:
    """Expire sessions whose time has passed; return how many."""
    live = exists().where(PaymentAttempt.session_id == CheckoutSession.id, IS_LIVE)
    to_be_tried = exists().where(Renewal.session_id == CheckoutSession.id, _IS_TO_BE_TRIED)
    with transaction():
        overdue = db.session.scalars(
            select(CheckoutSession)
            .where(CheckoutSession.status == SessionStatus.OPEN, CheckoutSession.expires_at <= utc_now())
            .where(~live, ~to_be_tried)
            .order_by(CheckoutSession.expires_at, CheckoutSession.id)
            .limit(limit)
        ).all()
        return sum(expire(session) for session in overdue)
