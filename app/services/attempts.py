"""Payment attempts: recorded before the provider is asked, settled by the provider's truth and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import select, update

from app.domain.asking import REVIEW_AFTER, REVIEW_CHARGE_AFTER
from app.domain.asking import next_check as next_check
from app.domain.money import format_money
from app.domain.statuses import LIVE_ATTEMPT, AttemptStatus, PaymentStatus, SessionStatus
from app.models import IS_LIVE, CheckoutSession, Payment, PaymentAttempt, db, utc_now
from app.services import outcomes
from app.services.alerts import close_alert, raise_alert
from app.services.errors import NotFound
from app.services.review_errors import AlreadyDecided
from app.services.transaction import transaction
from app.services.transitions import can_move, move
from providers.interface import Charge, ChargeStage, ChargeState, Failure, FailureKind

log = structlog.get_logger()

FIRST_CHECK = timedelta(seconds=15)  # longer than a charge call takes, so that a sweeper does not race it
UNKNOWN, MISMATCH, TWICE = "outcome_unknown", "amount_mismatch", "charged_twice"  # kinds of alerts
ANSWERED = "The provider answered."
GIVEN_BACK = "given_back"  # the failure of an attempt whose wrong amount a person gave back at the provider


def get_attempt(attempt_id: str) -> PaymentAttempt:
    """Return an attempt. Raises NotFound."""
    attempt = db.session.get(PaymentAttempt, attempt_id)
    if attempt is None:
        raise NotFound("payment attempt", attempt_id)
    return attempt


def apply_charge(attempt_id: str, charge: Charge, *, actor: str) -> PaymentAttempt:
    """Bring attempt, payment and session to what the provider says; saying it again changes nothing.

    A charge whose amount or currency is not ours is not applied: a person is alerted.
    """
    with transaction():
        session, payment, attempt = _lock(attempt_id)
        attempt.unanswered_since = None
        close_alert(UNKNOWN, attempt.id, note=ANSWERED)
        if (charge.amount, charge.currency) != (payment.amount, payment.currency):
            if attempt.failure_code != GIVEN_BACK:
                raise_alert(MISMATCH, attempt.id, _mismatch(charge, payment))
            _hold(attempt, charge, actor)
            return attempt
        close_alert(MISMATCH, attempt.id, note="The provider now says the amount that we asked for.")
        if charge.state is ChargeState.SUCCEEDED:
            _succeed(session, payment, attempt, charge, actor)
        elif charge.state is ChargeState.FAILED and charge.failure is not None:
            _fail(session, payment, attempt, charge.failure, actor, charge.provider_reference)
        else:
            _wait(attempt, charge, actor)
    return attempt


def apply_failure(attempt_id: str, failure: Failure, *, actor: str) -> PaymentAttempt:
    """Record that the attempt definitely took no money."""
    with transaction():
        session, payment, attempt = _lock(attempt_id)
        attempt.unanswered_since = None
        close_alert(UNKNOWN, attempt.id, note=ANSWERED)
        _fail(session, payment, attempt, failure, actor, attempt.provider_reference)
    return attempt


def apply_word(attempt_id: str, word: Charge | Failure, *, kind: str, by: str, note: str) -> PaymentAttempt:
    """Settle a live attempt by what a person was told at the provider, closing its alert of this kind with `note`.

    `by` is the person's address. Raises AlreadyDecided when somebody else, or the provider's own answer, was faster.
    """
    actor = f"user:{by}"[:100]
    with transaction():
        session, payment, attempt = _lock(attempt_id)
        if attempt.status not in LIVE_ATTEMPT or not close_alert(kind, attempt.id, by=by, note=note):
            raise AlreadyDecided
        attempt.unanswered_since = None
        if isinstance(word, Failure):
            _fail(session, payment, attempt, word, actor, attempt.provider_reference, reason=note)
        else:
            _succeed(session, payment, attempt, word, actor, reason=note)
    return attempt


def apply_unknown(attempt_id: str, why: str, *, actor: str) -> PaymentAttempt:
    """Record that the provider gave no answer about the attempt; the sweeper goes on asking, later a person looks."""
    now = utc_now()
    with transaction():
        _, _, attempt = _lock(attempt_id)
        if attempt.status == AttemptStatus.STARTED:
            move(attempt, AttemptStatus.UNKNOWN, actor=actor, reason=why)
        if attempt.status in LIVE_ATTEMPT:
            attempt.unanswered_since = attempt.unanswered_since or now
            never_known = attempt.status == AttemptStatus.UNKNOWN
            since, most = (
                (attempt.started_at, REVIEW_CHARGE_AFTER) if never_known else (attempt.unanswered_since, REVIEW_AFTER)
            )
            if now - since > most:
                raise_alert(UNKNOWN, attempt.id, f"Nobody knows what became of it: {why}")
    return attempt


def claim_due(limit: int = 100) -> list[str]:
    """Return live attempts whose check is due, moving each one's next check forward so that others leave it alone."""
    now = utc_now()
    claimed = []
    with transaction():
        due = db.session.execute(
            select(PaymentAttempt.id, PaymentAttempt.started_at, PaymentAttempt.next_check_at)
            .where(IS_LIVE, PaymentAttempt.next_check_at <= now)
            .order_by(PaymentAttempt.next_check_at)
            .limit(limit)
        ).all()
        for attempt_id, started_at, due_at in due:
            mine = db.session.execute(
                update(PaymentAttempt)
                .where(PaymentAttempt.id == attempt_id, PaymentAttempt.next_check_at == due_at)
                .values(next_check_at=next_check(started_at, now), checks=PaymentAttempt.checks + 1)
                .returning(PaymentAttempt.id)
                .execution_options(synchronize_session=False)
            ).first()
            if mine is not None:
                claimed.append(attempt_id)
    return claimed


