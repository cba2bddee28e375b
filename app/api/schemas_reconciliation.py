"""The shapes of comparisons with providers' reports, and of what differs."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from app.api.fields import printable
from app.api.schemas import PageQuerySchema, RequestSchema
from app.services.comparison import BreakKind
from app.services.notes import LONGEST

MOVEMENT = {"description": "charge or refund"}


class RunQuerySchema(PageQuerySchema):
    account = fields.String(validate=validate.Length(min=1, max=40))
    day = fields.Date(metadata={"description": "In UTC, such as 2026-11-22."})


class RunSchema(Schema):
    id = fields.String(required=True)
    account = fields.String(required=True, attribute="account_id")
    day = fields.Date(required=True, metadata={"description": "In UTC."})
    compared_at = fields.DateTime(
        required=True, allow_none=True, metadata={"description": "The latest time; null: the provider gave no report."}
    )
    theirs = fields.Integer(required=True, metadata={"description": "Lines of the provider's report."})
    ours = fields.Integer(required=True, metadata={"description": "Our charges and refunds that succeeded that day."})
    matched = fields.Integer(required=True, metadata={"description": "Lines that agree with what we have."})
    open_breaks = fields.Integer(required=True)
    error = fields.String(required=True, metadata={"description": "Why the latest try gave no comparison; else empty."})
    created_at = fields.DateTime(required=True)


class RunPageSchema(Schema):
    data = fields.List(fields.Nested(RunSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class TheirsSchema(Schema):
    kind = fields.String(required=True, metadata=MOVEMENT)
    provider_reference = fields.String(required=True)
    reference = fields.String(
        required=True, allow_none=True, metadata={"description": "Our id, as the provider has it; null: it has none."}
    )
    state = fields.String(required=True, metadata={"description": "succeeded, or the provider's own word."})
    amount = fields.Integer(required=True)
    currency = fields.String(required=True)
    at = fields.String(required=True, metadata={"format": "date-time"})


class OursSchema(Schema):
    kind = fields.String(required=True, metadata=MOVEMENT)
    id = fields.String(required=True, metadata={"description": "Of the attempt or the refund."})
    payment = fields.String(required=True, attribute="payment_id")
    provider_reference = fields.String(required=True, allow_none=True)
    status = fields.String(required=True)
    amount = fields.Integer(required=True)
    currency = fields.String(required=True)
    at = fields.String(
        required=True, allow_none=True, metadata={"format": "date-time", "description": "When it ended."}
    )


class BreakSchema(Schema):
    id = fields.String(required=True)
    run = fields.String(required=True, attribute="run_id")
    kind = fields.String(required=True, validate=validate.OneOf(list(BreakKind)))
    reference = fields.String(required=True, metadata={"description": "Our id where we have one, else the provider's."})
    theirs = fields.Nested(TheirsSchema, required=True, allow_none=True)
    ours = fields.Nested(OursSchema, required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    resolved_at = fields.DateTime(required=True, allow_none=True)
    resolved_by = fields.String(
        required=True, allow_none=True, metadata={"description": "system: a later comparison no longer found it."}
    )
    note = fields.String(required=True)


class RunBreaksSchema(RunSchema):
    breaks = fields.List(fields.Nested(BreakSchema), required=True, metadata={"description": "The newest first."})
    next_cursor = fields.String(required=True, allow_none=True, metadata={"description": "Of the breaks."})


class ResolveBreakSchema(RequestSchema):
    note = fields.String(
        required=True,
        validate=[validate.Length(min=1, max=LONGEST), printable],
        metadata={"description": "What was found and done, for whoever looks at this later."},
    )
