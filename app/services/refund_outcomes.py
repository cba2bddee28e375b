"""What became of a refund, applied once: the refund, its payment and the amount that was held for it, together."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import select, update

from app.domain.asking import REVIEW_AFTER
from app.domain.money import format_money
from app.domain.statuses import PaymentStatus, RefundStatus
from app.models import Alert, Payment, Refund, db, utc_now
from app.services import jobs, second_charges
from app.services.alerts import close_alert, raise_alert
from app.services.attempts import FIRST_CHECK, TWICE
from app.services.errors import NotFound
from app.services.review_errors import AlreadyDecided, StillUnderWay
from app.services.transaction import transaction
from app.services.transitions import move
from providers.interface import Failure, RefundResult, RefundState

log = structlog.get_logger()

OPEN = (RefundStatus.REQUESTED, RefundStatus.PENDING)
LOOK_AGAIN = "look_at_ended_refund"
OVERTAKEN = timedelta(minutes=1)  # longer than any answer of a provider is under way
UNKNOWN, CONTRADICTED, DIFFERS = "refund_unknown", "refund_contradicted", "refund_amount_differs"  # kinds of alerts


def apply_result(refund_id: str, result: RefundResult, *, actor: str) -> Refund:
    """Bring refund and payment to what the provider says; saying it again changes nothing.

    Whatever else it says of a refund that has ended, a person is alerted: money that was given back after all is
    counted, where other refunds leave room for it, and money that the customer's bank sent back is not any more.
    Another amount or currency than ours is not applied: a person is alerted. Raises NotFound.
    """
    with transaction():
        payment, refund = lock(refund_id)
        _answered(refund)
        if differs(result, refund.amount, payment.currency):
            _tell_of_difference(payment, refund, result)
            return refund
        close_alert(DIFFERS, refund.id, note="The provider now says the amount that we asked for.")
        if refund.status not in OPEN:
            if result.state != refund.status:
                _contradicted(payment, refund, result, actor)
        elif result.state is RefundState.SUCCEEDED:
            _succeed(payment, refund, result.provider_reference, actor)
        elif result.state is RefundState.FAILED and result.failure is not None:
            _fail(payment, refund, result.failure, actor, result.provider_reference)
        elif refund.status == RefundStatus.REQUESTED:
            move(refund, RefundStatus.PENDING, actor=actor, provider_reference=result.provider_reference)
    return refund


def apply_failure(refund_id: str, failure: Failure, *, actor: str, sent_at: datetime | None = None) -> Refund:
    """Record that nothing was given back, and free the amount; an ended refund stays as it is.

    `sent_at` is the sending that was refused: when another one followed it, its refusal says nothing any more.
    Raises NotFound.
    """
    with transaction():
        payment, refund = lock(refund_id)
        _answered(refund)
        if refund.status in OPEN and sent_at in (None, refund.sent_at):
            _fail(payment, refund, failure, actor, refund.provider_reference)
    return refund


def apply_word(
    refund_id: str, word: RefundResult | Failure, *, kind: str, by: str, note: str, last_sent: datetime | None
) -> Refund:
    """End an open refund by what a person was told at the provider, closing its alert of this kind with `note`.

    `by` is the person's address, `last_sent` the sending that was known when the provider was asked once more. Raises
    NotFound, AlreadyDecided when somebody else, or the provider, was faster, StillUnderWay.
    """
    actor = f"user:{by}"[:100]
    with transaction():
        payment, refund = lock(refund_id)
        if refund.status not in OPEN or not close_alert(kind, refund.id, by=by, note=note):
            raise AlreadyDecided
        refund.unanswered_since = None
        if isinstance(word, Failure):
            if refund.sent_at is not None and (refund.sent_at != last_sent or utc_now() - last_sent < FIRST_CHECK):
                raise StillUnderWay
            _fail(payment, refund, word, actor, refund.provider_reference, reason=note)
        else:
            _succeed(payment, refund, word.provider_reference, actor, reason=note)
    return refund


def apply_unknown(refund_id: str, why: str) -> Refund:
    """Note that the provider gave no answer: it is asked again, and a person is told after a day. Raises NotFound."""
    with transaction():
        _, refund = lock(refund_id)
        refund.checks += 1
        if refund.status in OPEN:
            since = refund.unanswered_since = refund.unanswered_since or utc_now()
            if utc_now() - since > REVIEW_AFTER:
                raise_alert(UNKNOWN, refund.id, f"Nobody knows what became of it: {why}")
    return refund


def reject(payment: Payment, refund: Refund, *, actor: str, note: str) -> None:
    """Turn down, in the caller's transaction and under its locks, a refund that was never sent."""
    _end_without_money(payment, refund, actor, note, failure_code="rejected", failure_message=note or None)


def differs(result: RefundResult, amount: int, currency: str) -> bool:
    """Tell whether the provider says that it gives back something else than we asked for."""
    return result.amount not in (None, amount) or result.currency not in (None, currency)


def lock(refund_id: str) -> tuple[Payment, Refund]:
    """Lock payment, then refund, in the caller's transaction: the same order everywhere. Raises NotFound."""
    payment_id = db.session.scalar(select(Refund.payment_id).where(Refund.id == refund_id))
    if payment_id is None:
        raise NotFound("refund", refund_id)
    payment = db.session.get_one(Payment, payment_id, with_for_update=True, populate_existing=True)
    return payment, db.session.get_one(Refund, refund_id, with_for_update=True, populate_existing=True)


