"""What an event has to say, to whom: the values of a message's placeholders, read from what the event is about."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flask import current_app
from sqlalchemy import select

from app.config import Config
from app.domain.messages import EMAIL, KINDS, SMS, Kind
from app.domain.statuses import PaymentLinkStatus, RenewalStatus, SessionStatus
from app.models import Event, Message, Payment, PaymentLink, Refund, Renewal, Subscription, User, db, utc_now
from app.services.link_addresses import url_of
from app.services.message_voice import Voice, voice_for
from app.services.wording import method_labels

# A name is what somebody typed: one that leads elsewhere would make our message carry a stranger's advertisement.
_LEADS_ELSEWHERE = re.compile(r"[/:@<>\\]|\w\.\w\w")
MOST_OF_A_NAME = 60
_ASKING = ("payment_link.sent", "payment_link.reminded")


@dataclass(frozen=True)
class Letter:
    """One message to be written: `values` by placeholder, as the reader's language writes them."""

    kind: Kind
    channel: str
    recipient: str = field(repr=False)
    language: str
    values: dict[str, str] = field(repr=False)


def letters_of(event: Event) -> list[Letter]:
    """Return what `event` has to say now: nothing when nobody gave an address, or when there is nothing to be told."""
    teller = _TELLERS.get(event.kind)
    return [letter for letter in teller(event) if letter.recipient] if teller is not None else []


def asks_in_vain(message: Message) -> bool:
    """Tell whether a message asks for what was paid since it was written, or can no longer be paid."""
    if message.kind in _ASKING:
        return not _is_payable(db.session.get_one(PaymentLink, message.subject_id))
    if message.kind == "subscription.renewal_failed":
        renewal = db.session.get(Renewal, message.subject_id)
        return renewal is not None and renewal.status == RenewalStatus.PAID
    return False


def _payment_paid(event: Event) -> list[Letter]:
    payment = db.session.get_one(Payment, event.subject_id)
    voice = _voice(payment.session.locale)
    return [
        _to_customer(
            KINDS[event.kind],
            payment.session.customer,
            voice,
            amount=voice.money(payment.amount, payment.currency),
            reference=payment.reference,
            method=method_labels(voice.language).get(payment.method or "", ""),
            paid_on=voice.day(payment.paid_at),
        )
    ]


def _payment_failed(event: Event) -> list[Letter]:
    payment = db.session.get_one(Payment, event.subject_id)
    session = payment.session
    is_open = session.status == SessionStatus.OPEN and session.expires_at > utc_now()
    voice = _voice(session.locale)
    return [
        _to_customer(
            KINDS[event.kind],
            session.customer,
            voice,
            amount=voice.money(payment.amount, payment.currency),
            reference=payment.reference,
            link=f"{_config().public_url}/checkout/{session.id}" if is_open else "",
        )
    ]


def _refund(event: Event) -> list[Letter]:
    refund = db.session.get_one(Refund, event.subject_id)
    payment: Payment = refund.payment
    voice = _voice(payment.session.locale)
    letters = []
    if event.kind in KINDS:
        values = {"amount": voice.money(refund.amount, payment.currency), "reference": payment.reference}
        ended = voice.day(refund.ended_at)
        letters.append(_to_customer(KINDS[event.kind], payment.session.customer, voice, refunded_on=ended, **values))
    kind = KINDS[f"{event.kind}_for_requester"]
    own = _voice("en-GB")  # as the backoffice writes
    values = {
        "merchant": _config().theme.name,
        "amount": own.money(refund.amount, payment.currency),
        "reference": payment.reference,
        "reason": refund.failure_message or refund.failure_code or "",
        "link": f"{_config().public_url}/admin/payments/{payment.id}",
    }
    letters.append(Letter(kind, EMAIL, _colleague(refund.requested_by), own.language, values))
    return letters


def _payment_link(event: Event) -> list[Letter]:
    link = db.session.get_one(PaymentLink, event.subject_id)
    if not _is_payable(link):
        return []
    kind, voice = KINDS[event.kind], _voice(link.locale)
    values = _common(link.customer) | {
        "amount": voice.money(link.amount, link.currency),
        "reference": link.reference,
        "expires_on": voice.day(link.expires_at),
        "link": url_of(link),
    }
    recipients = ((EMAIL, link.email), (SMS, link.phone))
    return [Letter(kind, channel, to or "", voice.language, values) for channel, to in recipients]


