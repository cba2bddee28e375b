"""Renewals that we collect: opened when they fall due, charged by the stored token, tried again, and given up."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import exists, func, select, update

from app.domain.ids import new_id
from app.domain.statuses import RUNNING_SUBSCRIPTION, RenewalStatus, SubscriptionStatus
from app.models import IS_LIVE, IS_RUNNING, CheckoutSession, Payment, PaymentAttempt, Renewal, Subscription, db, utc_now
from app.models.subscriptions import IS_OPEN
from app.services import jobs, periods, rule_sets, sessions
from app.services.alerts import raise_alert
from app.services.facts import check_attributes
from app.services.renewal_settings import renewal_settings
from app.services.sessions import NewSession
from app.services.subscription_ends import end, open_renewals
from app.services.transaction import transaction
from app.services.transitions import move, record_creation
from rules import InvalidFacts

log = structlog.get_logger()

CHARGE, ASK = "charge_renewal", "ask_for_renewal"

# After days of downtime every period that was missed is still charged, the oldest first: it was delivered. One at a
# time, when the one before it is settled, and not at one moment: banks take that for a mistake and decline it.
APART = timedelta(minutes=30)
LONGEST = timedelta(days=90)  # how long a renewal's page lives until a failure tells when it is given up


def open_due(limit: int = 500) -> int:
    """Open the renewals that have fallen due, one for each subscription; return how many.

    Any number of schedulers may do this at once, after any pause: each period is opened once.
    """
    now = utc_now()
    one_open = exists().where(Renewal.subscription_id == Subscription.id, IS_OPEN)
    just_opened = exists().where(Renewal.subscription_id == Subscription.id, Renewal.created_at > now - APART)
    due = (
        select(Subscription.id)
        .where(IS_RUNNING, Subscription.next_due_at <= now, Subscription.collection == "manual")
        .where(~one_open, ~just_opened)
        .order_by(Subscription.next_due_at)
        .limit(limit)
    )
    with transaction():
        ids = list(db.session.scalars(due))
    if ids:
        rule_sets.warm_up()
    return sum(_open_next_or_report(subscription_id) for subscription_id in ids)


def _open_next_or_report(subscription_id: str) -> bool:
    """Open the next renewal; one subscription that cannot be renewed keeps no other from it, and a person looks."""
    try:
        return open_next(subscription_id)
    except Exception as error:  # whatever it is, the other subscriptions are renewed
        log.exception("renewal_not_opened", subscription=subscription_id)
        with transaction():
            raise_alert("renewal_not_opened", subscription_id, f"Its renewal cannot be opened: {type(error).__name__}.")
        return False


def open_next(subscription_id: str) -> bool:
    """Open the next renewal of a subscription, if it is due: session, payment, and the job that collects it."""
    with transaction():
        subscription = periods.lock(subscription_id)
        now = utc_now()
        if not _is_to_be_opened(subscription, now):
            return False
        number, due_at = subscription.next_number, subscription.next_due_at
        by_token = subscription.token_id is not None and not subscription.ask_method
        days = LONGEST if by_token else timedelta(days=renewal_settings().days_to_pay)
        if not _advance(subscription, number):
            return False
        renewal = add_renewal(subscription, number, subscription.amount, due_at or now, expires_at=now + days)
        renewal.next_try_at = now if by_token else None
        jobs.enqueue(CHARGE if by_token else ASK, renewal.id)
    return True


def add_renewal(
    subscription: Subscription, number: int, amount: int, due_at: datetime, *, expires_at: datetime
) -> Renewal:
    """Add an open renewal with its session and payment to the caller's transaction, which locks the subscription."""
    first = db.session.scalars(
        select(CheckoutSession)
        .join(Renewal, Renewal.session_id == CheckoutSession.id)
        .where(Renewal.subscription_id == subscription.id)
        .order_by(Renewal.number)
        .limit(1)
    ).one()
    wanted = NewSession(
        amount=amount,
        currency=subscription.currency,
        reference=subscription.reference,
        success_url=first.success_url,
        failure_url=first.failure_url,
        locale=subscription.locale,
        flow="subscription",
        customer=subscription.customer,
        attributes=_still_valid(first.attributes),
        items=first.items,
        subscription_id=subscription.id,
    )
    session = sessions.add_session(wanted, new_id("cs"), actor="system", expires_at=expires_at)
    payment = Payment(
        session_id=session.id,
        amount=amount,
        currency=subscription.currency,
        reference=subscription.reference,
        customer_email=subscription.customer_email,
        method=subscription.method,
        account_id=subscription.account_id,
    )
    record_creation(payment, actor="system")
    renewal = Renewal(
        subscription_id=subscription.id, number=number, amount=amount, due_at=due_at, session_id=session.id
    )
    record_creation(renewal, actor="system")
    return renewal


