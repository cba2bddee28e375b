"""The shapes of requests about refunds, and of their list."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from app.api.fields import MinorUnits, text
from app.api.schemas import PageQuerySchema, RefundSchema, RequestSchema
from app.domain.refunds import REASONS
from app.services.refunds import LONGEST_NOTE


class NewRefundSchema(RequestSchema):
    """A refund to ask for: without `amount`, all that is left is given back."""

    amount = MinorUnits()
    reason = fields.String(load_default="other", validate=validate.OneOf(list(REASONS)))
    note = text(LONGEST_NOTE)


class RejectRefundSchema(RequestSchema):
    note = text(LONGEST_NOTE, metadata={"description": "Why; whoever asked for the refund reads it."})


class RefundQuerySchema(PageQuerySchema):
    payment = fields.String(validate=validate.Length(max=40))
    status = fields.String(validate=validate.Length(max=20))


class RefundPageSchema(Schema):
    data = fields.List(fields.Nested(RefundSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
