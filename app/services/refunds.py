"""Refunds: accepted at once, and agreed to by a second person where that is asked for; a job then sends them."""

from __future__ import annotations

from sqlalchemy import select, update

from app.domain.ids import new_id
from app.domain.refunds import REASONS
from app.domain.statuses import SETTLED_PAYMENT, AttemptStatus, RefundStatus
from app.models import Payment, PaymentAttempt, Refund, db, utc_now
from app.services import accounts, jobs, refund_outcomes, refund_settings, second_charges
from app.services.errors import FieldRefused, NotFound
from app.services.refund_errors import (
    NothingCollected,
    NotWaiting,
    PartialUnsupported,
    RefundsUnsupported,
    SamePerson,
    TooMuch,
)
from app.services.texts import is_storable
from app.services.transaction import transaction
from app.services.transitions import record_creation
from providers.interface import Capabilities

REFUND = "refund"
LONGEST_NOTE = 500
WAITS = (Refund.needs_approval, Refund.approved_at.is_(None), Refund.status == RefundStatus.REQUESTED)  # for approval


def get_refund(refund_id: str) -> Refund:
    """Return a refund. Raises NotFound."""
    refund = db.session.get(Refund, refund_id)
    if refund is None:
        raise NotFound("refund", refund_id)
    return refund


def left_of(payment: Payment) -> int:
    """Return what can still be given back, in minor units."""
    return payment.paid - payment.refunded - payment.reserved


def needs_second_person(payment: Payment, amount: int) -> bool:
    """Tell whether giving `amount` more back takes the payment over the threshold of its currency."""
    threshold = refund_settings.load().approval_above.get(payment.currency)
    before = payment.refunded + payment.reserved + second_charges.given_back(payment)
    return threshold is not None and before + amount > threshold


def waits_for_approval(refund: Refund) -> bool:
    """Tell whether nothing is sent until somebody else agrees."""
    return refund.needs_approval and refund.approved_at is None and refund.status == RefundStatus.REQUESTED


def charge_of(payment: Payment) -> str | None:
    """Return the provider's reference of the charge that paid: the first that succeeded, should there be two."""
    succeeded = (
        PaymentAttempt.payment_id == payment.id,
        PaymentAttempt.account_id == payment.account_id,
        PaymentAttempt.status == AttemptStatus.SUCCEEDED,
    )
    first = select(PaymentAttempt.provider_reference).where(*succeeded)
    return db.session.scalar(first.order_by(PaymentAttempt.ended_at, PaymentAttempt.id).limit(1))


def check_possible(payment: Payment, amount: int) -> None:
    """Look whether `amount` can be given back now. Raises what `request` raises about the payment and the amount."""
    if payment.status not in SETTLED_PAYMENT or charge_of(payment) is None:
        raise NothingCollected
    left = left_of(payment)
    if left == 0 or amount > left:
        raise TooMuch(left, payment.reserved, payment.currency)
    if amount < 1:
        raise FieldRefused("amount", "Use at least 1 minor unit.")
    account_id = payment.account_id or ""
    if not _refunds_of(account_id).partial_refunds and amount != payment.paid:
        raise PartialUnsupported(accounts.labels()[account_id], payment.paid, payment.currency)


def request(
    payment_id: str,
    *,
    amount: int | None = None,
    reason: str = "other",
    note: str = "",
    actor: str,
    refund_id: str | None = None,
) -> Refund:
    """Accept a refund of `amount` minor units, or of all that is left, and hold the amount; a job sends it.

    The same `refund_id` again returns what was accepted the first time. Raises NotFound, FieldRefused,
    NothingCollected, TooMuch, RefundsUnsupported, PartialUnsupported; then nothing was held.
    """
    with transaction():
        return accept(payment_id, amount=amount, reason=reason, note=note, actor=actor, refund_id=refund_id)


