"""Refunds: ask for one, see what became of it, agree to one that needs a second person."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import RAISE
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.api.auth import actor
from app.api.once import answer_once, plain
from app.api.paging import page_of
from app.api.schemas import RefundSchema
from app.api.schemas_refunds import NewRefundSchema, RefundPageSchema, RefundQuerySchema, RejectRefundSchema
from app.api.spec import IDEMPOTENCY_KEY, new_blueprint, refusals
from app.api.views import refund_view
from app.domain.statuses import RefundStatus
from app.models import Refund
from app.services import payments, refunds
from app.services.errors import FieldRefused

blueprint = new_blueprint("refunds", "Money that is given back: accepted at once, sent in the background.")


@blueprint.route("/payments/<payment_id>/refunds", methods=["POST"], parameters=[IDEMPOTENCY_KEY])
@blueprint.doc(**refusals(400, 404, 409, 413, 415, 422))
@blueprint.arguments(NewRefundSchema)
@blueprint.response(202, RefundSchema)
def request_refund(body: dict[str, Any], payment_id: str) -> Response:
    """Ask for money to be given back; the amount is held until the provider has answered.

    It is accepted at once and ends as succeeded or failed: read it again, or listen to `refund.succeeded` and
    `refund.failed`. With `needs_approval` true and `approved_by` null it waits for somebody else to approve it.
    """
    payments.get_payment(payment_id)

    def handle(refund_id: str) -> tuple[int, dict[str, Any]]:
        accepted = refunds.request(payment_id, **body, actor=actor(), refund_id=refund_id)
        return 202, plain(RefundSchema().dump(refund_view(accepted)))

    return answer_once("re", handle)


@blueprint.route("/refunds")
@blueprint.doc(**refusals(422))
@blueprint.arguments(RefundQuerySchema, location="query", unknown=RAISE)
@blueprint.response(200, RefundPageSchema)
def list_refunds(query: dict[str, Any]) -> dict[str, Any]:
    """List refunds, newest first. `next_cursor` goes on where this page ends; null at the end."""
    wanted = select(Refund).options(joinedload(Refund.payment))
    if status := query.get("status"):
        if status not in set(RefundStatus):
            raise FieldRefused("status", f"Use one of {', '.join(RefundStatus)}.")
        wanted = wanted.where(Refund.status == status)
    if payment_id := query.get("payment"):
        wanted = wanted.where(Refund.payment_id == payment_id)
    page, cursor = page_of(wanted, Refund, "re", query)
    return {"data": [refund_view(row) for row in page], "next_cursor": cursor}


@blueprint.route("/refunds/<refund_id>")
@blueprint.doc(**refusals(404))
@blueprint.response(200, RefundSchema)
def get_refund(refund_id: str) -> dict[str, Any]:
    """Read one refund."""
    return refund_view(refunds.get_refund(refund_id))


@blueprint.route("/refunds/<refund_id>/approve", methods=["POST"])
@blueprint.doc(**refusals(403, 404, 409, 413, 415, 422))
@blueprint.response(202, RefundSchema)
def approve_refund(refund_id: str) -> dict[str, Any]:
    """Agree to a refund that somebody else asked for; it is sent then. An API key counts as one person."""
    return refund_view(refunds.approve(refund_id, actor=actor()))


@blueprint.route("/refunds/<refund_id>/reject", methods=["POST"])
@blueprint.doc(**refusals(404, 409, 413, 415, 422))
@blueprint.arguments(RejectRefundSchema)
@blueprint.response(200, RefundSchema)
def reject_refund(body: dict[str, Any], refund_id: str) -> dict[str, Any]:
    """Turn down a refund that waits for approval: it fails with the code `rejected`, and nothing is given back."""
    return refund_view(refunds.reject(refund_id, actor=actor(), note=body.get("note", "")))
