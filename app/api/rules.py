"""Rules: which attributes there are, what the rules would decide, and which version is active."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask.typing import ResponseReturnValue
from marshmallow import RAISE

from app.api.auth import actor
from app.api.schemas_drafts import DifferenceSchema, EventPageSchema, EventQuerySchema, SinceQuerySchema
from app.api.schemas_rules import (
    ActivatedSchema,
    AttributesSchema,
    EvaluatedSchema,
    EvaluateSchema,
    VersionsSchema,
    WholeVersionSchema,
)
from app.api.spec import ACCEPT_LANGUAGE, asked_language, in_language, new_blueprint, refusals
from app.models import RuleSetVersion
from app.services import absences, decisions, rule_files, rule_sets
from app.services.catalogue import catalogue

blueprint = new_blueprint("rules", "Which payment methods and providers a session gets, and why.")

WITHOUT_SESSION = (
    "The rule that decides tries two offers, and this is offer A, its own. "
    "Which of them a session sees follows from its id: send session_id to see that session's."
)


@blueprint.route("/rules/attributes")
@blueprint.doc(**refusals())
@blueprint.response(200, AttributesSchema)
def list_attributes() -> dict[str, Any]:
    """List the attributes that rules can test, with their types, operators and choices."""
    return {"data": list(catalogue())}


@blueprint.route("/rules/evaluate", methods=["POST"])
@blueprint.doc(**refusals(400, 404, 415, 422))
@blueprint.arguments(EvaluateSchema)
@blueprint.response(200, EvaluatedSchema)
def evaluate(body: dict[str, Any]) -> dict[str, Any]:
    """Say what the rules would decide on these attributes, and explain it. Nothing is stored."""
    session_id = body.get("session_id")
    decision, explanation, facts = decisions.evaluate_attributes(body["attributes"], body.get("version"), session_id)
    return {
        "facts": dict(facts),
        "decision": decision.to_json(),
        "explanation": explanation.to_json() | {"methods": absences.told(decision, facts)},
        "note": WITHOUT_SESSION if decision.arm and session_id is None else None,
    }


@blueprint.route("/rules/versions")
@blueprint.doc(**refusals())
@blueprint.response(200, VersionsSchema)
def list_versions() -> dict[str, Any]:
    """List the published versions, newest first, and say which one is active."""
    return {"active": rule_sets.active_number(), "data": rule_sets.list_versions()}


@blueprint.route("/rules/versions/<int(max=2147483647):number>")
@blueprint.doc(**refusals(404))
@blueprint.response(200, WholeVersionSchema)
def get_version(number: int) -> RuleSetVersion:
    """Read one published version with its rules."""
    return rule_sets.get_version(number)


@blueprint.route("/rules/versions/<int(max=2147483647):number>/activate", methods=["POST"])
@blueprint.doc(**refusals(404))
@blueprint.response(200, ActivatedSchema)
def activate_version(number: int) -> dict[str, Any]:
    """Make a published version the active one, for every process from its next decision on."""
    rule_sets.activate_version(number, actor=actor())
    return {"active": number}


@blueprint.route("/rules/versions/<int(max=2147483647):number>/difference", parameters=[ACCEPT_LANGUAGE])
@blueprint.doc(**refusals(404, 422))
@blueprint.arguments(SinceQuerySchema, location="query", unknown=RAISE)
@blueprint.response(200, DifferenceSchema)
def get_difference(query: dict[str, Any], number: int) -> ResponseReturnValue:
    """Say in sentences what a version changed since another one."""
    language = asked_language()
    return {"data": rule_sets.version_changes(number, query.get("since"), language)}, in_language(language)


@blueprint.route("/rules/versions/<int(max=2147483647):number>/file")
@blueprint.doc(**refusals(404))
@blueprint.response(200, {"type": "object"}, description="The rule set alone, as `flask rules publish` reads it.")
def get_file(number: int) -> Response:
    """Read a version as a file for people and for version control: rules in order, keys in order, indented."""
    text = rule_files.text_of(rule_sets.ruleset_of(number))
    name = f'attachment; filename="rules-{number}.json"'
    return Response(text, content_type="application/json", headers={"Content-Disposition": name})


@blueprint.route("/rules/events")
@blueprint.doc(**refusals(422))
@blueprint.arguments(EventQuerySchema, location="query", unknown=RAISE)
@blueprint.response(200, EventPageSchema)
def list_events(query: dict[str, Any]) -> dict[str, Any]:
    """List who made which version active and when, newest first: publications and roll-backs."""
    before = int(query["cursor"]) if "cursor" in query else None
    rows = rule_sets.list_events(query["limit"] + 1, before)
    page = rows[: query["limit"]]
    return {"data": page, "next_cursor": str(page[-1].id) if len(rows) > len(page) else None}
