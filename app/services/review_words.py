"""Taking a person's word for what a provider told them, unless the provider, asked once more, says otherwise."""

from __future__ import annotations

from app.domain.review import NEEDS_REFERENCE, Way
from app.models import Alert, Payment, PaymentAttempt, Refund
from app.services import attempts, notes, refund_outcomes, refund_settling, refunds
from app.services.alerts import close_alert
from app.services.charging import call_of
from app.services.review_errors import AlreadyDecided, SaysOtherwise
from app.services.slots import provider_slot
from app.services.transaction import release, transaction
from providers.interface import Charge, ChargeState, Failure, FailureKind, OutcomeUnknown, RefundResult, RefundState

LONGEST_REFERENCE = 200
CHARGE_SAID = {
    ChargeState.SUCCEEDED: "the customer was charged. That is recorded now.",
    ChargeState.FAILED: "nothing was collected. That is recorded now.",
    ChargeState.PENDING: "it is still under way.",
}
REFUND_SAID = {
    RefundState.SUCCEEDED: "the money was given back. That is recorded now.",
    RefundState.FAILED: "nothing was given back. That is recorded now.",
    RefundState.PENDING: "it is still under way.",
}
CHARGE_WAYS = {ChargeState.SUCCEEDED: Way.COLLECTED, ChargeState.FAILED: Way.NOT_COLLECTED}
REFUND_WAYS = {RefundState.SUCCEEDED: Way.GIVEN_BACK, RefundState.FAILED: Way.NOT_GIVEN_BACK}
NEVER_HEARD = "it has never heard of it."


def take_word_of_charge(alert: Alert, attempt: PaymentAttempt, way: Way, *, note: str, reference: str, by: str) -> None:
    """Settle a live attempt by the person's word. Raises FieldRefused, AlreadyDecided, SaysOtherwise, Busy."""
    reference = _reference(way, reference)
    attempt_id, kind = attempt.id, alert.kind
    amount, currency = attempt.payment.amount, attempt.payment.currency
    call = call_of(attempt)
    release()
    with provider_slot():
        try:
            found = call.provider.look_up(call.account, attempt_id, call.trace)
        except OutcomeUnknown:
            heard = False
        else:
            heard = True
    if heard and found is not None:
        attempts.apply_charge(attempt_id, found, actor=f"provider:{call.account.id}")
        differs = (found.amount, found.currency) != (amount, currency)
        if not differs and CHARGE_WAYS.get(found.state) is way:
            return  # it says the same: its own word is recorded
        if differs and way is not Way.RETURNED:
            raise SaysOtherwise("another amount.")
        if not differs or found.state is ChargeState.PENDING:  # what was not collected yet cannot have been returned
            raise SaysOtherwise(CHARGE_SAID[found.state])
    elif heard and way is Way.COLLECTED:
        raise SaysOtherwise(NEVER_HEARD)
    word: Charge | Failure
    if way is Way.COLLECTED:
        word = Charge(
            provider_reference=reference,
            attempt_id=attempt_id,
            state=ChargeState.SUCCEEDED,
            amount=amount,
            currency=currency,
        )
    else:
        code = attempts.GIVEN_BACK if way is Way.RETURNED else "not_collected"
        word = Failure(FailureKind.TECHNICAL, code, note)
    attempts.apply_word(attempt_id, word, kind=kind, by=by, note=note)


def take_word_of_refund(alert: Alert, refund: Refund, way: Way, *, note: str, reference: str, by: str) -> None:
    """End an open refund by the person's word.

    Raises FieldRefused, AlreadyDecided, SaysOtherwise, StillUnderWay, Busy.
    """
    reference = _reference(way, reference)
    refund_id, kind, last_sent = refund.id, alert.kind, refund.sent_at
    amount, currency = refund.amount, refund.payment.currency
    provider, account = refund_settling.connect(refund)
    trace = refund_settling.trace_of(refund)
    release()
    with provider_slot():
        try:
            found = provider.look_up_refund(account, refund_id, trace)
        except OutcomeUnknown:
            heard = False
        else:
            heard = True
    if heard and found is not None:
        refund_outcomes.apply_result(refund_id, found, actor=f"provider:{account.id}")
        # Where it says another amount, its word is what the person has looked into.
        if not refund_outcomes.differs(found, amount, currency):
            if REFUND_WAYS.get(found.state) is way:
                return
            raise SaysOtherwise(REFUND_SAID[found.state])
    elif heard and way is Way.GIVEN_BACK:
        raise SaysOtherwise(NEVER_HEARD)
    word: RefundResult | Failure = Failure(FailureKind.TECHNICAL, "not_given_back", note)
    if way is Way.GIVEN_BACK:
        word = RefundResult(provider_reference=reference, refund_id=refund_id, state=RefundState.SUCCEEDED)
    refund_outcomes.apply_word(refund_id, word, kind=kind, by=by, note=note, last_sent=last_sent)


def give_back(alert: Alert, payment: Payment, *, note: str, by: str) -> None:
    """Give back what should not have been collected: a second charge, or all that is left of a payment too many.

    Asked for twice, it is given back once. Raises AlreadyDecided, and what refunds.request raises; then nothing is.
    """
    actor, kind, payment_id = f"user:{by}"[:100], alert.kind, payment.id
    with transaction():  # one, so that a refund which fails at once puts the item back after it was taken out
        if kind == attempts.TWICE:
            asked = refunds.accept_second_charges(payment_id, note=note, actor=actor)
        else:
            short = note[: refunds.LONGEST_NOTE]
            asked = [refunds.accept(payment_id, reason="duplicate", note=short, actor=actor)]
        said = f"{note} (refund {', '.join(refund.id for refund in asked)})"
        if not asked or not close_alert(kind, payment_id, by=by, note=said):
            raise AlreadyDecided


def _reference(way: Way, reference: str) -> str:
    return notes.read(reference, "reference", LONGEST_REFERENCE) if way in NEEDS_REFERENCE else ""
