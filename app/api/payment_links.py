"""Payment links: make one, have it sent, see whether it was opened and paid, send it again, revoke it."""

from __future__ import annotations

from typing import Any

from flask import Response, g
from marshmallow import RAISE
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app.api.auth import actor
from app.api.once import answer_once, plain
from app.api.paging import page_of
from app.api.schemas_payment_links import (
    NewPaymentLinkSchema,
    PaymentLinkPageSchema,
    PaymentLinkQuerySchema,
    PaymentLinkSchema,
)
from app.api.spec import IDEMPOTENCY_KEY, new_blueprint, refusals
from app.domain.statuses import PaymentLinkStatus
from app.models import CheckoutSession, PaymentLink, Renewal
from app.services import payment_links
from app.services.errors import FieldRefused
from app.services.link_addresses import url_of

blueprint = new_blueprint("payment links", "An address that a customer follows to pay, by e-mail, SMS or your own way.")

_WITH_PAYMENTS = (
    selectinload(PaymentLink.sessions).joinedload(CheckoutSession.payment),
    joinedload(PaymentLink.renewal).joinedload(Renewal.session).joinedload(CheckoutSession.payment),
)


@blueprint.route("/payment-links", methods=["POST"])
@blueprint.doc(parameters=[IDEMPOTENCY_KEY], **refusals(400, 409, 413, 415, 422))
@blueprint.arguments(NewPaymentLinkSchema)
@blueprint.response(201, PaymentLinkSchema)
def make_link(body: dict[str, Any]) -> Response:
    """Make a payment link, and send it when it says to whom."""
    recipient = body.pop("deliver_to")
    wanted = payment_links.NewLink(
        accept_terms=body.pop("terms_accepted"),
        email=recipient.get("email"),
        phone=recipient.get("phone"),
        **body,
    )

    def handle(link_id: str) -> tuple[int, dict[str, Any]]:
        link = payment_links.create(wanted, actor=actor(), api_key_id=g.api_key_id, link_id=link_id)
        return 201, plain(PaymentLinkSchema().dump(link_view(link)))

    return answer_once("plink", handle)


@blueprint.route("/payment-links")
@blueprint.doc(**refusals(422))
@blueprint.arguments(PaymentLinkQuerySchema, location="query", unknown=RAISE)
@blueprint.response(200, PaymentLinkPageSchema)
def list_links(query: dict[str, Any]) -> dict[str, Any]:
    """List payment links, newest first. `next_cursor` goes on where this page ends; null at the end."""
    wanted = select(PaymentLink).options(*_WITH_PAYMENTS)
    if status := query.get("status"):
        if status not in set(PaymentLinkStatus):
            raise FieldRefused("status", f"Use one of {', '.join(PaymentLinkStatus)}.")
        wanted = wanted.where(PaymentLink.status == status)
    if reference := query.get("reference"):
        wanted = wanted.where(PaymentLink.reference == reference)
    if email := query.get("email"):
        wanted = wanted.where(PaymentLink.email == email)
    page, cursor = page_of(wanted, PaymentLink, "plink", query)
    return {"data": [link_view(row) for row in page], "next_cursor": cursor}


@blueprint.route("/payment-links/<link_id>")
@blueprint.doc(**refusals(404))
@blueprint.response(200, PaymentLinkSchema)
def get_link(link_id: str) -> dict[str, Any]:
    """Read one payment link: whether it was sent, opened and paid."""
    return link_view(payment_links.get_link(link_id))


@blueprint.route("/payment-links/<link_id>/send", methods=["POST"])
@blueprint.doc(**refusals(404, 409, 413, 415, 422, 429))
@blueprint.response(200, PaymentLinkSchema)
def send_link(link_id: str) -> dict[str, Any]:
    """Send a payment link to its customer, for the first time or again: at most once a minute and five times a day."""
    return link_view(payment_links.send(link_id, actor=actor()))


@blueprint.route("/payment-links/<link_id>/revoke", methods=["POST"])
@blueprint.doc(**refusals(404, 409, 413, 415, 422))
@blueprint.response(200, PaymentLinkSchema)
def revoke_link(link_id: str) -> dict[str, Any]:
    """Let nobody pay by a payment link any more; a payment that is under way is not stopped."""
    return link_view(payment_links.revoke(link_id, actor=actor()))


def link_view(link: PaymentLink) -> dict[str, Any]:
    """Return a link as PaymentLinkSchema has it."""
    sessions = [link.renewal.session] if link.renewal is not None else link.sessions
    same = {name: getattr(link, name, None) for name in PaymentLinkSchema().fields}
    return same | {
        "url": url_of(link),
        "deliver_to": {"email": link.email} if link.email else {"phone": link.phone} if link.phone else None,
        "renewal": link.renewal_id,
        "payments": [session.payment.id for session in sessions if session.payment is not None],
    }
