"""What is typed about webhook endpoints, and how it is shown: types of event by noun, moments, bodies of events."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import groupby
from typing import Any

from werkzeug.datastructures import ImmutableMultiDict, MultiDict

from admin import formats
from app.domain.events import EVENTS
from app.models import Event, WebhookEndpoint
from app.services.errors import FieldsRefused
from app.services.event_deliveries import body_of

# Each noun with its types of event and what each means: [("Payment", [("payment.paid", "A payment ...")])].
GROUPS = [
    (formats.words(noun), [(kind, EVENTS[kind]) for kind in kinds])
    for noun, kinds in groupby(EVENTS, lambda kind: kind.split(".")[0])
]
Form = ImmutableMultiDict[str, str] | MultiDict[str, str]


def typed(form: Form) -> dict[str, Any]:
    """Return the fields of an endpoint as they were typed. Raises FieldsRefused when no event is chosen."""
    chosen = form.getlist("event_types")
    some = form.get("which") == "some"
    if some and not chosen:
        raise FieldsRefused({"event_types": "Choose at least one type of event, or all of them."})
    return {
        "url": form.get("url", "").strip(),
        "description": form.get("description", "").strip(),
        "event_types": chosen if some else [],
    }


def shown(form: Form) -> dict[str, Any]:
    """Return what was typed, for the form to show again."""
    return {
        "url": form.get("url", ""),
        "description": form.get("description", ""),
        "which": "some" if form.get("which") == "some" else "all",
        "event_types": form.getlist("event_types"),
    }


def values_of(endpoint: WebhookEndpoint | None) -> dict[str, Any]:
    """Return what the form of an endpoint, or of a new one, begins with."""
    if endpoint is None:
        return {"url": "", "description": "", "which": "all", "event_types": []}
    return {
        "url": endpoint.url,
        "description": endpoint.description,
        "which": "some" if endpoint.event_types else "all",
        "event_types": endpoint.event_types,
    }


def moment(text: str) -> datetime:
    """Return a moment typed in the merchant's zone. Raises FieldsRefused."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise FieldsRefused({"since": "Choose a day and a time."}) from error
    if not 2000 <= at.year <= 2999:
        raise FieldsRefused({"since": "Choose a day of this century."})
    return at.replace(tzinfo=at.tzinfo or formats.zone())


def local(at: datetime) -> str:
    """Return a moment as the field of a form has it, in the merchant's zone."""
    return at.astimezone(formats.zone()).strftime("%Y-%m-%dT%H:%M")


def pretty(event: Event) -> str:
    """Return what is sent of an event, on several lines."""
    return json.dumps(json.loads(body_of(event)), indent=2, ensure_ascii=False)
