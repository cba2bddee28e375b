"""What Stripe's errors and declines mean for the next step.

The table is closed: a decline that is not in it is a soft one, because it certainly took no money, a later try is
bounded by the schedule of retries, and a hard one would throw a good card away for a word that Stripe has coined since.
A request's error that is not in it is technical when Stripe promises that nothing was done, and unknown otherwise.

Sources: https://docs.stripe.com/declines/codes, https://docs.stripe.com/error-codes,
https://docs.stripe.com/api/errors, https://docs.stripe.com/refunds#failed-refunds.
"""

import stripe

from providers.interface import Failure, FailureKind, OutcomeUnknown, ProviderRefused

_HARD = """
card_not_supported currency_not_supported do_not_try_again expired_card fraudulent highest_risk_level incorrect_number
invalid_account invalid_expiry_month invalid_expiry_year invalid_number lost_card merchant_blacklist
new_account_information_available not_permitted pickup_card restricted_card revocation_of_all_authorizations
revocation_of_authorization stolen_card stop_payment_order testmode_decline
account_closed account_number_invalid bank_account_restricted bank_account_unusable bank_ownership_changed
debit_not_authorized no_account payment_method_currency_mismatch payment_method_not_available recipient_deceased
payment_intent_incompatible_payment_method payment_intent_mandate_invalid payment_method_unactivated
charge_already_refunded charge_disputed refund_disputed_payment
"""
_SOFT = """
approve_with_id call_issuer card_declined card_velocity_exceeded do_not_honor duplicate_transaction generic_decline
incorrect_address incorrect_cvc incorrect_pin incorrect_zip insufficient_funds invalid_amount invalid_cvc invalid_pin
issuer_not_available no_action_taken pin_try_exceeded refer_to_customer security_violation service_not_allowed
transaction_not_allowed try_again_later withdrawal_count_limit_exceeded
charge_exceeds_transaction_limit charge_exceeds_source_limit charge_exceeds_weekly_limit could_not_process
generic_could_not_process debit_disputed payment_intent_authentication_failure payment_intent_payment_attempt_failed
payment_method_provider_decline balance_insufficient
"""
_NEEDS_CUSTOMER = """
authentication_required authentication_not_handled mobile_device_authentication_required offline_pin_required
online_or_offline_pin_required payment_intent_action_required
"""
_TECHNICAL = "processing_error reenter_transaction payment_method_provider_timeout"
_CUSTOMER_CANCELLED = "payment_method_customer_decline"
_EXPIRED = "payment_intent_payment_attempt_expired"

KINDS: dict[str, FailureKind] = {
    **dict.fromkeys(_HARD.split(), FailureKind.HARD_DECLINE),
    **dict.fromkeys(_SOFT.split(), FailureKind.SOFT_DECLINE),
    **dict.fromkeys(_NEEDS_CUSTOMER.split(), FailureKind.NEEDS_CUSTOMER),
    **dict.fromkeys(_TECHNICAL.split(), FailureKind.TECHNICAL),
    **dict.fromkeys(_CUSTOMER_CANCELLED.split(), FailureKind.CUSTOMER_CANCELLED),
    **dict.fromkeys(_EXPIRED.split(), FailureKind.EXPIRED),
}
# Why a refund came back: none of them is mended by sending it again to the same place.
REFUND_KINDS: dict[str, FailureKind] = {
    "lost_or_stolen_card": FailureKind.HARD_DECLINE,
    "expired_or_canceled_card": FailureKind.HARD_DECLINE,
    "charge_for_pending_refund_disputed": FailureKind.HARD_DECLINE,
    "insufficient_funds": FailureKind.SOFT_DECLINE,
    "declined": FailureKind.SOFT_DECLINE,
    "merchant_request": FailureKind.CUSTOMER_CANCELLED,
    "canceled": FailureKind.CUSTOMER_CANCELLED,
}
# Stripe answers with these only when the request did nothing; other kinds of errors say no such thing.
NOTHING_DONE = {
    "card_error": (402,),
    "invalid_request_error": (400, 401, 402, 403, 404),
    "idempotency_error": (400,),
    "authentication_error": (401,),
}
_OF_THE_INSTRUMENT = ("payment_method", "customer")  # parameters: what the customer left behind cannot be used


def declined(error: stripe.StripeObject | None) -> Failure:
    """Why a try to pay failed, from Stripe's error about it; the code is the most exact that Stripe gives."""
    code = word(error, "decline_code") or word(error, "code") or "declined"
    kind = KINDS.get(code) or KINDS.get(word(error, "code"), FailureKind.SOFT_DECLINE)
    if word(error, "advice_code") == "do_not_try_again" and kind is FailureKind.SOFT_DECLINE:
        kind = FailureKind.HARD_DECLINE  # the card's network says so; insisting is fined
    return Failure(kind, code, f"Stripe: the payment was declined ({code.replace('_', ' ')}).")


def refund_failed(reason: str | None) -> Failure:
    """Why a refund failed after Stripe had taken it on."""
    code = reason if isinstance(reason, str) and reason.isprintable() and reason else "unknown"
    kind = REFUND_KINDS.get(code, FailureKind.SOFT_DECLINE)
    return Failure(kind, code[:100], f"Stripe: the refund did not arrive ({code[:100].replace('_', ' ')}).")


def refusal(error: stripe.StripeError) -> ProviderRefused | OutcomeUnknown:
    """A failed request: refused when Stripe promises by type and status that nothing was done, unknown otherwise.

    The message is Stripe's only for requests that were wrong, which name parameters; none has a customer's data.
    """
    body, status = error.error, error.http_status
    kind = word(body, "type")
    if body is None or status not in NOTHING_DONE.get(kind, ()) or isinstance(error, stripe.RateLimitError):
        return OutcomeUnknown(f"Stripe answered {status} without saying that nothing was done")
    if kind == "card_error":
        return ProviderRefused(declined(body))
    code = word(body, "code") or kind
    meaning = KINDS.get(code, FailureKind.TECHNICAL)
    if word(body, "param") in _OF_THE_INSTRUMENT:
        meaning = FailureKind.HARD_DECLINE
    parameter = f", parameter {word(body, 'param')}" if word(body, "param") else ""
    return ProviderRefused(Failure(meaning, code, f"Stripe refused the request ({code}{parameter})."))


def word(error: stripe.StripeObject | None, name: str) -> str:
    """One of the error's words, at most 100 characters; empty when there is none that can be read."""
    value = getattr(error, name, None)
    return value[:100] if isinstance(value, str) and value.isprintable() else ""
