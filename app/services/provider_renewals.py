"""What a provider charged by itself, taken over exactly once: a renewal for each period, an attempt for each try."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from app.domain.money import format_money
from app.domain.statuses import AttemptStatus, PaymentStatus, RenewalStatus, SubscriptionStatus
from app.models import Alert, CheckoutSession, Payment, PaymentAttempt, Renewal, Subscription, db, utc_now
from app.services import attempts, jobs, outcomes, periods
from app.services.alerts import raise_alert
from app.services.renewal_settings import renewal_settings
from app.services.renewals import LONGEST, add_renewal
from app.services.subscription_ends import cancellation_reason, close_session, end
from app.services.subscription_outcomes import TELL_FAILURE
from app.services.transaction import transaction
from app.services.transitions import can_move, move, record_creation
from providers.interface import Charge, ChargeState, Failure, FailureKind, ProviderRenewal

OFF = timedelta(days=1)  # by how much a provider's calendar may differ from ours before a person looks
DIFFERS = "renewal_amount_differs"  # a kind of alerts
GONE = Failure(FailureKind.TECHNICAL, "not_said", "The provider did not say why.")


def take_over(subscription_id: str, told: ProviderRenewal, *, actor: str) -> None:
    """Bring a period to what the provider says of it; saying it again, or an older word later, changes nothing.

    An amount or currency that was never agreed is not applied: a person is alerted.
    """
    corrected = _take_over(subscription_id, told, actor)
    if corrected is not None:
        attempts.apply_charge(corrected, _charge(corrected, told), actor=actor)


def _take_over(subscription_id: str, told: ProviderRenewal, actor: str) -> str | None:
    """Do so in one transaction; return the attempt that failed by what we knew and succeeded by what is told."""
    with transaction():
        subscription, renewal = _lock(subscription_id, told.number)
        if (told.currency, told.amount) not in _agreed(subscription, renewal):
            _report(subscription, told)
            return None
        if renewal is None:
            renewal = _open(subscription, told)
        attempt = db.session.scalar(
            select(PaymentAttempt).where(
                PaymentAttempt.session_id == renewal.session_id,
                PaymentAttempt.provider_reference == told.provider_reference,
            )
        )
        if told.state is ChargeState.PENDING:
            return None
        if attempt is None:
            _record(subscription, renewal, told, actor)
        elif told.state is ChargeState.SUCCEEDED and attempt.status == AttemptStatus.FAILED:
            return attempt.id
        # What we collect by now is ours to try and to give up: an old word of the provider's moves it no more.
        theirs = subscription.collection == "automatic" and renewal.status == RenewalStatus.OPEN
        if told.state is ChargeState.FAILED and theirs:
            _hold_or_give_up(subscription, renewal, told, actor)
    return None


def _lock(subscription_id: str, number: int) -> tuple[Subscription, Renewal | None]:
    """Lock in the order of everywhere: what the renewal's session belongs to, then the session and its payment."""
    query = select(Renewal).where(Renewal.subscription_id == subscription_id, Renewal.number == number)
    renewal = db.session.scalar(query)
    if renewal is not None:
        outcomes.lock_owners(renewal.session_id)
    subscription = periods.lock(subscription_id)
    renewal = db.session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if renewal is not None:
        db.session.get_one(CheckoutSession, renewal.session_id, with_for_update=True, populate_existing=True)
    return subscription, renewal


def _agreed(subscription: Subscription, renewal: Renewal | None) -> set[tuple[str, int | None]]:
    """Return what a period may cost: as it was opened; else as it is now, or as the provider last confirmed it."""
    amounts = {renewal.amount} if renewal is not None else {subscription.amount, subscription.provider_amount}
    return {(subscription.currency, amount) for amount in amounts}


def _open(subscription: Subscription, told: ProviderRenewal) -> Renewal:
    due_at = periods.due_of(subscription, told.number)
    last = periods.last_of(subscription)
    if (last is not None and told.number > last) or (subscription.cancel_at and due_at >= subscription.cancel_at):
        why = f"The provider charged period {told.number}, which should not have been charged any more."
        raise_alert("renewal_unexpected", subscription.id, why)
    elif abs(told.due_at - due_at) > OFF:
        why = f"The provider takes {told.due_at:%d %B %Y} for the day of period {told.number}; it is {due_at:%d %B %Y}."
        raise_alert("renewal_unexpected", subscription.id, why)
    renewal = add_renewal(subscription, told.number, told.amount, due_at, expires_at=utc_now() + LONGEST)
    renewal.provider_reference = told.provider_reference
    if told.number >= subscription.next_number:
        subscription.next_number = told.number + 1
        is_over = subscription.ended_at is not None
        subscription.next_due_at = None if is_over else periods.due_if_any(subscription, told.number + 1)
    return renewal


