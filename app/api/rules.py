"""Rules: which attributes there are, what the rules would decide, and which version is active."""

from __future__ import annotations

from typing import Any

from app.api.auth import actor
from app.api.schemas_rules import (
    ActivatedSchema,
    AttributesSchema,
    EvaluateSchema,
    EvaluationSchema,
    VersionsSchema,
    WholeVersionSchema,
)
from app.api.spec import new_blueprint, refusals
from app.models import RuleSetVersion
from app.services import decisions, rule_sets

blueprint = new_blueprint("rules", "Which payment methods and providers a session gets, and why.")


@blueprint.route("/rules/attributes")
@blueprint.doc(**refusals())
@blueprint.response(200, AttributesSchema)
def list_attributes() -> dict[str, Any]:
    """List the attributes that rules can test, with their types, operators and choices."""
    return {"data": list(rule_sets.catalogue())}


@blueprint.route("/rules/evaluate", methods=["POST"])
@blueprint.doc(**refusals(400, 404, 415, 422))
@blueprint.arguments(EvaluateSchema)
@blueprint.response(200, EvaluationSchema)
def evaluate(body: dict[str, Any]) -> dict[str, Any]:
    """Say what the rules would decide on these attributes, and explain it. Nothing is stored."""
    decision, explanation, facts = decisions.evaluate_attributes(body["attributes"], body.get("version"))
    return {"facts": dict(facts), "decision": decision.to_json(), "explanation": explanation.to_json()}


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
