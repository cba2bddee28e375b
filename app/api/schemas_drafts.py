"""The shapes of the draft of the rules, of differences, and of the record of what went live."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from app.api.fields import text
from app.api.schemas import PageQuerySchema, RequestSchema

VERSION_NUMBER = validate.Range(1, 2**31 - 1)


class DraftSchema(Schema):
    revision = fields.Integer(required=True, metadata={"description": "Grows with every change; also the ETag."})
    based_on = fields.Integer(required=True, allow_none=True, metadata={"description": "The version it began from."})
    document = fields.Dict(required=True, data_key="rule_set")
    author = fields.String(
        required=True, allow_none=True, metadata={"description": "Who saved it last; null while nobody has."}
    )
    authors = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "All who wrote since that version: where a second person approves, none of them."},
    )
    updated_by = fields.String(required=True)
    updated_at = fields.DateTime(required=True)
    approver = fields.String(required=True, allow_none=True)
    approved_at = fields.DateTime(required=True, allow_none=True)
    publish_at = fields.DateTime(required=True, allow_none=True)
    scheduled_by = fields.String(required=True, allow_none=True)
    note = fields.String(required=True)


class SaveDraftSchema(RequestSchema):
    """The whole rule set, as a file of a version has it. What it names need not exist yet: the check tells."""

    rule_set = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True), required=True)
    based_on = fields.Integer(
        strict=True,
        validate=VERSION_NUMBER,
        metadata={"description": "The active version, when it has changed since the draft was begun and you know."},
    )


class PublishDraftSchema(RequestSchema):
    note = text(500, required=True, metadata={"description": "What changes, in a sentence."})
    at = fields.AwareDateTime(format="iso", metadata={"description": "When to publish; without it, now."})


class ProblemOfRulesSchema(Schema):
    path = fields.String(required=True)
    message = fields.String(required=True)
    rule = fields.String(required=True, allow_none=True)
    condition = fields.String(required=True, allow_none=True)


class FindingSchema(Schema):
    kind = fields.String(required=True)
    severity = fields.String(required=True, validate=validate.OneOf(["error", "warning", "information"]))
    rule_id = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Of a rule or adjustment; null: the default offer, or all."},
    )
    message = fields.String(required=True)
    other_rule_ids = fields.List(fields.String(), required=True)


class CheckedSchema(Schema):
    revision = fields.Integer(required=True)
    problems = fields.List(
        fields.Nested(ProblemOfRulesSchema), required=True, metadata={"description": "Each keeps it from publication."}
    )
    findings = fields.List(
        fields.Nested(FindingSchema),
        required=True,
        metadata={"description": "Rules that never match, never decide, offer nothing and the like; once valid."},
    )


class ChangeSchema(Schema):
    kind = fields.String(required=True)
    subject = fields.String(required=True, validate=validate.OneOf(["rule", "adjustment", "default"]))
    id = fields.String(required=True, allow_none=True)
    message = fields.String(required=True)
    before = fields.String(required=True, allow_none=True)
    after = fields.String(required=True, allow_none=True)


class DifferenceSchema(Schema):
    data = fields.List(fields.Nested(ChangeSchema), required=True)


class SinceQuerySchema(RequestSchema):
    since = fields.Integer(
        data_key="from",
        validate=VERSION_NUMBER,
        metadata={"description": "The version to compare with; without it, the one before."},
    )


class EventSchema(Schema):
    id = fields.Integer(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(["publish", "rollback"]))
    version = fields.Integer(required=True)
    actor = fields.String(required=True)
    at = fields.DateTime(required=True)


class EventQuerySchema(PageQuerySchema):
    cursor = fields.String(validate=validate.Regexp(r"^[1-9][0-9]{0,8}\Z", error="Use the next_cursor of a page."))


class EventPageSchema(Schema):
    data = fields.List(fields.Nested(EventSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