def ask_for_tries(limit: int = 500) -> int:
    """Ask for every open renewal whose next try is due to be charged; return how many."""
    due = (
        select(Renewal.id)
        .join(Subscription, Subscription.id == Renewal.subscription_id)
        .where(IS_OPEN, Renewal.next_try_at <= utc_now(), Subscription.collection == "manual")
        .order_by(Renewal.next_try_at, Renewal.id)  # one order for all, so that nobody waits in a circle
        .limit(limit)
    )
    with transaction():
        ids = list(db.session.scalars(due))
        for renewal_id in ids:
            jobs.enqueue(CHARGE, renewal_id)
    return len(ids)


def give_up_due(limit: int = 200) -> int:
    """Give up the renewals that nothing more is tried for and that the customer has not paid in time, and with each
    its subscription; return how many. Money that may be under way is waited for."""
    live = exists().where(PaymentAttempt.session_id == Renewal.session_id, IS_LIVE)
    over = (
        select(Renewal.id, Renewal.subscription_id)
        .join(CheckoutSession, CheckoutSession.id == Renewal.session_id)
        .join(Subscription, Subscription.id == Renewal.subscription_id)
        .where(IS_OPEN, Renewal.number > 1, Renewal.next_try_at.is_(None), Subscription.collection == "manual")
        .where(CheckoutSession.expires_at <= utc_now(), ~live)
        .limit(limit)
    )
    with transaction():
        found = db.session.execute(over).all()
    for renewal_id, subscription_id in found:
        with transaction():
            _give_up(periods.lock(subscription_id), renewal_id)
    return len(found)


def _give_up(subscription: Subscription, renewal_id: str) -> None:
    renewal = db.session.get_one(Renewal, renewal_id, with_for_update=True, populate_existing=True)
    session = db.session.get_one(CheckoutSession, renewal.session_id, with_for_update=True, populate_existing=True)
    now = utc_now()
    waits = renewal.next_try_at is not None or session.expires_at > now or sessions.live_attempt(session.id) is not None
    if renewal.status != RenewalStatus.OPEN or waits:
        return
    sessions.expire(session, reason="its renewal was given up")
    why = renewal.failure_kind or "it was not paid by link in time"
    move(renewal, RenewalStatus.FAILED, actor="system", reason=why, ended_at=now)
    if subscription.status in RUNNING_SUBSCRIPTION:
        reason = f"renewal {renewal.number} could not be collected: {why}"
        end(subscription, SubscriptionStatus.ABORTED, actor="system", reason=reason)


def _is_to_be_opened(subscription: Subscription, now: datetime) -> bool:
    due_at, cancel_at = subscription.next_due_at, subscription.cancel_at
    if subscription.status not in RUNNING_SUBSCRIPTION or subscription.collection != "manual":
        return False
    if due_at is None or due_at > now or (cancel_at is not None and cancel_at <= due_at):
        return False
    latest = select(func.max(Renewal.created_at)).where(Renewal.subscription_id == subscription.id)
    opened_at = db.session.scalar(latest)
    return not open_renewals(subscription.id) and (opened_at is None or opened_at <= now - APART)


def _advance(subscription: Subscription, number: int) -> bool:
    """Turn to the period after `number`, once: whoever comes second is told so."""
    turned = (
        update(Subscription)
        .where(Subscription.id == subscription.id, Subscription.next_number == number)
        .values(next_number=number + 1, next_due_at=periods.due_if_any(subscription, number + 1))
        .returning(Subscription.id)
        .execution_options(synchronize_session=False)
    )
    mine = db.session.execute(turned).first() is not None
    db.session.refresh(subscription)
    return mine


def _still_valid(attributes: dict[str, object]) -> dict[str, object]:
    """Return what of the first checkout's attributes the catalogue still knows: a merchant may have removed some."""
    try:
        check_attributes(attributes)
    except InvalidFacts as invalid:
        gone = {fault.path.split(".")[1] for fault in invalid.errors}
        return {key: value for key, value in attributes.items() if key not in gone}
    return attributes
