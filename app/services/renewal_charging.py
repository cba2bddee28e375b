"""Charging a renewal by the stored token, and asking the customer to pay it by link when that does not work."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from app.domain.ids import new_id
from app.domain.statuses import RUNNING_SUBSCRIPTION, PaymentStatus, RenewalStatus
from app.models import CheckoutSession, Event, Payment, PaymentAttempt, PaymentLink, Renewal, Subscription, db, utc_now
from app.services import accounts, attempts, charging, events, jobs, payment_links, payments, periods
from app.services.alerts import close_alert, raise_alert
from app.services.errors import Busy, NotFound
from app.services.provider_subscriptions import stop
from app.services.renewal_settings import renewal_settings
from app.services.renewals import LONGEST
from app.services.sessions import live_attempt
from app.services.slots import provider_slot
from app.services.subscription_errors import (
    AccountNotUsable,
    ChargedByProvider,
    NothingStored,
    RenewalNotOpen,
    RenewalUnderWay,
    TriedMeanwhile,
)
from app.services.transaction import transaction
from app.services.transitions import move, record_creation
from providers.interface import ChargeStage, FailureKind

LATER = timedelta(hours=1)  # when a try that cannot be made now is due again; no try is counted
PAUSE = timedelta(seconds=5)
FAILED = "subscription.renewal_failed"
WAIT, TOO_LONG = "renewals_wait", timedelta(days=1)  # a kind of alerts, and how long an outage may keep us waiting
_WAITING = "It is switched off or in outage, and renewals by what it stores have been waiting for a day or longer."
DECLINES = (FailureKind.HARD_DECLINE, FailureKind.SOFT_DECLINE, FailureKind.NEEDS_CUSTOMER)


def get_renewal(renewal_id: str) -> Renewal:
    """Return a renewal. Raises NotFound."""
    renewal = db.session.get(Renewal, renewal_id)
    if renewal is None:
        raise NotFound("renewal", renewal_id)
    return renewal


def charge_due(renewal_id: str) -> None:
    """Charge a renewal whose try is due, once: nothing happens when it is not, or a payment of it is under way."""
    try:
        with provider_slot():
            _leave_no_idle_page_open(renewal_id)
            attempt = _start(renewal_id, actor="system")
            if attempt is not None:
                charging.charge(attempt.id, actor="system")
    except Busy as busy:
        raise jobs.NotYet(utc_now() + PAUSE) from busy


def retry_now(renewal_id: str, *, actor: str, seen_tries: int | None = None) -> Renewal:
    """Charge an open renewal by the stored token without waiting for its next try; return it as it then stands.

    With `seen_tries`, the tries that whoever asks knows of, asking twice charges once. Raises NotFound,
    RenewalNotOpen, ChargedByProvider, NothingStored, RenewalUnderWay, TriedMeanwhile, AccountNotUsable, Busy.
    """
    get_renewal(renewal_id)
    with provider_slot():
        attempt = _start(renewal_id, actor=actor, now_please=True, seen_tries=seen_tries)
        assert attempt is not None, "what stands against it was raised"
        charging.charge(attempt.id, actor=actor)
    return get_renewal(renewal_id)


def ask_by_link(renewal_id: str, *, actor: str) -> PaymentLink:
    """Send the customer a link to pay an open renewal by any method; a stored one is not charged meanwhile for good.

    A provider that charges the subscription by itself has to stop first; from then on we charge it, by what the
    customer chooses. Raises NotFound, RenewalNotOpen, RenewalUnderWay, ProviderSilent, and what sending a link may.
    """
    renewal = get_renewal(renewal_id)
    if renewal.status != RenewalStatus.OPEN:
        raise RenewalNotOpen(renewal.status)
    if renewal.subscription.collection == "automatic":
        stop(renewal_id, actor=actor)
    with transaction():
        _, renewal = _lock(renewal_id)
        if renewal.status == RenewalStatus.OPEN:
            session = db.session.get_one(CheckoutSession, renewal.session_id, with_for_update=True)
            session.expires_at = max(session.expires_at, utc_now() + timedelta(days=renewal_settings().days_to_pay))
    link = payment_links.create_for_renewal(renewal_id, actor=actor, send=False)  # or the one that there is already
    return payment_links.send(link.id, actor=actor) if link.email else link


def ask(renewal_id: str) -> None:
    """Send the link of a renewal that the customer pays themselves; a person is told when there is nowhere to send."""
    renewal = get_renewal(renewal_id)
    if renewal.status != RenewalStatus.OPEN:
        return
    if renewal.subscription.customer_email is not None:
        payment_links.create_for_renewal(renewal_id, actor="system")
        return
    with transaction():
        raise_alert("renewal_needs_link", renewal_id, "Its customer has to pay it by link and has no e-mail address.")


def tell_failure(attempt_id: str) -> None:
    """Tell once that a try of a renewal failed, with the link by which the customer may pay it instead.

    A technical failure is not the customer's: they are asked only when no try of ours is left.
    """
    attempt = attempts.get_attempt(attempt_id)
    renewal = db.session.scalars(select(Renewal).where(Renewal.session_id == attempt.session_id)).one()
    subscription = renewal.subscription
    asked = attempt.failure_kind in DECLINES or renewal.next_try_at is None
    may_link = renewal_settings().link_after_failure and subscription.collection == "manual"
    link_id = None
    if asked and may_link and renewal.status == RenewalStatus.OPEN and subscription.customer_email is not None:
        link_id = payment_links.create_for_renewal(renewal.id, actor="system", send=False).id
    with transaction():
        _, renewal = _lock(renewal.id)
        told = db.session.scalars(select(Event.data).where(Event.subject_id == renewal.id, Event.kind == FAILED))
        if attempt_id not in {data.get("attempt_id") for data in told}:
            next_try = renewal.next_try_at.isoformat() if renewal.next_try_at else None
            events.tell(FAILED, renewal, attempt_id=attempt_id, link_id=link_id, next_try_at=next_try)


def _start(
    renewal_id: str, *, actor: str, now_please: bool = False, seen_tries: int | None = None
) -> PaymentAttempt | None:
    """Record the attempt that charges a renewal and commit; None when its try is not due or cannot be made now."""
    with transaction():
        subscription, renewal = _lock(renewal_id)
        session = db.session.get_one(CheckoutSession, renewal.session_id, with_for_update=True, populate_existing=True)
        payment = db.session.scalars(
            select(Payment)
            .where(Payment.session_id == session.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one()
        live = live_attempt(session.id) is not None
        if now_please:
            _refuse(subscription, renewal, live)
            if seen_tries not in (None, renewal.tries):
                raise TriedMeanwhile
        elif not _is_due(subscription, renewal, utc_now()):
            return None
        usable = subscription.account_id in accounts.usable()
        if live or not usable:
            renewal.next_try_at = utc_now() + LATER
            if not usable and utc_now() - renewal.due_at > TOO_LONG:
                raise_alert(WAIT, str(subscription.account_id), _WAITING)
            return None
        close_alert(WAIT, str(subscription.account_id), note="It can be used again.")
        renewal.tries += 1
        renewal.next_try_at = None
        session.expires_at = max(session.expires_at, utc_now() + LONGEST)  # a failure tells how long it lives after it
        return _record(subscription, payment, actor)


def _record(subscription: Subscription, payment: Payment, actor: str) -> PaymentAttempt:
    method, account_id = subscription.method, subscription.account_id
    move(payment, PaymentStatus.PENDING, actor=actor, method=method, account_id=account_id)
    now = utc_now()
    attempt = PaymentAttempt(
        id=new_id("att"),
        session_id=payment.session_id,
        payment_id=payment.id,
        account_id=account_id,
        method=method,
        token_id=subscription.token_id,
        started_at=now,
        next_check_at=now + attempts.FIRST_CHECK,
    )
    record_creation(attempt, actor=actor)
    return attempt


def _is_due(subscription: Subscription, renewal: Renewal, now: datetime) -> bool:
    ours = subscription.collection == "manual" and subscription.token_id is not None
    running = subscription.status in RUNNING_SUBSCRIPTION and renewal.status == RenewalStatus.OPEN
    return ours and running and renewal.next_try_at is not None and renewal.next_try_at <= now


def _refuse(subscription: Subscription, renewal: Renewal, live: bool) -> None:
    if renewal.status != RenewalStatus.OPEN or renewal.number == 1:
        raise RenewalNotOpen(renewal.status)
    if subscription.collection == "automatic":
        raise ChargedByProvider
    if subscription.token_id is None:
        raise NothingStored
    if live:
        raise RenewalUnderWay
    if subscription.account_id not in accounts.usable():
        raise AccountNotUsable


def _lock(renewal_id: str) -> tuple[Subscription, Renewal]:
    subscription = periods.lock(get_renewal(renewal_id).subscription_id)
    return subscription, db.session.get_one(Renewal, renewal_id, with_for_update=True, populate_existing=True)


def _leave_no_idle_page_open(renewal_id: str) -> None:
    """Take back a provider's page that the customer opened by link and left: it would keep us from trying for days."""
    live = live_attempt(get_renewal(renewal_id).session_id)
    waits = live is not None and live.stage == ChargeStage.AWAITING_CUSTOMER and live.started_at < utc_now() - LATER
    if live is not None and waits:
        payments.abandon(live.id, actor="system")
