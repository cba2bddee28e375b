"""The draft of the rules: read and write it, check it, have it approved, publish it now or later."""

from __future__ import annotations

import re
from typing import Any

from flask import Response, json, request
from flask.typing import ResponseReturnValue

from app.api.auth import actor
from app.api.schemas_drafts import (
    CheckedSchema,
    DifferenceSchema,
    DraftSchema,
    PublishDraftSchema,
    SaveDraftSchema,
)
from app.api.schemas_rules import VersionSchema
from app.api.spec import ACCEPT_LANGUAGE, IF_MATCH, asked_language, in_language, new_blueprint, refusals
from app.models import RuleSetDraft
from app.services import draft_publishing, drafts
from app.services.errors import Refusal

LARGEST = 2 * 1024 * 1024  # bytes: some two thousand rules
ETAG: dict[str, Any] = {
    "ETag": {"description": "The revision, for If-Match.", "schema": {"type": "string"}, "required": True}
}
blueprint = new_blueprint(
    "draft of the rules",
    "One draft, which authors change in turn. An API key acts as one person: where a second one has to approve, "
    "that is another key, or a person in the backoffice.",
    LARGEST,
)


class IfMatchMissing(Refusal):
    """The request does not say which revision of the draft it was made for."""

    status = 428
    code = "if_match_missing"
    field = "If-Match"

    @property
    def message(self) -> str:
        return "Send the ETag of the draft that you read as If-Match."


class IfMatchMalformed(IfMatchMissing):
    status = 400
    code = "if_match_malformed"

    @property
    def message(self) -> str:
        return 'If-Match must be one ETag of the draft, such as "7".'


@blueprint.route("/rules/draft")
@blueprint.doc(**refusals())
@blueprint.response(200, DraftSchema, headers=ETAG)
def get_draft() -> ResponseReturnValue:
    """Read the draft. While nobody has written in it, it is a copy of the active version."""
    return _told(drafts.get_draft())


@blueprint.route("/rules/draft", methods=["PUT"], parameters=[IF_MATCH])
@blueprint.doc(**refusals(409, 413, 415, 422, 428))
@blueprint.arguments(SaveDraftSchema)
@blueprint.response(200, DraftSchema, headers=ETAG)
def save_draft(body: dict[str, Any]) -> ResponseReturnValue:
    """Replace the draft. An approval, and a publication that was planned, end with it."""
    saved = drafts.save_draft(body["rule_set"], revision=_revision(), author=actor(), based_on=body.get("based_on"))
    return _told(saved)


@blueprint.route("/rules/draft", methods=["DELETE"], parameters=[IF_MATCH])
@blueprint.doc(**refusals(409, 428))
@blueprint.response(200, DraftSchema, headers=ETAG)
def discard_draft() -> ResponseReturnValue:
    """Give up what was written: the draft is a copy of the active version again."""
    return _told(drafts.discard_draft(revision=_revision(), actor=actor()))


@blueprint.route("/rules/draft/check", methods=["POST"])
@blueprint.doc(**refusals(413, 415, 422))
@blueprint.response(200, CheckedSchema)
def check_draft() -> dict[str, Any]:
    """Say what keeps the draft from being published, else what is odd about its rules. Nothing is changed."""
    draft, checked = drafts.check()
    return {"revision": draft.revision, "problems": checked.problems, "findings": checked.findings}


@blueprint.route("/rules/draft/approve", methods=["POST"], parameters=[IF_MATCH])
@blueprint.doc(**refusals(403, 409, 413, 415, 422, 428))
@blueprint.response(200, DraftSchema, headers=ETAG)
def approve_draft() -> ResponseReturnValue:
    """Approve the draft as it stands. Unless one person may publish alone, its author cannot."""
    return _told(drafts.approve(revision=_revision(), approver=actor()))


@blueprint.route("/rules/draft/publish", methods=["POST"], parameters=[IF_MATCH])
@blueprint.doc(**refusals(409, 413, 415, 422, 428))
@blueprint.arguments(PublishDraftSchema)
@blueprint.response(201, VersionSchema, description="Published, and active from every process's next decision on.")
@blueprint.alt_response(202, schema=DraftSchema, headers=ETAG, description="Planned: it will be published at `at`.")
def publish_draft(body: dict[str, Any]) -> Any:
    """Publish the approved draft as the next version and make it active, now or at a moment to come."""
    revision = _revision()
    if at := body.get("at"):
        planned = draft_publishing.schedule(revision=revision, actor=actor(), note=body["note"], at=at)
        told = json.dumps(DraftSchema().dump(planned))
        return Response(told, 202, {"ETag": f'"{planned.revision}"'}, content_type="application/json")
    return draft_publishing.publish(revision=revision, actor=actor(), note=body["note"])


@blueprint.route("/rules/draft/difference", parameters=[ACCEPT_LANGUAGE])
@blueprint.doc(**refusals())
@blueprint.response(200, DifferenceSchema, headers=ETAG)
def get_difference() -> ResponseReturnValue:
    """Say in sentences what the draft would change in the active version."""
    language = asked_language()
    draft, changes = drafts.draft_changes(language)
    return {"data": changes}, {"ETag": f'"{draft.revision}"'} | in_language(language)


def _told(draft: RuleSetDraft) -> ResponseReturnValue:
    return draft, {"ETag": f'"{draft.revision}"'}  # type: ignore[return-value]  # the schema makes it JSON


def _revision() -> int:
    """Return the revision that the caller read. Raises IfMatchMissing, IfMatchMalformed."""
    given = request.headers.get("If-Match")
    if given is None:
        raise IfMatchMissing
    found = re.fullmatch(r'"([0-9]{1,9})"', given.strip())
    if found is None:
        raise IfMatchMalformed
    return int(found[1])
