"""Charging: the one place where a provider is asked to take money, for an attempt that is recorded already."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from flask import current_app

from app.models import CheckoutSession, PaymentAttempt
from app.services import accounts, attempts, tokens
from app.services.transaction import release
from providers.interface import AccountConfig, ChargeRequest, FailureKind, OutcomeUnknown, Provider, Trace
from providers.interface import ProviderRefused as Refused

log = structlog.get_logger()


@dataclass(frozen=True)
class Call:
    """All that calling the provider needs, read while a transaction was open."""

    provider: Provider
    account: AccountConfig
    request: ChargeRequest
    trace: Trace


def charge(attempt_id: str, *, actor: str, is_repeat: bool = False) -> PaymentAttempt:
    """Call the provider for a recorded attempt, no transaction open, and apply what it answers.

    That a repeated call could not be made says nothing about the first one: the attempt stays unknown.
    """
    call = call_of(attempts.get_attempt(attempt_id))
    release()
    try:
        answer = call.provider.charge(call.account, call.request)
    except Refused as refused:
        if is_repeat and refused.failure.kind is FailureKind.TECHNICAL:
            return attempts.apply_unknown(attempt_id, refused.failure.message, actor=actor)
        return attempts.apply_failure(attempt_id, refused.failure, actor=f"provider:{call.account.id}")
    except OutcomeUnknown as unknown:
        log.warning("outcome_unknown", attempt=attempt_id, account=call.account.id)
        return attempts.apply_unknown(attempt_id, unknown.message, actor=actor)
    return attempts.apply_charge(attempt_id, answer, actor=f"provider:{call.account.id}")


def call_of(attempt: PaymentAttempt) -> Call:
    """Return the attempt's provider, account and request: the same whenever it is asked for."""
    session: CheckoutSession = attempt.session
    provider, account = accounts.connect(attempt.account_id)
    config = current_app.config["JUNCTION"]
    return Call(
        provider,
        account,
        ChargeRequest(
            attempt_id=attempt.id,
            asked_at=attempt.started_at,
            amount=session.amount,
            currency=session.currency,
            method=attempt.method,
            reference=session.reference,
            description=config.theme.name,
            return_url=f"{config.public_url}/checkout/{session.id}/return/{attempt.id}",
            expires_at=session.expires_at,
            customer_email=session.customer.get("email"),
            customer_name=session.customer.get("name"),
            country=session.customer.get("country"),
            locale=session.locale,
            strong_authentication=attempt.strong_authentication,
            save_for_later=session.subscription_id is not None and attempt.token_id is None,
            token=tokens.reveal(attempt.token) if attempt.token_id is not None else None,
        ),
        Trace(provider_reference=attempt.provider_reference, asked_at=attempt.started_at),
    )
