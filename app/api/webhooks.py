"""Provider webhooks: verify, store once, answer; a job applies them."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from app.services import inbox

blueprint = Blueprint("webhooks", __name__)


@blueprint.post("/v1/webhooks/<provider>/<account_id>")
def receive(provider: str, account_id: str) -> Response:
    """Answer 200 once the delivery is stored (again or for the first time), 400 when it is not proven genuine."""
    stored = inbox.receive(provider, account_id, dict(request.headers), request.get_data(cache=False))
    return jsonify(status="stored" if stored else "known")
