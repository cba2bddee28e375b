"""Following a payment link: the session it leads to, and whether the customer goes straight on to the provider."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import current_app
from sqlalchemy import select

from app.domain.ids import new_id
from app.domain.statuses import PaymentLinkStatus, SessionStatus
from app.models import CheckoutSession, PaymentAttempt, PaymentLink, db, utc_now
from app.services import link_addresses, payments, rule_sets
from app.services.decisions import current_decision, ended_attempts, offered_now, outcome_of
from app.services.errors import NotFound, Refusal
from app.services.payment_link_errors import LinkOver
from app.services.payment_link_states import lock
from app.services.sessions import NewSession, add_session, is_overdue, live_attempt
from app.services.transaction import transaction


@dataclass(frozen=True)
class Opened:
    """Where a link led. `remember` says that this visitor's next visit should name the session: it is theirs alone."""

    session_id: str
    remember: bool


def find_link(token: str) -> PaymentLink:
    """Return the link that an address leads to, changing nothing. Raises NotFound for one that was not made here."""
    link_id = link_addresses.id_of(token)
    link = db.session.get(PaymentLink, link_id) if link_id is not None else None
    if link is None:
        raise NotFound("payment link", token)
    return link


def open_link(token: str, *, remembered: str | None = None) -> Opened:
    """Follow a link: return its session, a new one when it has none that can still be paid. It charges nothing.

    A link that is paid once has one session at a time; one that is paid several times has one for each visitor, who
    is known by the session `remembered`. Each call counts as an opening. Raises NotFound, LinkOver.
    """
    link_id = find_link(token).id
    rule_sets.warm_up()
    with transaction():
        link = lock(link_id)
        now = utc_now()
        is_over = link.status != PaymentLinkStatus.ACTIVE or link.expires_at <= now
        session = _session_of(link, remembered, is_over=is_over)
        if session is None and is_over:
            raise LinkOver(PaymentLinkStatus.EXPIRED if link.status == PaymentLinkStatus.ACTIVE else link.status)
        session = session or _begin(link)
        link.opened_count += 1
        link.opened_at = link.opened_at or now
        return Opened(session.id, remember=link.max_payments > 1)


def go_straight(session_id: str) -> PaymentAttempt | None:
    """Start paying when nothing is left to ask: one method with one provider, and terms that were accepted before.

    Returns the attempt, or None when the customer has something to choose, to read or to be told first. The money
    moves at the provider, where the customer agrees to it.
    """
    session = db.session.get_one(CheckoutSession, session_id)
    link: PaymentLink | None = session.payment_link
    if link is None or link.terms_accepted_at is None or session.status != SessionStatus.OPEN:
        return None
    if live_attempt(session_id) is not None or ended_attempts(session_id):
        return None
    with transaction():
        decision = outcome_of(current_decision(session))
    offered = offered_now(decision)
    if len(offered) != 1 or len(offered[0].accounts) != 1 or decision.notices:
        return None
    try:
        return payments.pay(session_id, method=offered[0].method, accept_terms=True, actor="customer")
    except Refusal:  # whatever changed meanwhile, the session's page tells it
        return None


def _session_of(link: PaymentLink, remembered: str | None, *, is_over: bool) -> CheckoutSession | None:
    """Return the session that a visitor sees again: paid, being paid, or still to be paid while the link lives.

    A renewal's link has no other session than the renewal's own: another one could be paid a second time.
    """
    own = select(CheckoutSession).order_by(CheckoutSession.created_at.desc(), CheckoutSession.id.desc())
    if link.renewal_id is not None:
        own = own.where(CheckoutSession.id == link.renewal.session_id)
    elif link.max_payments > 1:
        own = own.where(CheckoutSession.payment_link_id == link.id, CheckoutSession.id == remembered)
    else:
        own = own.where(CheckoutSession.payment_link_id == link.id)
    now = utc_now()
    for session in db.session.scalars(own).all():
        if session.status == SessionStatus.COMPLETED or live_attempt(session.id) is not None:
            return session
        to_pay = link.renewal_id is not None or (session.status == SessionStatus.OPEN and not is_overdue(session, now))
        if to_pay and not is_over:
            return session
    return None


def _begin(link: PaymentLink) -> CheckoutSession:
    minutes = current_app.config["JUNCTION"].session_minutes
    wanted = NewSession(
        amount=link.amount,
        currency=link.currency,
        reference=link.reference,
        success_url=link.success_url,
        failure_url=link.failure_url,
        locale=link.locale,
        flow="pay_by_link",
        customer=link.customer,
        attributes=link.attributes,
        items=link.items,
        payment_link_id=link.id,
    )
    ends = min(utc_now() + timedelta(minutes=minutes), link.expires_at)
    return add_session(wanted, new_id("cs"), actor="customer", api_key_id=link.api_key_id, expires_at=ends)