def check_all_now() -> None:
    """Let every live attempt be asked about at once: after a stop nobody knows what was missed."""
    with transaction():
        db.session.execute(update(PaymentAttempt).where(IS_LIVE).values(next_check_at=utc_now()))


def _lock(attempt_id: str) -> tuple[CheckoutSession, Payment, PaymentAttempt]:
    """Lock what the session belongs to, then session, payment, attempt: the same order everywhere, so that nobody
    waits in a circle."""
    ids = db.session.execute(
        select(PaymentAttempt.payment_id, PaymentAttempt.session_id).where(PaymentAttempt.id == attempt_id)
    ).first()
    if ids is None:
        raise NotFound("payment attempt", attempt_id)
    outcomes.lock_owners(ids.session_id)
    session = db.session.get_one(CheckoutSession, ids.session_id, with_for_update=True, populate_existing=True)
    payment = db.session.get_one(Payment, ids.payment_id, with_for_update=True, populate_existing=True)
    attempt = db.session.get_one(PaymentAttempt, attempt_id, with_for_update=True, populate_existing=True)
    return session, payment, attempt


def _succeed(
    session: CheckoutSession,
    payment: Payment,
    attempt: PaymentAttempt,
    charge: Charge,
    actor: str,
    *,
    reason: str = "",
) -> None:
    if attempt.status == AttemptStatus.SUCCEEDED:
        return
    late = attempt.status == AttemptStatus.FAILED
    move(
        attempt,
        AttemptStatus.SUCCEEDED,
        actor=actor,
        reason="the provider corrected a failure" if late else reason,
        provider_reference=charge.provider_reference,
        failure_kind=None,
        failure_code=None,
        failure_message=None,
        stage=None,
        next_check_at=None,
        ended_at=utc_now(),
    )
    collect(session, payment, attempt, token=charge.token, actor=actor)


def collect(
    session: CheckoutSession, payment: Payment, attempt: PaymentAttempt, *, token: str | None, actor: str
) -> None:
    """Count the money of an attempt that has just succeeded, in the caller's transaction and under its locks."""
    if not can_move(payment, PaymentStatus.PAID):
        raise_alert(TWICE, payment.id, f"Attempt {attempt.id} succeeded after the payment was already paid.")
        return
    now = utc_now()
    move(
        payment,
        PaymentStatus.PAID,
        actor=actor,
        paid=payment.amount,
        method=attempt.method,
        account_id=attempt.account_id,
        paid_at=now,
    )
    if can_move(session, SessionStatus.COMPLETED):
        move(session, SessionStatus.COMPLETED, actor=actor, completed_at=now)
    outcomes.collected(session, payment, attempt, token=token, actor=actor)
    log.info("payment_paid", payment=payment.id, attempt=attempt.id)


def _fail(
    session: CheckoutSession,
    payment: Payment,
    attempt: PaymentAttempt,
    failure: Failure,
    actor: str,
    provider_reference: str | None,
    *,
    reason: str = "",
) -> None:
    if not can_move(attempt, AttemptStatus.FAILED):
        return
    move(
        attempt,
        AttemptStatus.FAILED,
        actor=actor,
        reason=reason or f"{failure.kind}: {failure.code}",
        provider_reference=provider_reference,
        failure_kind=failure.kind,
        failure_code=failure.code[:100],
        failure_message=failure.message[:1000],
        stage=None,
        next_check_at=None,
        ended_at=utc_now(),
    )
    to = PaymentStatus.EXPIRED if failure.kind is FailureKind.EXPIRED else PaymentStatus.FAILED
    if payment.status == PaymentStatus.PENDING:
        move(payment, to, actor=actor, reason=failure.code)
    outcomes.not_collected(session, payment, attempt, actor=actor)


def _wait(attempt: PaymentAttempt, charge: Charge, actor: str) -> None:
    details: dict[str, Any] = {
        "stage": charge.stage,
        "provider_reference": charge.provider_reference,
        "redirect_url": charge.redirect_url,
    }
    if attempt.status in (AttemptStatus.STARTED, AttemptStatus.UNKNOWN):
        move(attempt, AttemptStatus.PENDING, actor=actor, **details)
    elif attempt.status == AttemptStatus.PENDING and attempt.stage != ChargeStage.PROCESSING:
        for name, value in details.items():
            setattr(attempt, name, value)


def _hold(attempt: PaymentAttempt, charge: Charge, actor: str) -> None:
    """Keep the attempt open for a person, and the customer from paying it or again: money may have been taken."""
    if attempt.status in (AttemptStatus.STARTED, AttemptStatus.UNKNOWN):
        move(attempt, AttemptStatus.PENDING, actor=actor, provider_reference=charge.provider_reference)
    if attempt.status == AttemptStatus.PENDING:
        attempt.stage, attempt.redirect_url = ChargeStage.PROCESSING, None


def _mismatch(charge: Charge, payment: Payment) -> str:
    try:
        theirs = format_money(charge.amount, charge.currency, "en")
    except (KeyError, ValueError):
        theirs = f"{charge.amount} {charge.currency}"
    return f"The provider says {theirs}; we asked for {format_money(payment.amount, payment.currency, 'en')}."
