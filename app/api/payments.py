"""Payments: list them newest first, read one with its attempts and its history."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app.api.paging import page_of
from app.api.schemas import HistorySchema, PaymentPageSchema, PaymentQuerySchema, PaymentSchema
from app.api.spec import new_blueprint, refusals
from app.api.views import payment_view
from app.domain.statuses import PaymentStatus
from app.models import CheckoutSession, Payment
from app.services import payments
from app.services.errors import FieldRefused

blueprint = new_blueprint("payments", "What was collected, and what was tried.")


@blueprint.route("/payments")
@blueprint.doc(**refusals(422))
@blueprint.arguments(PaymentQuerySchema, location="query", unknown=RAISE)
@blueprint.response(200, PaymentPageSchema)
def list_payments(query: dict[str, Any]) -> dict[str, Any]:
    """List payments, newest first. `next_cursor` goes on where this page ends; null at the end."""
    wanted = select(Payment).options(
        selectinload(Payment.attempts),
        selectinload(Payment.refunds),
        joinedload(Payment.session).joinedload(CheckoutSession.renewal),
    )
    if status := query.get("status"):
        if status not in set(PaymentStatus):
            raise FieldRefused("status", f"Use one of {', '.join(PaymentStatus)}.")
        wanted = wanted.where(Payment.status == status)
    if reference := query.get("reference"):
        wanted = wanted.where(Payment.reference == reference)
    page, cursor = page_of(wanted, Payment, "pay", query)
    return {"data": [payment_view(row) for row in page], "next_cursor": cursor}


@blueprint.route("/payments/<payment_id>")
@blueprint.doc(**refusals(404))
@blueprint.response(200, PaymentSchema)
def get_payment(payment_id: str) -> dict[str, Any]:
    """Read one payment."""
    return payment_view(payments.get_payment(payment_id))


@blueprint.route("/payments/<payment_id>/history")
@blueprint.doc(**refusals(404))
@blueprint.response(200, HistorySchema)
def get_history(payment_id: str) -> dict[str, Any]:
    """Read every status change of a payment, its checkout session, its attempts and its refunds, oldest first."""
    payment = payments.get_payment(payment_id)
    ids = [payment.id, payment.session_id, *(row.id for row in (*payment.attempts, *payment.refunds))]
    return {"data": payments.history_of(ids)}
