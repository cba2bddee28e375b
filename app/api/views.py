"""How rows are told to a caller of the API."""

from __future__ import annotations

from typing import Any

from flask import current_app

from app.domain.methods import LABELS
from app.domain.statuses import AttemptStatus
from app.models import CheckoutSession, DecisionRecord, Payment, PaymentAttempt, Refund, Renewal
from app.services.decisions import offered_now, outcome_of


def session_view(session: CheckoutSession, record: DecisionRecord) -> dict[str, Any]:
    """Return a session as SessionSchema has it."""
    decision = outcome_of(record)
    return {
        "id": session.id,
        "url": f"{current_app.config['JUNCTION'].public_url}/checkout/{session.id}",
        "status": session.status,
        "mode": "payment" if session.subscription_id is None else "subscription",
        "subscription": session.subscription_id,
        "amount": session.amount,
        "currency": session.currency,
        "reference": session.reference,
        "locale": session.locale,
        "payment_methods": [
            {"method": offered.method, "label": LABELS[offered.method], "provider": offered.accounts[0]}
            for offered in offered_now(decision)
        ],
        "decision": {
            "version": decision.version,
            "rule": {"id": decision.rule_id, "name": decision.rule_name},
            "arm": decision.arm,
        },
        "payment": session.payment.id if session.payment else None,
        "created_at": session.created_at,
        "expires_at": session.expires_at,
    }


def payment_view(payment: Payment) -> dict[str, Any]:
    """Return a payment as PaymentSchema has it."""
    return {
        "id": payment.id,
        "checkout_session": payment.session_id,
        "subscription": payment.session.subscription_id,
        "renewal": payment.session.renewal.id if payment.session.renewal else None,
        "status": payment.status,
        "amount": payment.amount,
        "currency": payment.currency,
        "paid": payment.paid,
        "refunded": payment.refunded,
        "reserved": payment.reserved,
        "reference": payment.reference,
        "method": payment.method,
        "provider": payment.account_id,
        "attempts": [_attempt_view(attempt) for attempt in payment.attempts],
        "refunds": [refund_view(refund) for refund in payment.refunds],
        "created_at": payment.created_at,
        "paid_at": payment.paid_at,
    }


def renewal_view(renewal: Renewal) -> dict[str, Any]:
    """Return a renewal as RenewalSchema has it."""
    same = ("id", "number", "status", "amount", "due_at", "tries", "next_try_at", "failure_kind", "ended_at")
    return {name: getattr(renewal, name) for name in same} | {
        "subscription": renewal.subscription_id,
        "checkout_session": renewal.session_id,
        "payment": renewal.session.payment.id if renewal.session.payment else None,
    }


def refund_view(refund: Refund) -> dict[str, Any]:
    """Return a refund as RefundSchema has it."""
    failure = None
    if refund.failure_code is not None:
        failure = {"kind": refund.failure_kind, "code": refund.failure_code, "message": refund.failure_message}
    return {
        "id": refund.id,
        "payment": refund.payment_id,
        "attempt": refund.attempt_id,
        "status": refund.status,
        "amount": refund.amount,
        "currency": refund.payment.currency,
        "reason": refund.reason,
        "note": refund.note,
        "requested_by": refund.requested_by,
        "needs_approval": refund.needs_approval,
        "approved_by": refund.approved_by,
        "failure": failure,
        "created_at": refund.created_at,
        "ended_at": refund.ended_at,
    }


def next_action(attempt: PaymentAttempt) -> dict[str, Any]:
    """Return what the customer does next: follow a redirect, wait for the outcome, or nothing."""
    if attempt.status == AttemptStatus.PENDING and attempt.redirect_url and attempt.stage == "awaiting_customer":
        return {"type": "redirect", "url": attempt.redirect_url}
    waiting = attempt.status not in (AttemptStatus.SUCCEEDED, AttemptStatus.FAILED)
    return {"type": "wait" if waiting else "none", "url": None}


def _attempt_view(attempt: PaymentAttempt) -> dict[str, Any]:
    failure = None
    if attempt.failure_kind is not None:
        failure = {"kind": attempt.failure_kind, "code": attempt.failure_code, "message": attempt.failure_message}
    return {
        "id": attempt.id,
        "method": attempt.method,
        "provider": attempt.account_id,
        "status": attempt.status,
        "failure": failure,
        "started_at": attempt.started_at,
    }
