"""What a Checkout Session or a PaymentIntent says about one charge.

A charge goes by the name of its Session until it is collected, then by that of its PaymentIntent, which is the truth
about money wherever there is one: a Session has none until its customer first tries to pay.
"""

import stripe

from providers.interface import Charge, ChargeStage, ChargeState, Failure, FailureKind, OutcomeUnknown
from providers.stripe.errors import declined
from providers.stripe.money import from_stripe
from providers.stripe.values import ATTEMPT, CLOSED, id_of, ident, ours, text, whole

CANCELLED = Failure(FailureKind.CUSTOMER_CANCELLED, "cancelled", "The payment page was closed before anybody paid.")
EXPIRED = Failure(FailureKind.EXPIRED, "expired", "Nobody paid in time.")
NOBODY_THERE = Failure(
    FailureKind.NEEDS_CUSTOMER, "authentication_required", "Stripe: the bank wants the customer to confirm the payment."
)
_OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")


def of_session(session: stripe.checkout.Session, attempt_id: str) -> Charge:
    """The charge of a Session whose PaymentIntent, if any, is expanded. Raises: OutcomeUnknown."""
    if session.client_reference_id != attempt_id:
        raise OutcomeUnknown("Stripe answered about another attempt")
    intent = session.payment_intent
    if isinstance(intent, str):
        raise OutcomeUnknown("Stripe did not show what was paid")
    if intent is not None and intent.status == "succeeded":
        return of_intent(intent, attempt_id)
    amount, currency = from_stripe(whole(session.amount_total), text(session.currency))
    reference = ident(session.id)
    if session.status == "open" and (intent is None or intent.status in _OPEN):
        return Charge(
            provider_reference=reference, attempt_id=attempt_id, state=ChargeState.PENDING, amount=amount,
            currency=currency, stage=ChargeStage.AWAITING_CUSTOMER, redirect_url=text(session.url),
        )  # fmt: skip
    failure = _failure(session, intent)
    return Charge(
        provider_reference=reference,
        attempt_id=attempt_id,
        state=ChargeState.FAILED if failure else ChargeState.PENDING,
        stage=None if failure else ChargeStage.PROCESSING,
        amount=amount,
        currency=currency,
        failure=failure,
    )


def of_intent(intent: stripe.PaymentIntent, attempt_id: str) -> Charge:
    """The charge of a PaymentIntent that waits for no customer. Raises: OutcomeUnknown."""
    if ours(intent.metadata, ATTEMPT) != attempt_id:
        raise OutcomeUnknown("Stripe answered about another attempt")
    succeeded = intent.status == "succeeded"
    amount, currency = from_stripe(
        whole(intent.amount_received if succeeded else intent.amount), text(intent.currency)
    )
    failure: Failure | None = None
    if intent.status in ("requires_payment_method", "canceled"):
        failure = declined(intent.last_payment_error) if intent.last_payment_error else CANCELLED
    elif intent.status == "requires_action":
        failure = NOBODY_THERE  # nobody holds what it would take to go on with it
    elif intent.status not in ("succeeded", "processing"):
        raise OutcomeUnknown("Stripe's PaymentIntent is in a state that it should not be in")
    state = ChargeState.SUCCEEDED if succeeded else ChargeState.FAILED if failure else ChargeState.PENDING
    return Charge(
        provider_reference=ident(intent.id),
        attempt_id=attempt_id,
        state=state,
        stage=ChargeStage.PROCESSING if state is ChargeState.PENDING else None,
        amount=amount,
        currency=currency,
        failure=failure,
        token=_token(intent) if succeeded else None,
    )


def _failure(session: stripe.checkout.Session, intent: stripe.PaymentIntent | None) -> Failure | None:
    """Why nothing will be paid any more, None while the bank is still deciding. Raises: OutcomeUnknown.

    A customer who was declined and then gave up was declined: that is what the next choice of methods should know.
    """
    if intent is not None and (intent.status == "processing" or (session.status, intent.status) in _DECIDING):
        return None
    if session.status not in ("complete", "expired") or (intent is None and session.status == "complete"):
        raise OutcomeUnknown("Stripe's Session is in a state that it should not be in")
    if intent is not None and intent.last_payment_error is not None:
        return declined(intent.last_payment_error)
    return CANCELLED if ours(session.metadata, CLOSED) is not None else EXPIRED


_DECIDING = (("complete", "requires_action"), ("complete", "requires_confirmation"))  # a slip to be paid at a counter


def _token(intent: stripe.PaymentIntent) -> str | None:
    """`customer/payment method` when they agreed to be charged again; some methods leave a direct debit behind."""
    customer, method = id_of(intent.customer), id_of(intent.payment_method)
    if intent.setup_future_usage != "off_session" or customer is None or method is None:
        return None
    charge = intent.latest_charge
    if isinstance(charge, stripe.Charge) and charge.payment_method_details is not None:
        details = charge.payment_method_details
        method = id_of(getattr(getattr(details, details.type, None), "generated_sepa_debit", None)) or method
    return f"{customer}/{method}"
