"""Where merchants want to be told of events: registered, changed, switched off and on, removed; their secrets."""

from __future__ import annotations

import base64
import difflib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, func, select, update

from app.domain.events import EVENTS
from app.domain.ids import new_id
from app.models import EventDelivery, WebhookEndpoint, db, utc_now
from app.services import accounts
from app.services.errors import FieldsRefused, NotFound
from app.services.texts import is_storable
from app.services.transaction import transaction
from app.services.webhook_addresses import check_url
from app.services.webhook_errors import StillRotating, TooManyEndpoints

log = structlog.get_logger()

MOST_ENDPOINTS = 20
OLD_SECRET_SIGNS = timedelta(hours=24)


@dataclass(frozen=True)
class WithSecret:
    """An endpoint and its secret in the clear, which nobody can look up later."""

    endpoint: WebhookEndpoint
    secret: str


def register(*, url: str, event_types: Sequence[str], description: str = "", actor: str) -> WithSecret:
    """Add an endpoint for these types of event; none means all.

    Raises FieldsRefused and TooManyEndpoints (counted without a lock: two at the same moment may make one too many).
    """
    values = _checked(url=url, event_types=event_types, description=description)
    secret = _new_secret()
    with transaction():
        count = select(func.count()).select_from(WebhookEndpoint).where(WebhookEndpoint.removed_at.is_(None))
        if (db.session.scalar(count) or 0) >= MOST_ENDPOINTS:
            raise TooManyEndpoints(MOST_ENDPOINTS)
        endpoint = WebhookEndpoint(id=new_id("we"), encrypted_secret=_seal(secret), **values)
        db.session.add(endpoint)
    log.info("webhook_endpoint_registered", endpoint=endpoint.id, actor=actor)
    return WithSecret(endpoint, secret)


def list_endpoints(*, removed: bool = False) -> list[WebhookEndpoint]:
    """Return the endpoints in the order of registration, or the last hundred that were removed, newest first."""
    query = select(WebhookEndpoint)
    if removed:
        latest = WebhookEndpoint.removed_at.desc(), WebhookEndpoint.id.desc()
        query = query.where(WebhookEndpoint.removed_at.is_not(None)).order_by(*latest).limit(100)
    else:
        in_order = WebhookEndpoint.created_at, WebhookEndpoint.id
        query = query.where(WebhookEndpoint.removed_at.is_(None)).order_by(*in_order)
    return list(db.session.scalars(query))


def get_endpoint(endpoint_id: str, *, removed: bool = False) -> WebhookEndpoint:
    """Return an endpoint; a removed one only when asked for. Raises NotFound."""
    endpoint = db.session.get(WebhookEndpoint, endpoint_id)
    if endpoint is None or (endpoint.removed_at is not None and not removed):
        raise NotFound("webhook endpoint", endpoint_id)
    return endpoint


def change(endpoint_id: str, *, actor: str, **changes: Any) -> WebhookEndpoint:
    """Change url, event_types or description; what waits goes to the new address. Raises FieldsRefused, NotFound."""
    values = _checked(**changes)
    with transaction():
        get_endpoint(endpoint_id)
        if values:
            _set(endpoint_id, **values)
    log.info("webhook_endpoint_changed", endpoint=endpoint_id, actor=actor, fields=sorted(values))
    return get_endpoint(endpoint_id)


def disable(endpoint_id: str, *, reason: str, actor: str) -> WebhookEndpoint:
    """Switch an endpoint off: nothing is sent to it any more, and what waits is given up. Raises NotFound."""
    with transaction():
        get_endpoint(endpoint_id)
        switch_off(endpoint_id, reason)
    log.info("webhook_endpoint_disabled", endpoint=endpoint_id, actor=actor)
    return get_endpoint(endpoint_id)


def switch_off(endpoint_id: str, reason: str) -> bool:
    """Do the same in the caller's transaction; False when it was off already."""
    values = {"disabled_at": utc_now(), "disabled_reason": reason[:200]}
    was_on = _set(endpoint_id, WebhookEndpoint.disabled_at.is_(None), **values)
    give_up_waiting(endpoint_id)
    return was_on


def enable(endpoint_id: str, *, actor: str) -> WebhookEndpoint:
    """Switch an endpoint on: it is told what happens from now on; replay tells it what it missed. Raises NotFound."""
    with transaction():
        get_endpoint(endpoint_id)
        _set(endpoint_id, disabled_at=None, disabled_reason="")
    log.info("webhook_endpoint_enabled", endpoint=endpoint_id, actor=actor)
    return get_endpoint(endpoint_id)


