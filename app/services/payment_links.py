"""Payment links: made, sent, revoked; what is sent and where follows from the events that are told here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.domain.ids import new_id
from app.domain.statuses import PaymentLinkStatus, RenewalStatus, SessionStatus
from app.models import CheckoutSession, Event, PaymentLink, Renewal, db, utc_now
from app.services import events, own_attributes, payment_link_fields, sessions
from app.services.errors import NotFound
from app.services.facts import check_attributes
from app.services.payment_link_errors import LinkNotActive, NobodyToSendTo, RenewalNotOpen, SentTooOften
from app.services.payment_link_states import lock
from app.services.transaction import transaction
from app.services.transitions import move, record_creation

LIFE = timedelta(days=7)  # of a link whose end nobody chose
DAY = timedelta(days=1)
PAUSE, A_DAY = timedelta(minutes=1), 5  # between two sendings of a link, and how many there may be in a day
SENT, REMINDED = "payment_link.sent", "payment_link.reminded"


@dataclass(frozen=True, kw_only=True)
class NewLink:
    """What is to be paid, as in sessions.NewSession, by whom and until when.

    It goes to `email` or to `phone` (E.164), or to nobody: then its address is handed over otherwise. `accept_terms`
    says that its customer accepted the terms already. `expires_at` None is LIFE from now. Without `success_url` and
    `failure_url`, the customer's way ends on the checkout's own pages.
    """

    amount: int
    currency: str
    reference: str
    customer: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    items: list[dict[str, Any]] = field(default_factory=list)
    locale: str = "en"
    success_url: str = ""
    failure_url: str = ""
    email: str | None = None
    phone: str | None = None
    max_payments: int = 1
    expires_at: datetime | None = None
    accept_terms: bool = False
    send: bool = True


def create(wanted: NewLink, *, actor: str, api_key_id: str | None = None, link_id: str | None = None) -> PaymentLink:
    """Make a link, and send it unless that is not wanted; with `link_id` of one that exists, return that one.

    Raises FieldsRefused, rules.InvalidFacts; then nothing is stored.
    """
    now = utc_now()
    payment_link_fields.check(wanted.email, wanted.phone, wanted.max_payments, wanted.accept_terms, wanted.expires_at)
    try:
        return _create(wanted, now, actor, api_key_id, link_id)
    except IntegrityError:  # the same link may have been made at this very moment
        known = db.session.get(PaymentLink, link_id) if link_id else None
        if known is None:
            raise
        return known


def _create(wanted: NewLink, now: datetime, actor: str, api_key_id: str | None, link_id: str | None) -> PaymentLink:
    customer = wanted.customer | ({"email": wanted.email} if wanted.email and "email" not in wanted.customer else {})
    with transaction():
        known = db.session.get(PaymentLink, link_id) if link_id else None
        if known is not None:
            return known
        own_attributes.mark_carried(wanted.attributes, now)
        check_attributes(wanted.attributes)
        link = PaymentLink(
            id=link_id or new_id("plink"),
            amount=wanted.amount,
            currency=wanted.currency,
            reference=wanted.reference,
            customer=customer,
            attributes=wanted.attributes,
            items=wanted.items,
            locale=wanted.locale,
            success_url=wanted.success_url,
            failure_url=wanted.failure_url,
            email=wanted.email,
            phone=wanted.phone,
            max_payments=wanted.max_payments,
            terms_accepted_at=now if wanted.accept_terms else None,
            api_key_id=api_key_id,
        )
        return _add(link, now, wanted.expires_at or now + LIFE, actor, send=wanted.send)


def create_for_renewal(renewal_id: str, *, actor: str, send: bool = True) -> PaymentLink:
    """Make a link by which the customer of a subscription pays its open renewal, or return the one that there is.

    It goes to the subscription's customer. Raises NotFound, RenewalNotOpen.
    """
    now = utc_now()
    _expire_overdue(renewal_id, now)
    with transaction():
        renewal = db.session.get(Renewal, renewal_id, with_for_update=True, populate_existing=True)
        if renewal is None:
            raise NotFound("renewal", renewal_id)
        active = PaymentLink.renewal_id == renewal_id, PaymentLink.status == PaymentLinkStatus.ACTIVE
        known = db.session.scalar(select(PaymentLink).where(*active))
        if known is not None:
            return known
        if renewal.status != RenewalStatus.OPEN:
            raise RenewalNotOpen(renewal.status)
        subscription, session = renewal.subscription, renewal.session
        link = PaymentLink(
            id=new_id("plink"),
            amount=renewal.amount,
            currency=subscription.currency,
            reference=session.reference,
            customer=subscription.customer,
            attributes=session.attributes,
            items=session.items,
            locale=subscription.locale,
            success_url=session.success_url,
            failure_url=session.failure_url,
            email=subscription.customer_email,
            renewal_id=renewal.id,
            max_payments=1,
        )
        return _add(link, now, _within(session.expires_at, now), actor, send=send)


def get_link(link_id: str) -> PaymentLink:
    """Return a link. Raises NotFound."""
    link = db.session.get(PaymentLink, link_id)
    if link is None:
        raise NotFound("payment link", link_id)
    return link


def send(link_id: str, *, actor: str) -> PaymentLink:
    """Send an active link to its customer, for the first time or again.

    Raises NotFound, LinkNotActive, NobodyToSendTo, SentTooOften.
    """
    now = utc_now()
    with transaction():
        link = lock(link_id)
        if link.status != PaymentLinkStatus.ACTIVE:
            raise LinkNotActive(link.status)
        if link.expires_at <= now:
            raise LinkNotActive(PaymentLinkStatus.EXPIRED)
        if not (link.email or link.phone):
            raise NobodyToSendTo
        if (again_at := _next_sending(link, now)) > now:
            raise SentTooOften(again_at)
        _send(link, now)
    return link


def revoke(link_id: str, *, actor: str) -> PaymentLink:
    """Let nobody pay by a link any more; its open sessions expire, but for those whose payment is under way.

    Revoking it again changes nothing. Raises NotFound, LinkNotActive.
    """
    with transaction():
        link = lock(link_id)
        if link.status == PaymentLinkStatus.REVOKED:
            return link
        if link.status != PaymentLinkStatus.ACTIVE:
            raise LinkNotActive(link.status)
        move(link, PaymentLinkStatus.REVOKED, actor=actor)
        _close_sessions(link, actor)
    return link


def close_over(event: Event) -> None:
    """Expire what is still open of a link that was completed or revoked: nothing can be paid there."""
    if event.kind not in ("payment_link.completed", "payment_link.revoked"):
        return
    with transaction():
        _close_sessions(lock(event.subject_id), "system")


def sendings(link_id: str) -> list[Event]:
    """Return when a link was sent and its customer reminded: an event for each, oldest first."""
    about = Event.subject_id == link_id, Event.kind.in_((SENT, REMINDED))
    return list(db.session.scalars(select(Event).where(*about).order_by(Event.created_at, Event.id)))


def _add(link: PaymentLink, now: datetime, expires_at: datetime, actor: str, *, send: bool) -> PaymentLink:
    life = expires_at - now
    link.created_by, link.created_at, link.expires_at = actor, now, expires_at
    link.remind_at = expires_at - (DAY if life >= 2 * DAY else life / 2)
    record_creation(link, actor=actor)
    if send and (link.email or link.phone):
        _send(link, now)
    return link


def _send(link: PaymentLink, now: datetime) -> None:
    link.sent_at, link.sent_count = now, link.sent_count + 1
    if link.remind_at is not None and link.remind_at <= now:
        link.remind_at = None  # what was due to be told is told by this
    events.tell(SENT, link)


def _next_sending(link: PaymentLink, now: datetime) -> datetime:
    """Return when a link may be sent next: a time that has passed when it may be sent now."""
    lately = [event.created_at for event in sendings(link.id) if event.kind == SENT and event.created_at > now - DAY]
    next_at = link.sent_at + PAUSE if link.sent_at is not None else now
    return max(next_at, lately[-A_DAY] + DAY) if len(lately) >= A_DAY else next_at


def _expire_overdue(renewal_id: str, now: datetime) -> None:
    """Expire the link of a renewal when its time has passed, so that it makes room for one that works."""
    overdue = (
        PaymentLink.renewal_id == renewal_id,
        PaymentLink.status == PaymentLinkStatus.ACTIVE,
        PaymentLink.expires_at <= now,
    )
    query = select(PaymentLink).where(*overdue).with_for_update().execution_options(populate_existing=True)
    with transaction():
        link = db.session.scalar(query)
        if link is not None:
            move(link, PaymentLinkStatus.EXPIRED, actor="system", reason="its time passed")


def _close_sessions(link: PaymentLink, actor: str) -> None:
    own = select(CheckoutSession).where(
        CheckoutSession.payment_link_id == link.id, CheckoutSession.status == SessionStatus.OPEN
    )
    in_order = own.order_by(CheckoutSession.expires_at, CheckoutSession.id)  # that in which time expires them, too
    for session in db.session.scalars(in_order).all():
        sessions.expire(session, actor=actor, reason=f"its payment link is {link.status}")


def _within(session_ends: datetime, now: datetime) -> datetime:
    """Return when a link to a renewal's session expires: with it at the latest, unless that is over already."""
    return min(now + LIFE, session_ends) if session_ends > now else now + LIFE
