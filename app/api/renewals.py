"""Renewals that are open: charged again, or paid by the customer by a link."""

from __future__ import annotations

from typing import Any

from flask import Response

from app.api.auth import actor
from app.api.once import answer_once, plain
from app.api.schemas_subscriptions import RenewalSchema, SentLinkSchema
from app.api.spec import IDEMPOTENCY_KEY, new_blueprint, refusals
from app.api.views import renewal_view
from app.services import link_addresses, renewal_charging

blueprint = new_blueprint("renewals", "One period of a subscription and its one payment.")


@blueprint.route("/renewals/<renewal_id>/retry", methods=["POST"], parameters=[IDEMPOTENCY_KEY])
@blueprint.doc(**refusals(404, 409, 413, 415, 422, 503))
@blueprint.response(202, RenewalSchema)
def retry(renewal_id: str) -> Response:
    """Charge an open renewal again now, with what is stored."""

    def handle(_: str) -> tuple[int, dict[str, Any]]:
        return 202, plain(RenewalSchema().dump(renewal_view(renewal_charging.retry_now(renewal_id, actor=actor()))))

    return answer_once("try", handle)


@blueprint.route("/renewals/<renewal_id>/send-link", methods=["POST"])
@blueprint.doc(**refusals(404, 409, 413, 415, 429, 503))
@blueprint.response(202, SentLinkSchema)
def send_link(renewal_id: str) -> dict[str, Any]:
    """Send the customer a link by which they pay an open renewal with any method; that one is kept."""
    link = renewal_charging.ask_by_link(renewal_id, actor=actor())
    return {"renewal": renewal_id, "payment_link": link.id, "url": link_addresses.url_of(link)}
