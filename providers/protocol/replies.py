"""How replies are read: strictly, so that whatever is not understood leaves the outcome unknown."""

from collections.abc import Mapping
from typing import Any

from providers.http import Reply
from providers.interface import (
    Charge,
    ChargeStage,
    ChargeState,
    OutcomeUnknown,
    ProviderRefused,
    ProviderRenewal,
    ProviderSubscription,
    ProviderSubscriptionState,
    RefundResult,
    RefundState,
    ReportLine,
)
from providers.protocol import fields


def accepted(reply: Reply) -> Mapping[str, Any]:
    """The body of a 2xx reply.

    Raises: ProviderRefused for a 4xx that carries the service's own error; OutcomeUnknown for any other
    4xx, which something on the way may have written after the service had acted.
    """
    if reply.status < 300:
        return reply.body
    error = reply.body.get("error")
    try:
        raise ProviderRefused(fields.failure(error))
    except (KeyError, TypeError, ValueError) as problem:
        raise OutcomeUnknown(f"the provider answered {reply.status} without a readable error") from problem


def read_charge(body: Mapping[str, Any], attempt_id: str) -> Charge:
    """A charge object. Raises: OutcomeUnknown when it is not one, or is about another attempt."""
    try:
        state = ChargeState(body["state"])
        charge = Charge(
            provider_reference=fields.name(body["id"]),
            attempt_id=fields.text(body["reference"]),
            state=state,
            amount=fields.amount(body["amount"]),
            currency=fields.currency(body["currency"]),
            redirect_url=None if body["page_url"] is None else fields.text(body["page_url"]),
            failure=fields.failure(body["failure"]) if state is ChargeState.FAILED else None,
            stage=ChargeStage(body["stage"]) if state is ChargeState.PENDING else None,
            token=fields.text(body["token"]) if body.get("token") else None,
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
            provider_reference=fields.name(body["id"]),
            refund_id=fields.text(body["reference"]),
            state=state,
            failure=fields.failure(body["failure"]) if state is RefundState.FAILED else None,
            amount=fields.amount(body["amount"]),
            currency=fields.currency(body["currency"]),
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
            provider_reference=fields.name(body["id"]),
            subscription_id=fields.text(body["reference"]),
            state=ProviderSubscriptionState(body["state"]),
            amount=fields.amount(body["amount"]),
            currency=fields.currency(body["currency"]),
            ends_at=fields.moment_or_none(body["ends_at"]),
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
                kind=fields.name(line["kind"]),
                provider_reference=fields.name(line["id"]),
                reference=None if line["reference"] is None else fields.name(line["reference"]),
                state=fields.name(line["state"]),
                amount=fields.amount(line["amount"]),
                currency=fields.currency(line["currency"]),
                at=fields.moment(line["at"]),
            )
            for line in body["lines"]
        ]
    except (KeyError, TypeError, ValueError, OverflowError) as problem:
        raise OutcomeUnknown("the provider's report cannot be read") from problem


def read_next_offset(body: Mapping[str, Any]) -> int | None:
    """Where the next page of a report begins; None after the last. Raises: OutcomeUnknown when it does not say."""
    try:
        return None if body["next_offset"] is None else fields.integer(body["next_offset"])
    except (KeyError, TypeError) as problem:
        raise OutcomeUnknown("the provider's report does not say where it goes on") from problem


def _renewal(value: Any) -> ProviderRenewal:
    state = ChargeState(value["state"])
    return ProviderRenewal(
        number=fields.period(value["number"]),
        due_at=fields.moment(value["due_at"]),
        provider_reference=fields.name(value["charge"]),
        state=state,
        amount=fields.amount(value["amount"]),
        currency=fields.currency(value["currency"]),
        failure=fields.failure(value["failure"]) if state is ChargeState.FAILED else None,
        next_try_at=fields.moment_or_none(value["next_try_at"]),
    )
