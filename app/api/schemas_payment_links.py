"""The shapes of requests and answers about payment links."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from app.api.fields import MinorUnits, TrueOrFalse, currency, locale, return_url, text
from app.api.schemas import CustomerSchema, ItemSchema, PageQuerySchema, RequestSchema
from app.domain.statuses import PaymentLinkStatus


class RecipientSchema(RequestSchema):
    """Where the link is sent: an e-mail address or a phone number, not both."""

    email = fields.Email(validate=validate.Length(max=254))
    phone = fields.String(
        validate=validate.Length(max=20), metadata={"description": "In E.164, such as +393331234567.", "maxLength": 20}
    )


class NewPaymentLinkSchema(RequestSchema):
    """A payment link to make: what a checkout session takes, and where it goes, how long, how often."""

    amount = MinorUnits(required=True)
    currency = fields.String(required=True, validate=currency)
    reference = text(100, required=True)
    customer = fields.Nested(CustomerSchema, load_default=dict)
    attributes = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True), load_default=dict)
    items = fields.List(fields.Nested(ItemSchema), load_default=list, validate=validate.Length(max=100))
    success_url = fields.String(
        validate=[validate.Length(min=1, max=2000), return_url],
        metadata={"description": "Left out: the customer's way ends on the hub's own result page."},
    )
    failure_url = fields.String(validate=[validate.Length(min=1, max=2000), return_url])
    locale = fields.String(load_default="en", validate=[validate.Length(max=20), locale])
    deliver_to = fields.Nested(
        RecipientSchema,
        load_default=dict,
        metadata={"description": "Left out: nothing is sent, and you hand the link's url over yourself."},
    )
    expires_at = fields.AwareDateTime(
        format="iso", metadata={"description": "From 5 minutes to 90 days from now; without it, 7 days."}
    )
    max_payments = fields.Integer(strict=True, load_default=1, validate=validate.Range(1, 10_000))
    terms_accepted = TrueOrFalse(
        load_default=False,
        metadata={
            "description": "true: the customer accepted the terms already. When one method and one provider are left, "
            "the link then leads straight to the provider. Only with max_payments 1."
        },
    )


class PaymentLinkSchema(Schema):
    id = fields.String(required=True)
    url = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(list(PaymentLinkStatus)))
    amount = MinorUnits(required=True)
    currency = fields.String(required=True)
    reference = fields.String(required=True)
    locale = fields.String(required=True)
    max_payments = fields.Integer(required=True)
    paid_count = fields.Integer(required=True)
    deliver_to = fields.Dict(required=True, allow_none=True)
    terms_accepted_at = fields.DateTime(required=True, allow_none=True)
    sent_count = fields.Integer(required=True)
    sent_at = fields.DateTime(required=True, allow_none=True, metadata={"description": "The latest time."})
    reminded_at = fields.DateTime(required=True, allow_none=True)
    opened_count = fields.Integer(required=True)
    opened_at = fields.DateTime(required=True, allow_none=True, metadata={"description": "The first time."})
    renewal = fields.String(required=True, allow_none=True, metadata={"description": "What it pays, if a renewal."})
    payments = fields.List(fields.String(), required=True, metadata={"description": "Every payment it began."})
    created_at = fields.DateTime(required=True)
    expires_at = fields.DateTime(required=True)


class PaymentLinkQuerySchema(PageQuerySchema):
    status = fields.String(validate=validate.Length(max=20))
    reference = fields.String(validate=validate.Length(max=100))
    email = fields.String(validate=validate.Length(max=254))


class PaymentLinkPageSchema(Schema):
    data = fields.List(fields.Nested(PaymentLinkSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
