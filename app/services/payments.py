"""Payments: starts an attempt, calls the provider with no transaction open, and settles what is still open."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from app.domain.ids import new_id
from app.domain.statuses import LIVE_ATTEMPT, SETTLED_PAYMENT, AttemptStatus, PaymentStatus, SessionStatus
from app.models import CheckoutSession, Payment, PaymentAttempt, StatusChange, db, utc_now
from app.services import accounts, attempts, outcomes, payment_link_states, subscription_outcomes
from app.services.charging import call_of, charge
from app.services.decisions import current_decision, offered_now, outcome_of
from app.services.errors import AlreadyPaid, MethodNotOffered, NotFound, SessionExpired, TermsNotAccepted
from app.services.sessions import get_session, is_overdue, live_attempt
from app.services.slots import provider_slot
from app.services.transaction import release, transaction
from app.services.transitions import move, record_creation
from providers.interface import Failure, FailureKind, OutcomeUnknown
from rules import Decision

NEVER_ASKED = Failure(FailureKind.EXPIRED, "never_reached", "The provider never received it, and its session is over.")


def pay(
    session_id: str, *, method: str, accept_terms: bool, actor: str, attempt_id: str | None = None
) -> PaymentAttempt:
    """Try to collect the session's amount by `method`; return the attempt that may now take the money.

    A session with a live attempt gets that one back, so a double click pays once. A provider that definitely refused
    for technical reasons is followed by the next account of the method's plan; one that did not answer is not.
    Raises NotFound, SessionExpired, AlreadyPaid, LinkOver, LinkInUse, TermsNotAccepted, MethodNotOffered, Busy; then
    nothing was charged.
    """
    if attempt_id is not None and db.session.get(PaymentAttempt, attempt_id) is not None:
        return _latest_attempt(session_id)  # the same request again: the attempt, or the fallback that followed it
    get_session(session_id)
    with provider_slot():
        attempt, fallbacks = _start(session_id, method, accept_terms, actor, attempt_id)
        while fallbacks is not None:
            attempt = charge(attempt.id, actor=actor)
            technical = attempt.status == AttemptStatus.FAILED and attempt.failure_kind == FailureKind.TECHNICAL
            left = accounts.carriers(method, fallbacks, accounts.usable()) if technical else ()
            if not left:
                break
            attempt, fallbacks = _start(session_id, method, accept_terms, actor, None, (attempt, left))
    return attempt


def settle(attempt_id: str, *, actor: str = "system") -> PaymentAttempt:
    """Ask the provider what became of a live attempt and apply it; safe at any moment, any number of times.

    An attempt the provider has never heard of is sent again under its own key while its session is open, but not
    before its first call must have ended: until then nobody can say that it was not received. Raises NotFound, Busy.
    """
    with provider_slot():
        return _settle(attempt_id, actor)


def _settle(attempt_id: str, actor: str) -> PaymentAttempt:
    attempt = attempts.get_attempt(attempt_id)
    if attempt.status == AttemptStatus.SUCCEEDED:
        return attempt
    call = call_of(attempt)
    in_time = attempt.session.status == SessionStatus.OPEN and not is_overdue(attempt.session, utc_now())
    release()
    try:
        found = call.provider.look_up(call.account, attempt_id, call.trace)
    except OutcomeUnknown as unknown:
        return attempts.apply_unknown(attempt_id, unknown.message, actor=actor)
    if found is not None:
        return attempts.apply_charge(attempt_id, found, actor=f"provider:{call.account.id}")
    attempt = attempts.get_attempt(attempt_id)
    if attempt.status not in LIVE_ATTEMPT or utc_now() - attempt.started_at < attempts.FIRST_CHECK:
        return attempt
    if in_time:
        return charge(attempt_id, actor=actor, is_repeat=True)
    return attempts.apply_failure(attempt_id, NEVER_ASKED, actor=actor)


def abandon(attempt_id: str, *, actor: str) -> PaymentAttempt:
    """Ask the provider that an unfinished attempt can no longer be paid, so that the customer may choose again."""
    call = call_of(attempts.get_attempt(attempt_id))
    release()
    with provider_slot():
        try:
            found = call.provider.cancel(call.account, attempt_id, call.trace)
        except OutcomeUnknown as unknown:
            return attempts.apply_unknown(attempt_id, unknown.message, actor=actor)
        if found is None:
            return _settle(attempt_id, actor)
    return attempts.apply_charge(attempt_id, found, actor=actor)


def _start(
    session_id: str,
    method: str,
    accept_terms: bool,
    actor: str,
    attempt_id: str | None,
    after: tuple[PaymentAttempt, tuple[str, ...]] | None = None,
) -> tuple[PaymentAttempt, tuple[str, ...] | None]:
    """Record an attempt at the first account of the method's plan and commit.

    `after` is the attempt that this one is the fallback of, with the accounts that are left: the offer the customer
    chose from still holds then, and so does the strong authentication it asked for.

    Returns the attempt and the accounts that may follow it; (attempt, None) when one was live already.
    """
    with transaction():
        outcomes.lock_owners(session_id)
        session = db.session.get_one(CheckoutSession, session_id, with_for_update=True, populate_existing=True)
        payment = _payment_of(session_id)
        if session.status == SessionStatus.COMPLETED or (payment and payment.status in SETTLED_PAYMENT):
            raise AlreadyPaid
        if (live := live_attempt(session_id)) is not None:
            return live, None
        if session.status == SessionStatus.EXPIRED or is_overdue(session, utc_now()):
            raise SessionExpired(session.expires_at)
        payment_link_states.check_room(session)
        subscription_outcomes.check_payable(session)
        if accept_terms is not True:
            raise TermsNotAccepted
        decision = outcome_of(current_decision(session))
        strong = method in decision.strong_authentication
        if after is None:
            account_id, *fallbacks = _plan_of(decision, method)
        else:
            strong |= after[0].strong_authentication
            account_id, *fallbacks = after[1]
        if payment is None:
            payment = Payment(
                session_id=session_id,
                amount=session.amount,
                currency=session.currency,
                reference=session.reference,
                customer_email=session.customer.get("email"),
            )
            record_creation(payment, actor=actor)
        move(payment, PaymentStatus.PENDING, actor=actor, method=method, account_id=account_id)
        session.terms_accepted_at = session.terms_accepted_at or utc_now()
        attempt = PaymentAttempt(
            id=attempt_id or new_id("att"),
            session_id=session_id,
            payment_id=payment.id,
            account_id=account_id,
            method=method,
            strong_authentication=strong,
            started_at=utc_now(),
            next_check_at=utc_now() + attempts.FIRST_CHECK,
        )
        record_creation(attempt, actor=actor)
    return attempt, tuple(fallbacks)


def _payment_of(session_id: str) -> Payment | None:
    query = select(Payment).where(Payment.session_id == session_id)
    return db.session.scalar(query.with_for_update().execution_options(populate_existing=True))


def _plan_of(decision: Decision, method: str) -> tuple[str, ...]:
    """Return the accounts that may carry the method now, in fallback order; never empty."""
    offered = offered_now(decision)
    plan = next((item.accounts for item in offered if item.method == method), None)
    if plan is None:
        raise MethodNotOffered(method, tuple(item.method for item in offered))
    return plan


def _latest_attempt(session_id: str) -> PaymentAttempt:
    query = select(PaymentAttempt).where(PaymentAttempt.session_id == session_id)
    return db.session.scalars(query.order_by(PaymentAttempt.id.desc()).limit(1)).one()


def get_payment(payment_id: str) -> Payment:
    """Return a payment. Raises NotFound."""
    payment = db.session.get(Payment, payment_id)
    if payment is None:
        raise NotFound("payment", payment_id)
    return payment


def history_of(subject_ids: Sequence[str]) -> list[StatusChange]:
    """Return every status change of these rows, in the order it happened."""
    query = select(StatusChange).where(StatusChange.subject_id.in_(subject_ids)).order_by(StatusChange.id)
    return list(db.session.scalars(query))
