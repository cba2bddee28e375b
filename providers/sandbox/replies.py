"""How the sandbox's replies read: strictly, so that whatever is not understood leaves the outcome unknown."""

from collections.abc import Mapping
from typing import Any

from providers.http import Reply
from providers.interface import (
    Charge,
    ChargeStage,
    ChargeState,
    Failure,
    FailureKind,
    OutcomeUnknown,
    ProviderRefused,
    RefundResult,
    RefundState,
)


def accepted(reply: Reply) -> Mapping[str, Any]:
    """The body of a 2xx reply.

    Raises: ProviderRefused for a 4xx that carries the service's own error; OutcomeUnknown for any other
    4xx, which something on the way may have written after the service had acted.
    """
    if reply.status < 300:
        return reply.body
    error = reply.body.get("error")
    try:
        raise ProviderRefused(_failure(error))
    except (KeyError, TypeError, ValueError) as problem:
        raise OutcomeUnknown(f"the provider answered {reply.status} without a readable error") from problem


def read_charge(body: Mapping[str, Any], attempt_id: str) -> Charge:
    """A charge object. Raises: OutcomeUnknown when it is not one, or is about another attempt."""
    try:
        state = ChargeState(body["state"])
        charge = Charge(
            provider_reference=_text(body["id"]),
            attempt_id=_text(body["reference"]),
            state=state,
            amount=_integer(body["amount"]),
            currency=_text(body["currency"]),
            redirect_url=body["page_url"] and _text(body["page_url"]),
            failure=_failure(body["failure"]) if state is ChargeState.FAILED else None,
            stage=ChargeStage(body["stage"]) if state is ChargeState.PENDING else None,
        )
    except (KeyError, TypeError, ValueError) as problem:
        raise OutcomeUnknown("the provider's charge cannot be read") from problem
    if charge.attempt_id != attempt_id:
        raise OutcomeUnknown("the provider answered about another attempt")
    return charge


def read_refund(body: Mapping[str, Any], refund_id: str) -> RefundResult:
    """A refund object. Raises: OutcomeUnknown when it is not one, or is about another refund."""
    try:
        state = RefundState(body["state"])
        refund = RefundResult(
            provider_reference=_text(body["id"]),
            refund_id=_text(body["reference"]),
            state=state,
            failure=_failure(body["failure"]) if state is RefundState.FAILED else None,
        )
    except (KeyError, TypeError, ValueError) as problem:
        raise OutcomeUnknown("the provider's refund cannot be read") from problem
    if refund.refund_id != refund_id:
        raise OutcomeUnknown("the provider answered about another refund")
    return refund


def _failure(value: Any) -> Failure:
    return Failure(FailureKind(value["kind"]), _text(value["code"]), _text(value["message"]))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("expected text")
    return value


def _integer(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("expected a whole number")
    return value