def _record(subscription: Subscription, renewal: Renewal, told: ProviderRenewal, actor: str) -> None:
    """Add an attempt that is settled from the start: it was never ours to send, and must not be sent again."""
    now = utc_now()
    session = db.session.get_one(CheckoutSession, renewal.session_id)
    payment = db.session.scalars(select(Payment).where(Payment.session_id == session.id).with_for_update()).one()
    succeeded = told.state is ChargeState.SUCCEEDED
    failure = None if succeeded else told.failure or GONE
    attempt = PaymentAttempt(
        session_id=session.id,
        payment_id=payment.id,
        account_id=subscription.account_id,
        method=subscription.method,
        status=AttemptStatus.SUCCEEDED if succeeded else AttemptStatus.FAILED,
        provider_reference=told.provider_reference,
        failure_kind=failure.kind if failure else None,
        failure_code=failure.code[:100] if failure else None,
        failure_message=failure.message[:1000] if failure else None,
        started_at=now,
        ended_at=now,
    )
    record_creation(attempt, actor=actor, reason="charged by the provider")
    if can_move(payment, PaymentStatus.PENDING):
        move(payment, PaymentStatus.PENDING, actor=actor)
    renewal.provider_reference = told.provider_reference
    if succeeded:
        attempts.collect(session, payment, attempt, token=None, actor=actor)
    else:
        if payment.status == PaymentStatus.PENDING:
            move(payment, PaymentStatus.FAILED, actor=actor, reason=failure.code if failure else "")
        jobs.enqueue(TELL_FAILURE, attempt.id)


def _hold_or_give_up(subscription: Subscription, renewal: Renewal, told: ProviderRenewal, actor: str) -> None:
    """Let the subscription wait while the provider tries again; end it when the provider has given up.

    One whose customer is to choose another method is not given up: the customer pays the period by link.
    """
    failure = told.failure or GONE
    renewal.failure_kind, renewal.next_try_at = failure.kind, told.next_try_at
    why = f"renewal {renewal.number}: {failure.kind}"
    if told.next_try_at is not None or subscription.ask_method:
        if told.next_try_at is None:
            session = db.session.get_one(CheckoutSession, renewal.session_id)
            session.expires_at = utc_now() + timedelta(days=renewal_settings().days_to_pay)
        if subscription.status == SubscriptionStatus.ACTIVE:
            move(subscription, SubscriptionStatus.ON_HOLD, actor=actor, reason=why)
        return
    move(renewal, RenewalStatus.FAILED, actor=actor, reason=f"{failure.kind}: {failure.code}", ended_at=utc_now())
    close_session(renewal)
    cancel_at = subscription.cancel_at
    if subscription.ended_at is not None:
        return
    if cancel_at is not None and cancel_at <= utc_now():
        end(subscription, SubscriptionStatus.CANCELLED, actor=actor, reason=cancellation_reason(subscription))
    else:
        end(subscription, SubscriptionStatus.ABORTED, actor=actor, reason=f"{why}; the provider gave it up")


def _charge(attempt_id: str, told: ProviderRenewal) -> Charge:
    return Charge(
        provider_reference=told.provider_reference,
        attempt_id=attempt_id,
        state=told.state,
        amount=told.amount,
        currency=told.currency,
    )


def _report(subscription: Subscription, told: ProviderRenewal) -> None:
    """Alert of an amount that was not agreed on, once for each period and amount: the provider says it at every answer,
    also when a person has dealt with it."""
    told_of = select(Alert).where(Alert.kind == DIFFERS, Alert.subject_id == subscription.id)
    known = db.session.scalars(told_of).all()
    charged = f"The provider charged {_money(told)} for period {told.number};"
    if any(charged in alert.message for alert in known):
        return
    ours = format_money(subscription.amount, subscription.currency, "en")
    message = f"{charged} we agreed on {ours}. It was not taken over."
    waiting = next((alert for alert in known if alert.resolved_at is None), None)
    if waiting is None:
        raise_alert(DIFFERS, subscription.id, message)
    else:
        waiting.message = f"{waiting.message} {message}"


def _money(told: ProviderRenewal) -> str:
    try:
        return format_money(told.amount, told.currency, "en")
    except (KeyError, ValueError):
        return f"{told.amount} {told.currency}"
