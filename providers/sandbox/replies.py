"""How the sandbox's replies read: strictly, so that whatever is not understood leaves the outcome unknown."""

from collections.abc import Mapping
from datetime import UTC, datetime
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
    ProviderRenewal,
    ProviderSubscription,
    ProviderSubscriptionState,
    RefundResult,
    RefundState,
    ReportLine,
)

LONGEST_ID = 255  # characters


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
            provider_reference=_id(body["id"]),
            attempt_id=_text(body["reference"]),
            state=state,
            amount=_integer(body["amount"]),
            currency=_text(body["currency"]),
            redirect_url=body["page_url"] and _text(body["page_url"]),
            failure=_failure(body["failure"]) if state is ChargeState.FAILED else None,
            stage=ChargeStage(body["stage"]) if state is ChargeState.PENDING else None,
            token=_text(body["token"]) if body.get("token") else None,
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
            provider_reference=_id(body["id"]),
            refund_id=_text(body["reference"]),
            state=state,
            failure=_failure(body["failure"]) if state is RefundState.FAILED else None,
        )
    except (KeyError, TypeError, ValueError) as problem:
        raise OutcomeUnknown("the provider's refund cannot be read") from problem
    if refund.refund_id != refund_id:
        raise OutcomeUnknown("the provider answered about another refund")
    return refund


def read_subscription(body: Mapping[str, Any], subscription_id: str) -> ProviderSubscription:
    """A subscription object. Raises: OutcomeUnknown when it is not one, or is about another subscription."""
    try:
        subscription = ProviderSubscription(
            provider_reference=_id(body["id"]),
            subscription_id=_text(body["reference"]),
            state=ProviderSubscriptionState(body["state"]),
            amount=_integer(body["amount"]),
            currency=_text(body["currency"]),
            ends_at=_moment_or_none(body["ends_at"]),
            renewals=tuple(_renewal(renewal) for renewal in body["renewals"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as problem:
        raise OutcomeUnknown("the provider's subscription cannot be read") from problem
    if subscription.subscription_id != subscription_id:
        raise OutcomeUnknown("the provider answered about another subscription")
    return subscription


def read_report(body: Mapping[str, Any]) -> list[ReportLine]:
    """One page of a report. Raises: OutcomeUnknown when it is not one."""
    try:
        return [
            ReportLine(
                kind=_text(line["kind"]),
                provider_reference=_id(line["id"]),
                reference=line["reference"] and _text(line["reference"]),
                state=_text(line["state"]),
                amount=_integer(line["amount"]),
                currency=_text(line["currency"]),
                at=_moment(line["at"]),
            )
            for line in body["lines"]
        ]
    except (KeyError, TypeError, ValueError, OverflowError) as problem:
        raise OutcomeUnknown("the provider's report cannot be read") from problem


def read_next_offset(body: Mapping[str, Any]) -> int | None:
    """Where the next page of a report begins; None after the last. Raises: OutcomeUnknown when it does not say."""
    try:
        return None if body["next_offset"] is None else _integer(body["next_offset"])
    except (KeyError, TypeError) as problem:
        raise OutcomeUnknown("the provider's report does not say where it goes on") from problem


def _renewal(value: Any) -> ProviderRenewal:
    state = ChargeState(value["state"])
    return ProviderRenewal(
        number=_integer(value["number"]),
        due_at=_moment(value["due_at"]),
        provider_reference=_id(value["charge"]),
        state=state,
        amount=_integer(value["amount"]),
        currency=_text(value["currency"]),
        failure=_failure(value["failure"]) if state is ChargeState.FAILED else None,
        next_try_at=_moment_or_none(value["next_try_at"]),
    )


def _failure(value: Any) -> Failure:
    return Failure(FailureKind(value["kind"]), _text(value["code"]), _text(value["message"]))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("expected text")
    value.encode()  # half of a surrogate pair is no text
    if "\0" in value:
        raise ValueError("expected readable text")
    return value


def _id(value: Any) -> str:
    if not 0 < len(_text(value)) <= LONGEST_ID:
        raise ValueError("expected an id")
    return str(value)


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError("expected a time with its offset")
    return moment.astimezone(UTC)


def _moment_or_none(value: Any) -> datetime | None:
    return None if value is None else _moment(value)


def _integer(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("expected a whole number")
    return value
