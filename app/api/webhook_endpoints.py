"""Webhooks out: endpoints that are told of events, the events, and how each delivery went."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app.api.auth import actor
from app.api.paging import page_of
from app.api.schemas_webhooks import (
    ChangeEndpointSchema,
    DeliveryQuerySchema,
    EndpointSchema,
    EndpointsSchema,
    EndpointWithSecretSchema,
    EventDeliveryPageSchema,
    EventDeliverySchema,
    HubEventPageSchema,
    HubEventQuerySchema,
    NewEndpointSchema,
    ReplayedEventsSchema,
    ReplaySinceSchema,
    RotateSecretSchema,
)
from app.api.spec import new_blueprint, refusals
from app.domain.events import EVENTS
from app.models import Event, EventDelivery, WebhookEndpoint
from app.services import event_deliveries, event_replays, webhook_endpoints
from app.services.errors import FieldRefused

blueprint = new_blueprint(
    "events and webhooks",
    "Endpoints of yours are told of events by POST, signed as Standard Webhooks has it. An event may arrive more than "
    "once and in any order: its id is the `webhook-id` header. Answer 2xx within 15 seconds, or it is sent again over "
    "three days; 410 switches the endpoint off.",
)


@blueprint.route("/webhook-endpoints")
@blueprint.doc(**refusals())
@blueprint.response(200, EndpointsSchema)
def list_endpoints() -> dict[str, Any]:
    """List the endpoints; there are at most 20."""
    return {"data": [_endpoint(each) for each in webhook_endpoints.list_endpoints()]}


@blueprint.route("/webhook-endpoints", methods=["POST"])
@blueprint.doc(**refusals(409, 413, 415, 422))
@blueprint.arguments(NewEndpointSchema)
@blueprint.response(201, EndpointWithSecretSchema)
def register_endpoint(body: dict[str, Any]) -> dict[str, Any]:
    """Register an endpoint. Its secret is in this answer and in no other."""
    made = webhook_endpoints.register(**({"event_types": [], "description": ""} | body), actor=actor())
    return {**_endpoint(made.endpoint), "secret": made.secret}


@blueprint.route("/webhook-endpoints/<endpoint_id>")
@blueprint.doc(**refusals(404))
@blueprint.response(200, EndpointSchema)
def get_endpoint(endpoint_id: str) -> dict[str, Any]:
    """Read an endpoint."""
    return _endpoint(webhook_endpoints.get_endpoint(endpoint_id))


@blueprint.route("/webhook-endpoints/<endpoint_id>", methods=["PATCH"])
@blueprint.doc(**refusals(404, 413, 415, 422))
@blueprint.arguments(ChangeEndpointSchema)
@blueprint.response(200, EndpointSchema)
def change_endpoint(body: dict[str, Any], endpoint_id: str) -> dict[str, Any]:
    """Change an endpoint, or switch it off and on. What is left out stays as it is."""
    enabled = body.pop("enabled", None)
    endpoint = webhook_endpoints.change(endpoint_id, actor=actor(), **body)
    if enabled is True:
        endpoint = webhook_endpoints.enable(endpoint_id, actor=actor())
    elif enabled is False:
        endpoint = webhook_endpoints.disable(endpoint_id, reason="Switched off through the API.", actor=actor())
    return _endpoint(endpoint)


@blueprint.route("/webhook-endpoints/<endpoint_id>", methods=["DELETE"])
@blueprint.doc(**refusals(404))
@blueprint.response(204)
def remove_endpoint(endpoint_id: str) -> None:
    """Remove an endpoint and its secrets; the log of its deliveries is kept."""
    webhook_endpoints.remove(endpoint_id, actor=actor())


@blueprint.route("/webhook-endpoints/<endpoint_id>/rotate-secret", methods=["POST"])
@blueprint.doc(**refusals(404, 409, 413, 415, 422))
@blueprint.arguments(RotateSecretSchema)
@blueprint.response(200, EndpointWithSecretSchema)
def rotate_secret(body: dict[str, Any], endpoint_id: str) -> dict[str, Any]:
    """Make a new secret. For 24 hours each delivery carries two signatures: by the old one and by the new one."""
    made = webhook_endpoints.rotate_secret(endpoint_id, keep_old=body["keep_old"], actor=actor())
    return {**_endpoint(made.endpoint), "secret": made.secret}


@blueprint.route("/webhook-endpoints/<endpoint_id>/test", methods=["POST"])
@blueprint.doc(**refusals(404, 409, 413, 415))
@blueprint.response(202, EventDeliverySchema)
def send_test(endpoint_id: str) -> dict[str, Any]:
    """Send a `webhook_endpoint.test` event to this endpoint alone; read the delivery to see how it went."""
    return _delivery(event_replays.send_test(endpoint_id, actor=actor()))


@blueprint.route("/webhook-endpoints/<endpoint_id>/replay", methods=["POST"])
@blueprint.doc(**refusals(404, 409, 413, 415, 422))
@blueprint.arguments(ReplaySinceSchema)
@blueprint.response(202, ReplayedEventsSchema)
def replay_since(body: dict[str, Any], endpoint_id: str) -> dict[str, int]:
    """Tell an endpoint what it missed since a moment, also while it was off: at most 10,000 events."""
    count = event_replays.replay_since(endpoint_id, body["since"], everything=body["everything"], actor=actor())
    return {"events": count}


@blueprint.route("/webhook-endpoints/<endpoint_id>/deliveries")
@blueprint.doc(**refusals(404, 422))
@blueprint.arguments(DeliveryQuerySchema, location="query", unknown=RAISE)
@blueprint.response(200, EventDeliveryPageSchema)
def list_deliveries(query: dict[str, Any], endpoint_id: str) -> dict[str, Any]:
    """List the deliveries to an endpoint, newest first; those of a removed one too."""
    webhook_endpoints.get_endpoint(endpoint_id, removed=True)
    wanted = (
        select(EventDelivery)
        .where(EventDelivery.endpoint_id == endpoint_id)
        .options(joinedload(EventDelivery.event), selectinload(EventDelivery.tries))
    )
    if state := query.get("state"):
        wanted = wanted.where(event_deliveries.STATES[state])
    page, cursor = page_of(wanted, EventDelivery, "evd", query)
    return {"data": [_delivery(row) for row in page], "next_cursor": cursor}


@blueprint.route("/event-deliveries/<delivery_id>")
@blueprint.doc(**refusals(404))
@blueprint.response(200, EventDeliverySchema)
def get_delivery(delivery_id: str) -> dict[str, Any]:
    """Read one delivery with each of its tries."""
    return _delivery(event_replays.get_delivery(delivery_id))


@blueprint.route("/event-deliveries/<delivery_id>/replay", methods=["POST"])
@blueprint.doc(**refusals(404, 409, 413, 415))
@blueprint.response(202, EventDeliverySchema)
def replay(delivery_id: str) -> dict[str, Any]:
    """Send an event to its endpoint again, with the same `webhook-id`."""
    return _delivery(event_replays.replay(delivery_id, actor=actor()))


@blueprint.route("/events")
@blueprint.doc(**refusals(422))
@blueprint.arguments(HubEventQuerySchema, location="query", unknown=RAISE)
@blueprint.response(200, HubEventPageSchema)
def list_events(query: dict[str, Any]) -> dict[str, Any]:
    """List what happened, newest first, whether or not anybody was told."""
    wanted = select(Event).where(Event.kind != event_replays.TEST)
    if kind := query.get("type"):
        if kind not in EVENTS:
            raise FieldRefused("type", f"Use one of {', '.join(EVENTS)}.")
        wanted = wanted.where(Event.kind == kind)
    if subject := query.get("subject_id"):
        wanted = wanted.where(Event.subject_id == subject)
    page, cursor = page_of(wanted, Event, "evt", query)
    return {"data": [_event(row) for row in page], "next_cursor": cursor}


def _endpoint(endpoint: WebhookEndpoint) -> dict[str, Any]:
    shown = ("id", "url", "description", "event_types", "disabled_at", "old_secret_until", "created_at")
    return {name: getattr(endpoint, name) for name in shown} | {
        "enabled": endpoint.disabled_at is None,
        "disabled_reason": endpoint.disabled_reason or None,
    }


def _event(event: Event) -> dict[str, Any]:
    return {"type": event.kind} | {name: getattr(event, name) for name in ("id", "subject_id", "data", "created_at")}


def _delivery(delivery: EventDelivery) -> dict[str, Any]:
    shown = ("id", "endpoint_id", "round", "next_try_at", "delivered_at", "given_up_at", "tries", "created_at")
    return {name: getattr(delivery, name) for name in shown} | {
        "event": _event(delivery.event),
        "state": event_deliveries.state_of(delivery),
    }
