"""What a payment's outcome means for its subscription: begun, renewed, resumed or on hold, in one transaction."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from app.domain import billing
from app.domain.statuses import RUNNING_SUBSCRIPTION, RenewalStatus, SubscriptionStatus
from app.models import CheckoutSession, Payment, PaymentAttempt, PaymentToken, Renewal, Subscription, db, utc_now
from app.services import events, jobs, periods, tokens
from app.services.alerts import raise_alert
from app.services.renewal_settings import renewal_settings
from app.services.subscription_errors import ChargedByProvider
from app.services.transitions import move
from providers.interface import FailureKind

TELL_FAILURE = "tell_renewal_failed"


def lock_of(session_id: str) -> None:
    """Lock the subscription and the renewal that a session belongs to, if it does, before the session itself."""
    subscription_id = db.session.scalar(select(CheckoutSession.subscription_id).where(CheckoutSession.id == session_id))
    if subscription_id is not None:
        periods.lock(subscription_id)
        db.session.execute(select(Renewal.id).where(Renewal.session_id == session_id).with_for_update())


def check_payable(session: CheckoutSession) -> None:
    """Let a customer pay a renewal only when nobody else charges it by themselves. Raises ChargedByProvider."""
    if session.subscription_id is not None:
        renewal = renewal_of(session)
        if renewal.number > 1 and renewal.subscription.collection == "automatic":
            raise ChargedByProvider


def renewal_of(session: CheckoutSession) -> Renewal:
    """Return the renewal that a session of a subscription collects, as it is stored now."""
    query = select(Renewal).where(Renewal.session_id == session.id).execution_options(populate_existing=True)
    return db.session.scalars(query).one()


def collected(
    session: CheckoutSession, payment: Payment, attempt: PaymentAttempt, *, token: str | None, actor: str
) -> None:
    """The period of `session` was just paid: the subscription begins, or goes on, and keeps how it was paid."""
    if session.subscription_id is None:
        return
    renewal = renewal_of(session)
    subscription = db.session.get_one(Subscription, session.subscription_id)
    kept = tokens.keep(attempt, token) if token is not None else None
    move(renewal, RenewalStatus.PAID, actor=actor, next_try_at=None, failure_kind=None, ended_at=utc_now())
    if renewal.number == 1:
        _begin(subscription, payment, attempt, kept, actor)
        return
    if kept is not None:
        subscription.token_id, subscription.account_id, subscription.method = kept.id, kept.account_id, kept.method
        subscription.ask_method = False
    elif attempt.token_id is None and subscription.collection == "manual" and _was_refused_for_good(session):
        subscription.ask_method = True  # what we keep will not work again, and nothing new was given to keep
    events.tell("subscription.renewed", renewal)
    _resume(subscription, renewal, actor)


def not_collected(session: CheckoutSession, payment: Payment, attempt: PaymentAttempt, *, actor: str) -> None:
    """A charge of ours failed: the subscription waits on hold, until the next try or the customer pays by link.

    A try of the customer's own changes nothing: they may try again, and so do we when it is time.
    """
    if session.subscription_id is None or attempt.token_id is None:
        return
    renewal = renewal_of(session)
    if renewal.status != RenewalStatus.OPEN:
        return
    subscription = db.session.get_one(Subscription, session.subscription_id)
    kind = str(attempt.failure_kind)
    settings, now = renewal_settings(), utc_now()
    pause = settings.next_try_in(kind, renewal.tries)
    renewal.failure_kind = kind
    renewal.next_try_at = None if pause is None else now + pause
    to_pay = timedelta(days=settings.days_to_pay if settings.link_after_failure and subscription.customer_email else 0)
    session.expires_at = now + settings.left_after(kind, renewal.tries) + to_pay
    if subscription.status == SubscriptionStatus.ACTIVE:
        move(subscription, SubscriptionStatus.ON_HOLD, actor=actor, reason=f"renewal {renewal.number}: {kind}")
    jobs.enqueue(TELL_FAILURE, attempt.id)


def _begin(
    subscription: Subscription, payment: Payment, attempt: PaymentAttempt, kept: PaymentToken | None, actor: str
) -> None:
    """Start the subscription on the local day of its first payment, from which all dates follow."""
    now = utc_now()
    subscription.anchor_on = billing.local_day(payment.paid_at or now, subscription.timezone)
    last = periods.last_of(subscription)
    due_at = periods.due_if_any(subscription, 2)
    collection, ask_method = subscription.collection, False
    if kept is None and due_at is not None:
        collection, ask_method = "manual", True
        raise_alert(
            "nothing_stored",
            subscription.id,
            f"{attempt.method} gave nothing to charge again: the customer is asked by link at each renewal.",
        )
    was_over = subscription.status == SubscriptionStatus.EXPIRED
    move(
        subscription,
        SubscriptionStatus.ACTIVE,
        actor=actor,
        started_at=payment.paid_at or now,
        ended_at=None,
        next_number=2,
        next_due_at=due_at,
        ends_at=None if last is None else periods.due_of(subscription, last + 1),
        method=attempt.method,
        account_id=attempt.account_id,
        token_id=kept.id if kept is not None else None,
        collection=collection,
        ask_method=ask_method,
        next_sync_at=now if collection == "automatic" and due_at is not None else None,
    )
    if was_over:
        events.tell("subscription.started", subscription)


def _resume(subscription: Subscription, renewal: Renewal, actor: str) -> None:
    """Let a subscription that waited for this renewal, or was given up for it, go on."""
    if subscription.status == SubscriptionStatus.ON_HOLD:
        held = select(Renewal.id).where(
            Renewal.subscription_id == subscription.id,
            Renewal.status == RenewalStatus.OPEN,
            Renewal.failure_kind.is_not(None),
        )
        if db.session.scalar(held.limit(1)) is None:
            move(subscription, SubscriptionStatus.ACTIVE, actor=actor, reason=f"renewal {renewal.number} was paid")
    elif subscription.status == SubscriptionStatus.ABORTED and _may_revive(subscription):
        _revive(subscription, renewal, actor)
    elif subscription.status not in RUNNING_SUBSCRIPTION:
        raise_alert(
            "paid_after_end",
            subscription.id,
            f"Renewal {renewal.number} was paid after the subscription had ended ({subscription.status}): give the "
            "money back, or agree on a new subscription with the customer.",
        )


def _may_revive(subscription: Subscription) -> bool:
    now = utc_now()
    in_time = subscription.ends_at is None or subscription.ends_at > now
    return in_time and (subscription.cancel_at is None or subscription.cancel_at > now)


def _revive(subscription: Subscription, renewal: Renewal, actor: str) -> None:
    """Let a subscription go on that was given up: periods that went by meanwhile were not delivered, nor are charged.

    From here on we charge it; a provider that charged it by itself is asked whether it has ended that.
    """
    number, now = subscription.next_number, utc_now()
    while (due_at := periods.due_if_any(subscription, number)) is not None and due_at <= now:
        number += 1
    move(
        subscription,
        SubscriptionStatus.ACTIVE,
        actor=actor,
        reason=f"renewal {renewal.number} was paid after all",
        next_number=number,
        next_due_at=due_at,
        ended_at=None,
        collection="manual",
        next_sync_at=now if subscription.collection == "automatic" else None,
    )


def _was_refused_for_good(session: CheckoutSession) -> bool:
    """Tell whether the stored token was declined in a way that no later try mends."""
    query = select(PaymentAttempt.id).where(
        PaymentAttempt.session_id == session.id,
        PaymentAttempt.token_id.is_not(None),
        PaymentAttempt.failure_kind == FailureKind.HARD_DECLINE,
    )
    return db.session.scalar(query.limit(1)) is not None
