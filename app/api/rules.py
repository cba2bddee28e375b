"""Rules: which attributes there are, what the rules would decide, and which version is active."""

from __future__ import annotations

from typing import Any

from app.api.auth import actor
from app.api.schemas import EvaluateSchema, JsonSchema
from app.api.spec import new_blueprint, refusals
from app.models import RuleSetVersion
from app.services import decisions, rule_sets

blueprint = new_blueprint("rules", "Which payment methods and providers a session gets, and why.")


@blueprint.route("/rules/attributes")
@blueprint.doc(**refusals())
@blueprint.response(200, JsonSchema)
def list_attributes() -> dict[str, Any]:
    """List the attributes that rules can test, with their types, operators and choices."""
    return {
        "data": [
            {
                "key": attribute.key,
                "label": attribute.label,
                "type": attribute.type,
                "operators": list(attribute.operators),
                "choices": None if attribute.choices is None else list(attribute.choices),
                "help": attribute.help,
                "derived": attribute.derived,
            }
            for attribute in rule_sets.catalogue()
        ]
    }


@blueprint.route("/rules/evaluate", methods=["POST"])
@blueprint.doc(**refusals(400, 404, 415, 422))
@blueprint.arguments(EvaluateSchema)
@blueprint.response(200, JsonSchema)
def evaluate(body: dict[str, Any]) -> dict[str, Any]:
    """Say what the rules would decide on these attributes, and explain it. Nothing is stored."""
    decision, explanation, facts = decisions.evaluate_attributes(body["attributes"], body.get("version"))
    return {"facts": dict(facts), "decision": decision.to_json(), "explanation": explanation.to_json()}


@blueprint.route("/rules/versions")
@blueprint.doc(**refusals())
@blueprint.response(200, JsonSchema)
def list_versions() -> dict[str, Any]:
    """List the published versions, newest first, and say which one is active."""
    return {
        "active": rule_sets.active_number(),
        "data": [_version_view(version) for version in rule_sets.list_versions()],
    }


@blueprint.route("/rules/versions/<int:number>")
@blueprint.doc(**refusals(404))
@blueprint.response(200, JsonSchema)
def get_version(number: int) -> dict[str, Any]:
    """Read one published version with its rules."""
    version = rule_sets.get_version(number)
    return _version_view(version) | {"rule_set": version.document}


@blueprint.route("/rules/versions/<int:number>/activate", methods=["POST"])
@blueprint.doc(**refusals(404))
@blueprint.response(200, JsonSchema)
def activate_version(number: int) -> dict[str, Any]:
    """Make a published version the active one, for every process from its next decision on."""
    rule_sets.activate_version(number, actor=actor())
    return {"active": number}


def _version_view(version: RuleSetVersion) -> dict[str, Any]:
    return {
        "number": version.number,
        "sha256": version.sha256,
        "author": version.author,
        "note": version.note,
        "created_at": version.created_at.isoformat(),
    }