def accept(
    payment_id: str,
    *,
    amount: int | None = None,
    reason: str = "other",
    note: str = "",
    actor: str,
    refund_id: str | None = None,
) -> Refund:
    """Do what `request` does, in the caller's transaction; raise what it raises."""
    _check(reason, note)
    payment = _locked(payment_id)
    if refund_id is not None and (known := db.session.get(Refund, refund_id)) is not None:
        if known.payment_id != payment_id:
            raise NotFound("refund", refund_id)
        return known
    amount = left_of(payment) if amount is None else amount
    check_possible(payment, amount)
    needs_approval = needs_second_person(payment, amount)
    _hold(payment, amount)
    return _record(
        Refund(
            id=refund_id or new_id("re"),
            payment_id=payment_id,
            amount=amount,
            reason=reason,
            note=note,
            requested_by=actor,
            needs_approval=needs_approval,
        )
    )


def accept_second_charges(payment_id: str, *, note: str, actor: str) -> list[Refund]:
    """Accept, in the caller's transaction, that every second charge is given back whole; none when that was done.

    What the payment itself collected stays as it is. Raises RefundsUnsupported; then nothing is given back.
    """
    payment = _locked(payment_id)
    made = []
    for attempt in second_charges.second_charges(payment):
        _refunds_of(attempt.account_id)
        refund = Refund(
            payment_id=payment_id,
            attempt_id=attempt.id,
            amount=payment.amount,
            reason="duplicate",
            note=note,
            requested_by=actor,
            needs_approval=needs_second_person(payment, payment.amount),
        )
        made.append(_record(refund))
    return made


def approve(refund_id: str, *, actor: str) -> Refund:
    """Let a refund that waits for a second person be sent. Raises NotFound, SamePerson, NotWaiting."""
    with transaction():
        _, refund = refund_outcomes.lock(refund_id)
        if refund.approved_by == actor:
            return refund  # the same person pressed twice
        if not waits_for_approval(refund):
            raise NotWaiting
        if refund.requested_by == actor:
            raise SamePerson
        waiting = (Refund.id == refund_id, Refund.status == RefundStatus.REQUESTED, Refund.approved_at.is_(None))
        agreed = update(Refund).where(*waiting).values(approved_by=actor, approved_at=utc_now()).returning(Refund.id)
        if db.session.execute(agreed.execution_options(synchronize_session=False)).first() is None:
            raise NotWaiting
        jobs.enqueue(REFUND, refund_id)
        db.session.refresh(refund)
    return refund


def reject(refund_id: str, *, actor: str, note: str = "") -> Refund:
    """Turn down a refund that waits for a second person, and free its amount; whoever asked may take it back so.

    Raises NotFound, NotWaiting, FieldRefused.
    """
    _check_note(note)
    with transaction():
        payment, refund = refund_outcomes.lock(refund_id)
        if not waits_for_approval(refund):
            raise NotWaiting
        refund_outcomes.reject(payment, refund, actor=actor, note=note)
    return refund


def _record(refund: Refund) -> Refund:
    record_creation(refund, actor=refund.requested_by, reason=refund.note)
    if not refund.needs_approval:
        jobs.enqueue(REFUND, refund.id)
    return refund


def _hold(payment: Payment, amount: int) -> None:
    """Reserve the amount, whoever else reserves at the same moment. Raises TooMuch."""
    is_left = Payment.refunded + Payment.reserved + amount <= Payment.paid
    held = update(Payment).where(Payment.id == payment.id, is_left).values(reserved=Payment.reserved + amount)
    mine = db.session.execute(held.returning(Payment.id).execution_options(synchronize_session=False)).first()
    db.session.refresh(payment)
    if mine is None:
        raise TooMuch(left_of(payment), payment.reserved, payment.currency)


def _refunds_of(account_id: str) -> Capabilities:
    """Return what an account that gives money back can do. Raises RefundsUnsupported."""
    provider, account = accounts.connect(account_id)
    can = provider.capabilities(account)
    if not can.refunds:
        raise RefundsUnsupported(accounts.labels()[account_id])
    return can


def _locked(payment_id: str) -> Payment:
    payment = db.session.get(Payment, payment_id, with_for_update=True, populate_existing=True)
    if payment is None:
        raise NotFound("payment", payment_id)
    return payment


def _check(reason: str, note: str) -> None:
    if reason not in REASONS:
        raise FieldRefused("reason", f"Use one of {', '.join(REASONS)}.")
    _check_note(note)


def _check_note(note: str) -> None:
    if len(note) > LONGEST_NOTE or not is_storable(note):
        raise FieldRefused("note", f"Use at most {LONGEST_NOTE} characters of plain text.")
