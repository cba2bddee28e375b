"""The shapes of requests and answers: unknown fields are refused, amounts are whole minor units."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from app.api.fields import MinorUnits, TrueOrFalse, country, currency, locale, printable, return_url, text
from app.domain.refunds import REASONS
from app.domain.statuses import RefundStatus


class RequestSchema(Schema):
    """What a caller sends: one object, with the fields that are known and no others."""

    error_messages = {"type": "Must be a JSON object.", "unknown": "Unknown field: leave it out."}


class CustomerSchema(RequestSchema):
    email = fields.Email(validate=validate.Length(max=254))
    name = text(200)
    country = fields.String(validate=country)
    type = fields.String(validate=validate.OneOf(["consumer", "business"]))
    returning = TrueOrFalse()


class ItemSchema(RequestSchema):
    name = text(200, required=True)
    quantity = fields.Integer(strict=True, load_default=1, validate=validate.Range(1, 1_000_000))
    amount = MinorUnits(required=True)


class NewSessionSchema(RequestSchema):
    """A checkout session to open: `amount` in minor units of `currency`."""

    amount = MinorUnits(required=True)
    currency = fields.String(required=True, validate=currency)
    reference = text(100, required=True)
    mode = fields.String(load_default="payment", validate=validate.OneOf(["payment"]))
    customer = fields.Nested(CustomerSchema, load_default=dict)
    attributes = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True), load_default=dict)
    items = fields.List(fields.Nested(ItemSchema), load_default=list, validate=validate.Length(max=100))
    success_url = fields.String(required=True, validate=[validate.Length(max=2000), return_url])
    failure_url = fields.String(required=True, validate=[validate.Length(max=2000), return_url])
    locale = fields.String(load_default="en", validate=[validate.Length(max=20), locale])


class PaySchema(RequestSchema):
    method = fields.String(required=True, validate=[validate.Length(max=40), printable])
    accept_terms = TrueOrFalse(required=True, metadata={"description": "true: the customer accepted the terms."})


class OfferedMethodSchema(Schema):
    method = fields.String(required=True)
    label = fields.String(required=True)
    provider = fields.String(required=True, metadata={"description": "The account that is asked first."})


class RuleNameSchema(Schema):
    id = fields.String(required=True, allow_none=True, metadata={"description": "null: the default offer."})
    name = fields.String(required=True)


class DecisionNameSchema(Schema):
    version = fields.Integer(required=True)
    rule = fields.Nested(RuleNameSchema, required=True)
    arm = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Which offer of the rule's experiment: a, its own, or b; null without one."},
    )


class SessionSchema(Schema):
    id = fields.String(required=True)
    url = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(["open", "completed", "expired"]))
    mode = fields.String(required=True, validate=validate.OneOf(["payment", "subscription"]))
    subscription = fields.String(required=True, allow_none=True)
    amount = MinorUnits(required=True)
    currency = fields.String(required=True)
    reference = fields.String(required=True)
    locale = fields.String(required=True)
    payment_methods = fields.List(fields.Nested(OfferedMethodSchema), required=True)
    decision = fields.Nested(DecisionNameSchema, required=True)
    payment = fields.String(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    expires_at = fields.DateTime(required=True)


class AttemptSchema(Schema):
    id = fields.String(required=True)
    method = fields.String(required=True)
    provider = fields.String(required=True)
    status = fields.String(required=True)
    failure = fields.Dict(required=True, allow_none=True)
    started_at = fields.DateTime(required=True)


class RefundSchema(Schema):
    id = fields.String(required=True)
    payment = fields.String(required=True)
    attempt = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "The second charge that is given back, whole and beside the payment's own amounts; "
            "null for every other refund."
        },
    )
    status = fields.String(required=True, validate=validate.OneOf(list(RefundStatus)))
    amount = MinorUnits(required=True)
    currency = fields.String(required=True)
    reason = fields.String(required=True, validate=validate.OneOf(list(REASONS)))
    note = fields.String(required=True)
    requested_by = fields.String(required=True)
    needs_approval = fields.Boolean(required=True, metadata={"description": "A second person has to agree first."})
    approved_by = fields.String(required=True, allow_none=True)
    failure = fields.Dict(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    ended_at = fields.DateTime(required=True, allow_none=True)


class PaymentSchema(Schema):
    id = fields.String(required=True)
    checkout_session = fields.String(required=True)
    subscription = fields.String(required=True, allow_none=True)
    renewal = fields.String(required=True, allow_none=True, metadata={"description": "The period it pays for."})
    status = fields.String(required=True)
    amount = MinorUnits(required=True)
    currency = fields.String(required=True)
    paid = fields.Integer(required=True)
    refunded = fields.Integer(required=True)
    reserved = fields.Integer(required=True, metadata={"description": "Held by refunds that have not ended."})
    reference = fields.String(required=True)
    method = fields.String(required=True, allow_none=True)
    provider = fields.String(required=True, allow_none=True)
    attempts = fields.List(fields.Nested(AttemptSchema), required=True)
    refunds = fields.List(fields.Nested(RefundSchema), required=True)
    created_at = fields.DateTime(required=True)
    paid_at = fields.DateTime(required=True, allow_none=True)


class NextActionSchema(Schema):
    type = fields.String(required=True, validate=validate.OneOf(["redirect", "wait", "none"]))
    url = fields.String(required=True, allow_none=True)


class PaidSchema(Schema):
    payment = fields.Nested(PaymentSchema, required=True)
    next_action = fields.Nested(NextActionSchema, required=True)


class StatusChangeSchema(Schema):
    subject = fields.String(required=True)
    subject_id = fields.String(required=True)
    from_status = fields.String(required=True, allow_none=True)
    to_status = fields.String(required=True)
    actor = fields.String(required=True)
    reason = fields.String(required=True)
    at = fields.DateTime(required=True)


class HistorySchema(Schema):
    data = fields.List(fields.Nested(StatusChangeSchema), required=True)


class PageQuerySchema(RequestSchema):
    """Where to go on, and how much to return."""

    limit = fields.Integer(load_default=20, validate=validate.Range(1, 100))
    cursor = fields.String(validate=validate.Length(min=1, max=200))


class PaymentQuerySchema(PageQuerySchema):
    status = fields.String(validate=validate.Length(max=20))
    reference = fields.String(validate=validate.Length(max=100))


class PaymentPageSchema(Schema):
    data = fields.List(fields.Nested(PaymentSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
