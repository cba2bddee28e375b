"""The shapes of subscriptions and their renewals, as callers send and get them."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from app.api.fields import MinorUnits, TrueOrFalse, printable
from app.api.schemas import NewSessionSchema, PageQuerySchema, RequestSchema
from app.domain.billing import UNITS
from app.domain.statuses import RenewalStatus, SubscriptionStatus
from app.services.subscriptions import COLLECTIONS, MOST_PAYMENTS


class NewSubscriptionSchema(RequestSchema):
    """How often to pay: every `interval_count` intervals, the first payment at the checkout."""

    interval_unit = fields.String(required=True, data_key="interval", validate=validate.OneOf(UNITS))
    interval_count = fields.Integer(strict=True, load_default=1, validate=validate.Range(1, 1095))
    total_payments = fields.Integer(
        strict=True,
        allow_none=True,
        load_default=None,
        validate=validate.Range(1, MOST_PAYMENTS),
        metadata={"description": "How many payments there are, the first one counted; null: no last one."},
    )
    ends_on = fields.Date(
        allow_none=True,
        load_default=None,
        error_messages={"invalid": "Write a day such as 2027-12-31."},
        metadata={"description": "No period begins after this day in the merchant's zone; null: no last day."},
    )
    collection = fields.String(
        load_default="automatic",
        validate=validate.OneOf(COLLECTIONS),
        metadata={"description": "Who charges the renewals: the provider (automatic), or the hub (manual)."},
    )


class NewCheckoutSchema(NewSessionSchema):
    """A checkout session to open: `amount` in minor units of `currency`, once or as the first of a subscription."""

    mode = fields.String(load_default="payment", validate=validate.OneOf(["payment", "subscription"]))
    subscription = fields.Nested(NewSubscriptionSchema)

    @validates_schema
    def _check_mode(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Refuse a subscription that was not asked for, and one that does not say how often to pay."""
        if data["mode"] == "subscription" and "subscription" not in data:
            raise ValidationError('Say how often to pay, such as {"interval": "month"}.', "subscription")
        if data["mode"] == "payment" and "subscription" in data:
            raise ValidationError('Send mode "subscription" with it, or leave it out.', "subscription")


class CancelSubscriptionSchema(RequestSchema):
    reason = fields.String(load_default="", validate=validate.Length(max=500))


class ChangeSubscriptionSchema(RequestSchema):
    """What holds from the next period on."""

    amount = MinorUnits()
    ask_method = TrueOrFalse(
        metadata={"description": "true: the customer pays the next renewal by a link, with a method kept from then on."}
    )

    @validates_schema
    def _check_something(self, data: dict[str, Any], **kwargs: Any) -> None:
        if not data:
            raise ValidationError("Send amount, ask_method or both.", "amount")


class SubscriptionQuerySchema(PageQuerySchema):
    status = fields.String(validate=validate.OneOf([str(status) for status in SubscriptionStatus]))
    reference = fields.String(validate=validate.Length(max=100))
    email = fields.String(validate=[validate.Length(min=1, max=254), printable])


class RenewalSchema(Schema):
    id = fields.String(required=True)
    subscription = fields.String(required=True)
    number = fields.Integer(required=True, metadata={"description": "Of the period; 1 is paid at the checkout."})
    status = fields.String(required=True, validate=validate.OneOf([str(status) for status in RenewalStatus]))
    amount = MinorUnits(required=True)
    due_at = fields.DateTime(required=True)
    checkout_session = fields.String(required=True)
    payment = fields.String(required=True, allow_none=True)
    tries = fields.Integer(required=True, metadata={"description": "Charges made without the customer."})
    next_try_at = fields.DateTime(required=True, allow_none=True)
    failure_kind = fields.String(required=True, allow_none=True, metadata={"description": "Of the latest try."})
    ended_at = fields.DateTime(required=True, allow_none=True)


class UpcomingSchema(Schema):
    number = fields.Integer(required=True)
    due_at = fields.DateTime(required=True)
    amount = MinorUnits(required=True)


class SubscriptionSchema(Schema):
    id = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf([str(status) for status in SubscriptionStatus]))
    amount = MinorUnits(required=True, metadata={"description": "What a renewal made from now on asks for."})
    currency = fields.String(required=True)
    reference = fields.String(required=True)
    customer_email = fields.String(required=True, allow_none=True)
    interval = fields.String(required=True)
    interval_count = fields.Integer(required=True)
    total_payments = fields.Integer(required=True, allow_none=True)
    ends_on = fields.Date(required=True, allow_none=True)
    collection = fields.String(required=True)
    method = fields.String(required=True, allow_none=True)
    provider = fields.String(required=True, allow_none=True)
    ask_method = fields.Boolean(required=True)
    next_due_at = fields.DateTime(required=True, allow_none=True)
    cancel_at = fields.DateTime(
        required=True,
        allow_none=True,
        metadata={"description": "The renewal day on which it ends, once a cancellation was asked for."},
    )
    created_at = fields.DateTime(required=True)
    started_at = fields.DateTime(required=True, allow_none=True)
    ended_at = fields.DateTime(required=True, allow_none=True)


class WholeSubscriptionSchema(SubscriptionSchema):
    renewals = fields.List(
        fields.Nested(RenewalSchema), required=True, metadata={"description": "The newest ones; see .../renewals."}
    )
    upcoming = fields.List(
        fields.Nested(UpcomingSchema), required=True, metadata={"description": "The next ones, at most six."}
    )


class SubscriptionPageSchema(Schema):
    data = fields.List(fields.Nested(SubscriptionSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class RenewalPageSchema(Schema):
    data = fields.List(fields.Nested(RenewalSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class SentLinkSchema(Schema):
    renewal = fields.String(required=True)
    payment_link = fields.String(required=True)
    url = fields.String(required=True, metadata={"description": "Where the customer pays; it was sent to them too."})
