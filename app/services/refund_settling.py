"""Sending refunds and settling them: the provider is asked with no transaction open, until it has answered."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, func, literal, or_, select, update

from app.domain.asking import LATEST, next_check
from app.domain.statuses import RefundStatus
from app.models import Job, Payment, Refund, db, utc_now
from app.models.base import UtcDateTime
from app.services import accounts, jobs, refund_outcomes, refunds
from app.services.attempts import FIRST_CHECK
from app.services.refund_outcomes import OPEN
from app.services.slots import provider_slot
from app.services.transaction import release, transaction
from providers.interface import AccountConfig, OutcomeUnknown, Provider, ProviderRefused, RefundRequest, Trace
from providers.truths import UNREACHABLE


def run(refund_id: str) -> None:
    """Do the job: ask until the refund has ended, less and less often. Raises jobs.NotYet, Busy."""
    refund = refunds.get_refund(refund_id)
    if refund.status in OPEN and not refunds.waits_for_approval(refund):
        refund = settle(refund_id)
        if refund.status in OPEN:
            now = utc_now()
            raise jobs.NotYet(max(next_check(refund.asked_at or now, now), (refund.sent_at or now) + FIRST_CHECK))


def take_up_forgotten() -> None:
    """Let open refunds be asked about whose job failed too often, once it has waited an hour for a person."""
    of_it = (Job.kind == refunds.REFUND, Job.subject_id == Refund.id, Job.done_at.is_(None))
    forgotten = list(
        db.session.scalars(
            select(Refund.id).where(
                Refund.status.in_(OPEN),
                or_(~Refund.needs_approval, Refund.approved_at.is_not(None)),
                ~exists().where(*of_it, Job.quarantined_at.is_(None)),
                ~exists().where(*of_it, Job.quarantined_at > utc_now() - LATEST),
            )
        )
    )
    release()
    if forgotten:
        with transaction():
            for refund_id in forgotten:
                jobs.enqueue(refunds.REFUND, refund_id)


def settle(refund_id: str) -> Refund:
    """Ask the provider what became of a refund and apply it; safe at any moment, any number of times.

    It is sent when it never was, and again under its own key when the provider has never heard of it, but not before
    the last sending must have ended. Raises NotFound, Busy.
    """
    with provider_slot():
        return _settle(refund_id)


def connect(refund: Refund) -> tuple[Provider, AccountConfig]:
    """Return the adapter and the account by which a refund's money was collected."""
    collected_by = refund.attempt or refund.payment
    return accounts.connect(collected_by.account_id or "")


def trace_of(refund: Refund) -> Trace:
    """Return where a provider may look for a refund."""
    return Trace(provider_reference=refund.provider_reference, charge=_charge_of(refund), asked_at=refund.asked_at)


def _settle(refund_id: str) -> Refund:
    refund = refunds.get_refund(refund_id)
    if refunds.waits_for_approval(refund):
        return refund
    provider, account, wanted = _call_of(refund)
    last_sent, trace, actor = refund.sent_at, trace_of(refund), f"provider:{account.id}"
    if last_sent is not None:
        release()
        try:
            found = provider.look_up_refund(account, refund_id, trace)
        except OutcomeUnknown as unknown:
            return refund_outcomes.apply_unknown(refund_id, unknown.message)
        if found is not None:
            return refund_outcomes.apply_result(refund_id, found, actor=actor)
    now = utc_now()
    if (last_sent is not None and now - last_sent < FIRST_CHECK) or not _claim_sending(refund_id, last_sent, now):
        return refunds.get_refund(refund_id)
    try:
        answer = provider.refund(account, wanted)
    except ProviderRefused as refused:
        if refused.failure.code == UNREACHABLE:
            return refund_outcomes.apply_unknown(refund_id, refused.failure.message)
        return refund_outcomes.apply_failure(refund_id, refused.failure, actor=actor, sent_at=now)
    except OutcomeUnknown as unknown:
        return refund_outcomes.apply_unknown(refund_id, unknown.message)
    return refund_outcomes.apply_result(refund_id, answer, actor=actor)


def _claim_sending(refund_id: str, last_sent: datetime | None, now: datetime) -> bool:
    """Record that the refund is being sent; False when it may not be, or somebody else has sent it since `last_sent`.

    So no two sendings overlap, and a definite refusal of one tells about all before it.
    """
    with transaction():
        claimed = (
            update(Refund)
            .where(
                Refund.id == refund_id,
                Refund.status == RefundStatus.REQUESTED,
                or_(~Refund.needs_approval, Refund.approved_at.is_not(None)),
                Refund.sent_at.is_not_distinct_from(last_sent),
            )
            .values(sent_at=now, asked_at=func.coalesce(Refund.asked_at, literal(now, UtcDateTime)))
            .returning(Refund.id)
            .execution_options(synchronize_session=False)
        )
        return db.session.execute(claimed).first() is not None


def _call_of(refund: Refund) -> tuple[Provider, AccountConfig, RefundRequest]:
    payment: Payment = refund.payment
    provider, account = connect(refund)
    wanted = RefundRequest(
        refund_id=refund.id,
        provider_reference=_charge_of(refund) or "",
        amount=refund.amount,
        currency=payment.currency,
        reason=refund.reason,
    )
    return provider, account, wanted


def _charge_of(refund: Refund) -> str | None:
    """Return the provider's name for the charge that is given back."""
    reference: str | None = refund.attempt.provider_reference if refund.attempt else refunds.charge_of(refund.payment)
    return reference
