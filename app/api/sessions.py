"""Checkout sessions: open one, read it, ask why it offers what it offers, pay it."""

from __future__ import annotations

from typing import Any

from flask import Response, g

from app.api.auth import actor
from app.api.once import answer_once, plain
from app.api.schemas import PaidSchema, PaySchema, SessionSchema
from app.api.schemas_rules import ExplainedDecisionSchema
from app.api.schemas_subscriptions import NewCheckoutSchema
from app.api.spec import IDEMPOTENCY_KEY, new_blueprint, refusals
from app.api.views import next_action, payment_view, session_view
from app.services import absences, decisions, payments, sessions, subscriptions
from app.services.transaction import transaction
from rules import recorded

blueprint = new_blueprint("checkout sessions", "One hosted page that leads to one payment, or to a subscription.")


@blueprint.route("/checkout/sessions", methods=["POST"], parameters=[IDEMPOTENCY_KEY])
@blueprint.doc(**refusals(400, 409, 413, 415, 422))
@blueprint.arguments(NewCheckoutSchema)
@blueprint.response(201, SessionSchema)
def open_session(body: dict[str, Any]) -> Response:
    """Open a checkout session: the rules decide what it offers. Of a subscription it collects the first payment."""
    del body["mode"]
    repeated = body.pop("subscription", None)
    agreed = subscriptions.NewSubscription(**repeated) if repeated is not None else None
    wanted = sessions.NewSession(**body)

    def handle(session_id: str) -> tuple[int, dict[str, Any]]:
        who: dict[str, Any] = {"actor": actor(), "api_key_id": g.api_key_id, "session_id": session_id}
        if agreed is None:
            session = sessions.open_session(wanted, **who)
        else:
            session = subscriptions.create(agreed, wanted, **who)
        return 201, _session_json(session.id)

    return answer_once("cs", handle)


@blueprint.route("/checkout/sessions/<session_id>")
@blueprint.doc(**refusals(404))
@blueprint.response(200, SessionSchema)
def get_session(session_id: str) -> dict[str, Any]:
    """Read a checkout session, with what it offers now."""
    session = sessions.get_session(session_id)
    with transaction():
        record = decisions.current_decision(session)
    return session_view(session, record)


@blueprint.route("/checkout/sessions/<session_id>/decision")
@blueprint.doc(**refusals(404))
@blueprint.response(200, ExplainedDecisionSchema)
def get_decision(session_id: str) -> dict[str, Any]:
    """Explain what the session offers: the rule that decided, every condition, and why each method is missing."""
    session = sessions.get_session(session_id)
    with transaction():
        record = decisions.current_decision(session)
    decision, facts = decisions.outcome_of(record), recorded(record.facts)
    return {
        "session": session.id,
        "decided_at": record.created_at,
        "facts": record.facts,
        "decision": decision.to_json(),
        "explanation": decisions.explain_record(record).to_json() | {"methods": absences.told(decision, facts)},
    }


@blueprint.route("/checkout/sessions/<session_id>/pay", methods=["POST"], parameters=[IDEMPOTENCY_KEY])
@blueprint.doc(**refusals(400, 404, 409, 410, 415, 422, 503))
@blueprint.arguments(PaySchema)
@blueprint.response(200, PaidSchema)
def pay(body: dict[str, Any], session_id: str) -> Response:
    """Start paying by an offered method; a session that is being paid already answers with that attempt."""

    def handle(attempt_id: str) -> tuple[int, dict[str, Any]]:
        attempt = payments.pay(
            session_id,
            method=body["method"],
            accept_terms=body["accept_terms"],
            actor=actor(),
            attempt_id=attempt_id,
        )
        paid = {"payment": payment_view(attempt.payment), "next_action": next_action(attempt)}
        return 200, plain(PaidSchema().dump(paid))

    return answer_once("att", handle)


def _session_json(session_id: str) -> dict[str, Any]:
    session = sessions.get_session(session_id)
    with transaction():
        record = decisions.current_decision(session)
    return plain(SessionSchema().dump(session_view(session, record)))