def remove(endpoint_id: str, *, actor: str) -> None:
    """Remove an endpoint with its secrets; what was sent to it stays on record. Raises NotFound."""
    with transaction():
        get_endpoint(endpoint_id)
        _set(endpoint_id, removed_at=utc_now(), encrypted_secret="", encrypted_old_secret=None, old_secret_until=None)
        give_up_waiting(endpoint_id)
    log.info("webhook_endpoint_removed", endpoint=endpoint_id, actor=actor)


def rotate_secret(endpoint_id: str, *, keep_old: bool = True, actor: str) -> WithSecret:
    """Make a new secret; the old one signs too for a day, unless `keep_old` is off because somebody else has it.

    Raises NotFound, and StillRotating when an older secret still signs: dropping it would cut receivers off.
    """
    secret, now = _new_secret(), utc_now()
    with transaction():
        endpoint = get_endpoint(endpoint_id)
        until = endpoint.old_secret_until
        if keep_old and until is not None and until > now:
            raise StillRotating(until)
        rotated = _set(
            endpoint_id,
            WebhookEndpoint.encrypted_secret == endpoint.encrypted_secret,
            encrypted_secret=_seal(secret),
            encrypted_old_secret=endpoint.encrypted_secret if keep_old else None,
            old_secret_until=now + OLD_SECRET_SIGNS if keep_old else None,
        )
        if not rotated:  # somebody else did at this very moment
            raise StillRotating(now + OLD_SECRET_SIGNS)
    log.info("webhook_secret_rotated", endpoint=endpoint_id, actor=actor, keep_old=keep_old)
    return WithSecret(get_endpoint(endpoint_id), secret)


def signing_secrets(endpoint: WebhookEndpoint, now: datetime) -> list[str]:
    """Return the secrets that sign at `now`, newest first: never log or show them."""
    sealed = [endpoint.encrypted_secret]
    if endpoint.encrypted_old_secret and endpoint.old_secret_until and endpoint.old_secret_until > now:
        sealed.append(endpoint.encrypted_old_secret)
    return [accounts.decrypt(token)["secret"] for token in sealed]


def forget_old_secrets() -> None:
    """Erase the old secrets that no longer sign."""
    with transaction():
        over = update(WebhookEndpoint).where(WebhookEndpoint.old_secret_until < utc_now())
        db.session.execute(over.values(encrypted_old_secret=None, old_secret_until=None))


def _set(endpoint_id: str, condition: ColumnElement[bool] | None = None, **values: Any) -> bool:
    """Change columns in the caller's transaction; False for one that is removed or does not meet the condition."""
    conditions = [WebhookEndpoint.id == endpoint_id, WebhookEndpoint.removed_at.is_(None)]
    if condition is not None:
        conditions.append(condition)
    changed = update(WebhookEndpoint).where(*conditions).values(**values).returning(WebhookEndpoint.id)
    done = db.session.execute(changed.execution_options(synchronize_session=False)).first() is not None
    db.session.expire_all()
    return done


def give_up_waiting(endpoint_id: str) -> None:
    """Let no delivery to this endpoint be tried again, in the caller's transaction."""
    waiting = (EventDelivery.endpoint_id == endpoint_id, EventDelivery.next_try_at.is_not(None))
    ended = update(EventDelivery).where(*waiting).values(given_up_at=utc_now(), next_try_at=None)
    db.session.execute(ended.execution_options(synchronize_session=False))
    db.session.expire_all()


def _checked(**values: Any) -> dict[str, Any]:
    """Return the values as they are stored. Raises FieldsRefused with a sentence for each that is wrong."""
    errors = {}
    if "url" in values and (wrong := check_url(values["url"])):
        errors["url"] = wrong
    if "event_types" in values:
        wanted = list(dict.fromkeys(values["event_types"]))
        unknown = [each for each in wanted if each not in EVENTS]
        if unknown:
            near = difflib.get_close_matches(unknown[0], EVENTS, n=1)
            hint = f" Did you mean {near[0]}?" if near else f" Known: {', '.join(EVENTS)}."
            errors["event_types"] = f"{unknown[0][:60]!r} is not a type of event.{hint}"
        values["event_types"] = [each for each in EVENTS if each in wanted]
    description = values.get("description", "")
    if len(description) > 200 or not is_storable(description) or not (description.isprintable()):
        errors["description"] = "Use one line of at most 200 characters."
    if errors:
        raise FieldsRefused(errors)
    return values


def _new_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def _seal(secret: str) -> str:
    return accounts.encrypt({"secret": secret})