def _subscription(event: Event) -> list[Letter]:
    renewal: Renewal | None = None
    if event.subject_id.startswith("ren_"):
        renewal = db.session.get_one(Renewal, event.subject_id)
        if renewal.status == RenewalStatus.PAID:
            return []  # collected in the meantime
        subscription: Subscription = renewal.subscription
    else:
        subscription = db.session.get_one(Subscription, event.subject_id)
        renewal = _uncollected(subscription)
    voice = voice_for(subscription.locale, subscription.timezone, KINDS[event.kind].languages)
    about = event.kind in ("subscription.renewal_failed", "subscription.aborted")
    amount = renewal.amount if about and renewal is not None else subscription.amount
    ends = subscription.cancel_at or subscription.ends_at
    link = _link_to_pay(renewal, event.data.get("link_id")) if about and renewal is not None else None
    customer = subscription.customer | {"email": subscription.customer_email}
    return [
        _to_customer(
            KINDS[event.kind],
            customer,
            voice,
            amount=voice.money(amount, subscription.currency),
            reference=subscription.reference,
            interval=voice.interval(subscription.interval_unit, subscription.interval_count),
            next_payment_on=voice.day(subscription.next_due_at),
            due_on=voice.day(renewal.due_at if renewal is not None else None),
            next_try_on=voice.day(renewal.next_try_at if renewal is not None else None),
            ends_on=voice.day(ends),
            link=url_of(link) if link is not None else "",
        )
    ]


def _uncollected(subscription: Subscription) -> Renewal | None:
    missing = (RenewalStatus.OPEN, RenewalStatus.FAILED)
    query = select(Renewal).where(Renewal.subscription_id == subscription.id, Renewal.status.in_(missing))
    return db.session.scalar(query.order_by(Renewal.number.desc()).limit(1))


def _link_to_pay(renewal: Renewal, link_id: object) -> PaymentLink | None:
    """Return the link that the event names, or the newest one by which the renewal can still be paid."""
    query = select(PaymentLink).where(
        PaymentLink.renewal_id == renewal.id,
        PaymentLink.status == PaymentLinkStatus.ACTIVE,
        PaymentLink.expires_at > utc_now(),
    )
    named = db.session.get(PaymentLink, link_id) if isinstance(link_id, str) else None
    if named is not None and _is_payable(named):
        return named
    return db.session.scalar(query.order_by(PaymentLink.created_at.desc()).limit(1))


def _is_payable(link: PaymentLink) -> bool:
    return bool(link.status == PaymentLinkStatus.ACTIVE and link.expires_at > utc_now())


def _to_customer(kind: Kind, customer: dict[str, object], voice: Voice, **values: str) -> Letter:
    email = customer.get("email")
    recipient = email if isinstance(email, str) and "@" in email else ""
    told = {name: value for name, value in values.items() if name in kind.names}
    return Letter(kind, EMAIL, recipient, voice.language, _common(customer) | told)


def _common(customer: dict[str, object]) -> dict[str, str]:
    name = customer.get("name")
    usable = isinstance(name, str) and len(name) <= MOST_OF_A_NAME and not _LEADS_ELSEWHERE.search(name)
    return {"merchant": _config().theme.name, "name": str(name) if usable else ""}


def _colleague(actor: str) -> str:
    """Return the address of the person that an actor names; empty for anybody else, and for one who has left."""
    kind, _, email = actor.partition(":")
    known = select(User.email).where(User.email == email, User.active.is_(True))
    return (db.session.scalar(known) or "") if kind == "user" else ""


def _voice(locale: str) -> Voice:
    return voice_for(locale, _config().merchant_timezone, KINDS["payment.paid"].languages)


def _config() -> Config:
    config: Config = current_app.config["JUNCTION"]
    return config


_TELLERS: Mapping[str, Callable[[Event], list[Letter]]] = {
    "payment.paid": _payment_paid,
    "payment.failed": _payment_failed,
    "refund.succeeded": _refund,
    "refund.failed": _refund,
    "payment_link.sent": _payment_link,
    "payment_link.reminded": _payment_link,
} | {kind.event: _subscription for kind in KINDS.values() if kind.event.startswith("subscription.")}
