"""Giving money back: refunds of a PaymentIntent, found again among those of it."""

import stripe
from stripe.params import RefundCreateParams, RefundListParams

from providers.interface import (
    Failure,
    FailureKind,
    OutcomeUnknown,
    ProviderRefused,
    RefundRequest,
    RefundResult,
    RefundState,
    Trace,
)
from providers.stripe.client import found, is_repetition, reading
from providers.stripe.errors import refund_failed
from providers.stripe.lists import PAGE, every
from providers.stripe.money import from_stripe, to_stripe
from providers.stripe.values import REFUND, id_of, ident, ours, text, whole

REASONS = ("duplicate", "fraudulent", "requested_by_customer")  # that Stripe has a word for
_STATES = {
    "pending": RefundState.PENDING,
    "requires_action": RefundState.PENDING,
    "succeeded": RefundState.SUCCEEDED,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}


def give_back(client: stripe.StripeClient, request: RefundRequest) -> RefundResult:
    """Give money back once; see `Provider.refund`. Raises what the SDK raises, too.

    Stripe refunds in the charge's currency without being told which, so that is looked at first.
    """
    intent = client.v1.payment_intents.retrieve(_intent_of(client, request.provider_reference))
    if text(intent.currency).upper() != request.currency:
        raise _refused("currency_mismatch", "The payment was made in another currency.")
    if intent.status != "succeeded":
        raise _refused("charge_not_paid", "Nothing was paid that could be given back.")
    params: RefundCreateParams = {
        "payment_intent": ident(intent.id),
        "amount": to_stripe(request.amount, request.currency),
        "metadata": {REFUND: request.refund_id},
    }
    if request.reason in REASONS:
        params["reason"] = request.reason
    refund = client.v1.refunds.create(params, {"idempotency_key": f"junction-refund-{request.refund_id}"})
    if is_repetition(refund):
        name = ident(refund.id)
        refund = reading(lambda: client.v1.refunds.retrieve(name))
    return _result(refund, request.refund_id)


def look_up(client: stripe.StripeClient, refund_id: str, trace: Trace) -> RefundResult | None:
    """The refund as it stands; see `Provider.look_up_refund`."""
    refund: stripe.Refund | None = None
    if name := trace.provider_reference:
        refund = found(lambda: client.v1.refunds.retrieve(name))
    if refund is None:
        wanted: RefundListParams = {"limit": PAGE}
        if trace.charge is not None:
            wanted["payment_intent"] = _intent_of(client, trace.charge)
        same = (each for each in every(client.v1.refunds.list(wanted)) if ours(each.metadata, REFUND) == refund_id)
        refund = next(same, None)
    return _result(refund, refund_id) if refund is not None else None


def _result(refund: stripe.Refund, refund_id: str) -> RefundResult:
    state = _STATES.get(refund.status or "")
    if state is None or ours(refund.metadata, REFUND) != refund_id:
        raise OutcomeUnknown("Stripe answered about another refund, or in a word that we do not know")
    cancelled = refund.status == "canceled"
    reason = "canceled" if cancelled else getattr(refund, "failure_reason", None)  # left out while there is none
    failure = refund_failed(reason) if state is RefundState.FAILED else None
    amount, currency = from_stripe(whole(refund.amount), text(refund.currency))
    return RefundResult(
        provider_reference=ident(refund.id),
        refund_id=refund_id,
        state=state,
        failure=failure,
        amount=amount,
        currency=currency,
    )


def _intent_of(client: stripe.StripeClient, charge: str) -> str:
    """The PaymentIntent of a charge by either of its names. Raises: ProviderRefused when nothing was paid."""
    if not charge.startswith("cs_"):
        return ident(charge)
    intent = id_of(client.v1.checkout.sessions.retrieve(charge).payment_intent)
    if intent is None:
        raise _refused("charge_not_paid", "Nothing was paid that could be given back.")
    return intent


def _refused(code: str, message: str) -> ProviderRefused:
    return ProviderRefused(Failure(FailureKind.HARD_DECLINE, code, message))