def _answered(refund: Refund) -> None:
    refund.checks += 1
    refund.unanswered_since = None
    close_alert(UNKNOWN, refund.id, note="The provider answered.")


def _tell_of_difference(payment: Payment, refund: Refund, result: RefundResult) -> None:
    """Alert of what the provider gives back instead, until a person has dealt with it."""
    of_this = (Alert.kind == DIFFERS, Alert.subject_id == refund.id)
    if db.session.scalar(select(Alert.id).where(*of_this, Alert.resolved_by != "system").limit(1)) is None:
        theirs = f"{result.amount} {result.currency} (in minor units)"
        ours = format_money(refund.amount, payment.currency, "en")
        raise_alert(DIFFERS, refund.id, f"The provider gives back {theirs}; we asked for {ours}. It was not applied.")


def _succeed(payment: Payment, refund: Refund, provider_reference: str, actor: str, reason: str = "") -> None:
    amount, held = refund.amount, refund.amount if refund.status in OPEN else 0
    known = {"provider_reference": provider_reference, "ended_at": utc_now()}
    none = {"failure_kind": None, "failure_code": None, "failure_message": None}
    if not move(refund, RefundStatus.SUCCEEDED, actor=actor, reason=reason, **known, **none):
        return
    if refund.attempt_id is not None:  # the payment's amounts never held a second charge
        if not second_charges.second_charges(payment):
            close_alert(TWICE, payment.id, note="It was given back.")
        return
    whole = payment.refunded + amount == payment.paid
    move(
        payment,
        PaymentStatus.REFUNDED if whole else PaymentStatus.PARTIALLY_REFUNDED,
        actor=actor,
        reserved=Payment.reserved - held,
        refunded=Payment.refunded + amount,
    )
    log.info("refund_succeeded", refund=refund.id, payment=payment.id)


def _fail(
    payment: Payment, refund: Refund, failure: Failure, actor: str, provider_reference: str | None, reason: str = ""
) -> None:
    _end_without_money(
        payment,
        refund,
        actor,
        reason or f"{failure.kind}: {failure.code}",
        provider_reference=provider_reference,
        failure_kind=failure.kind,
        failure_code=failure.code[:100],
        failure_message=failure.message[:1000],
    )


def _end_without_money(payment: Payment, refund: Refund, actor: str, reason: str, **columns: str | None) -> None:
    ended = move(refund, RefundStatus.FAILED, actor=actor, reason=reason, ended_at=utc_now(), **columns)
    if ended and refund.attempt_id is not None:
        raise_alert(TWICE, payment.id, f"The refund of a second charge was not made: {refund.id}.")
    elif ended:
        freed = update(Payment).where(Payment.id == payment.id).values(reserved=Payment.reserved - refund.amount)
        db.session.execute(freed.execution_options(synchronize_session=False))
        db.session.refresh(payment)
        log.info("refund_failed", refund=refund.id, payment=payment.id, code=refund.failure_code)


def _contradicted(payment: Payment, refund: Refund, result: RefundResult, actor: str) -> None:
    """Tell a person, who acted on what was said first; count what was given back, or came back, if it can be.

    Of answers that were asked for at the same time, one may be older than what was applied: then it is asked again.
    """
    if refund.ended_at is not None and utc_now() - refund.ended_at < OVERTAKEN:
        jobs.enqueue(LOOK_AGAIN, refund.id, due_at=utc_now() + OVERTAKEN)
        return
    said = f"The provider now says that this refund is {result.state}; here it ended as {refund.status}."
    if result.state is RefundState.SUCCEEDED:
        if _has_room(payment, refund):
            _succeed(payment, refund, result.provider_reference, actor, reason="the provider corrected a failure")
            said += " It is counted as given back now: look that it was not given back in another way as well."
        else:
            said += " It is not counted: other refunds leave no room for it. Look what the provider really gave back."
    elif result.state is RefundState.FAILED and result.failure is not None:
        _come_back(payment, refund, result.failure, actor)
        said += " The money came back and is no longer counted as given back: pay the customer in another way."
    raise_alert(CONTRADICTED, refund.id, said)


def _come_back(payment: Payment, refund: Refund, failure: Failure, actor: str) -> None:
    """Take a refund that had succeeded out of its payment's amounts."""
    reason = f"sent back: {failure.kind}: {failure.code}"
    columns = {"failure_kind": failure.kind, "failure_code": failure.code[:100], "ended_at": utc_now()}
    move(refund, RefundStatus.FAILED, actor=actor, reason=reason, failure_message=failure.message[:1000], **columns)
    if refund.attempt_id is not None:
        raise_alert(TWICE, payment.id, f"The refund of a second charge came back: {refund.id}.")
        return
    left = payment.refunded - refund.amount
    to = PaymentStatus.PARTIALLY_REFUNDED if left else PaymentStatus.PAID
    move(payment, to, actor=actor, reason=f"{refund.id} came back", refunded=Payment.refunded - refund.amount)
    log.info("refund_came_back", refund=refund.id, payment=payment.id, code=refund.failure_code)


def _has_room(payment: Payment, refund: Refund) -> bool:
    if refund.attempt_id is not None:
        return refund.attempt_id in {attempt.id for attempt in second_charges.second_charges(payment)}
    return payment.refunded + payment.reserved + refund.amount <= payment.paid
