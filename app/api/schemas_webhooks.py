"""The shapes of webhook endpoints, of events and of their deliveries."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from app.api.fields import TrueOrFalse
from app.api.schemas import PageQuerySchema, RequestSchema
from app.domain.events import EVENTS
from app.services.event_deliveries import STATES

TYPES = f"Types of event: {', '.join(EVENTS)}. None means all."
URL = "Where to POST each event; https in production, and not inside a private network."
SINCE = "The moment, with its offset, such as 2027-01-31T09:00:00Z."


def _url(**options: Any) -> fields.String:
    return fields.String(
        validate=validate.Length(min=1, max=2000),
        metadata={"description": URL, "examples": ["https://shop.example/webhooks"]},
        **options,
    )


def _types() -> fields.List:
    item = fields.String(validate=validate.Length(max=60))
    return fields.List(item, validate=validate.Length(max=100), metadata={"description": TYPES})


def _description() -> fields.String:
    return fields.String(validate=validate.Length(max=200), metadata={"description": "For people, on one line."})


class NewEndpointSchema(RequestSchema):
    url = _url(required=True)
    event_types = _types()
    description = _description()


class ChangeEndpointSchema(RequestSchema):
    url = _url()
    event_types = _types()
    description = _description()
    enabled = TrueOrFalse(
        metadata={"description": "false: nothing is sent any more, and what waits is given up."},
    )


class RotateSecretSchema(RequestSchema):
    keep_old = TrueOrFalse(
        load_default=True,
        metadata={"description": "Let the old secret sign too for 24 hours; false when somebody else has it."},
    )


class ReplaySinceSchema(RequestSchema):
    since = fields.AwareDateTime(format="iso", required=True, metadata={"description": SINCE})
    everything = TrueOrFalse(load_default=False, metadata={"description": "Also what was delivered already."})


class EndpointSchema(Schema):
    id = fields.String(required=True)
    url = fields.String(required=True)
    description = fields.String(required=True)
    event_types = fields.List(fields.String(), required=True, metadata={"description": TYPES})
    enabled = fields.Boolean(required=True)
    disabled_reason = fields.String(required=True, allow_none=True)
    disabled_at = fields.DateTime(required=True, allow_none=True)
    old_secret_until = fields.DateTime(
        required=True, allow_none=True, metadata={"description": "Until then two secrets sign."}
    )
    created_at = fields.DateTime(required=True)


class EndpointWithSecretSchema(EndpointSchema):
    secret = fields.String(
        required=True, metadata={"description": "Verify signatures with it. It is told only now: keep it safe."}
    )


class EndpointsSchema(Schema):
    data = fields.List(fields.Nested(EndpointSchema), required=True)


class HubEventSchema(Schema):
    id = fields.String(required=True, metadata={"description": "The `webhook-id` of each of its deliveries."})
    type = fields.String(required=True)
    subject_id = fields.String(required=True)
    data = fields.Dict(required=True, metadata={"description": "The subject as it was then."})
    created_at = fields.DateTime(required=True)


class HubEventQuerySchema(PageQuerySchema):
    type = fields.String(validate=validate.Length(max=60), metadata={"description": TYPES})
    subject_id = fields.String(validate=validate.Length(max=60))


class HubEventPageSchema(Schema):
    data = fields.List(fields.Nested(HubEventSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class TrySchema(Schema):
    at = fields.DateTime(required=True)
    http_status = fields.Integer(required=True, allow_none=True, metadata={"description": "null: there was no reply."})
    milliseconds = fields.Integer(required=True)
    detail = fields.String(required=True, metadata={"description": "The reply's beginning, or what went wrong."})


class EventDeliverySchema(Schema):
    id = fields.String(required=True)
    endpoint_id = fields.String(required=True)
    event = fields.Nested(HubEventSchema, required=True)
    state = fields.String(required=True, validate=validate.OneOf(list(STATES)))
    round = fields.Integer(required=True, metadata={"description": "1, and one more with each replay."})
    next_try_at = fields.DateTime(required=True, allow_none=True)
    delivered_at = fields.DateTime(required=True, allow_none=True)
    given_up_at = fields.DateTime(required=True, allow_none=True)
    tries = fields.List(fields.Nested(TrySchema), required=True, metadata={"description": "Oldest first."})
    created_at = fields.DateTime(required=True)


class DeliveryQuerySchema(PageQuerySchema):
    state = fields.String(validate=validate.OneOf(list(STATES)))


class EventDeliveryPageSchema(Schema):
    data = fields.List(fields.Nested(EventDeliverySchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class ReplayedEventsSchema(Schema):
    events = fields.Integer(required=True, metadata={"description": "How many are told again."})
