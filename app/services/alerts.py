"""Alerts: told once while they stand, and resolved by a person."""

from __future__ import annotations

import structlog
from sqlalchemy import select, update

from app.domain.ids import new_id
from app.domain.review import KINDS
from app.models import Alert, db, utc_now
from app.services.errors import NotFound
from app.services.inserts import insert_once
from app.services.transaction import transaction

log = structlog.get_logger()


def raise_alert(kind: str, subject_id: str, message: str) -> None:
    """Add an alert to the caller's transaction, unless the same one is open already."""
    values = {
        "id": new_id("alert"),
        "kind": kind,
        "subject_id": subject_id,
        "message": message,
        "created_at": utc_now(),
    }
    if insert_once(Alert, values, unique=["kind", "subject_id"], where=Alert.resolved_at.is_(None)):
        log.warning("alert", kind=kind, subject=subject_id)


def resolve_alert(alert_id: str, *, user: str) -> None:
    """Close an alert in the name of the person who looked at it. Raises NotFound, also for what takes a decision."""
    with transaction():
        alert = db.session.get(Alert, alert_id)
        if alert is None or alert.kind in KINDS:
            raise NotFound("alert", alert_id)
        if alert.resolved_at is None:
            alert.resolved_at, alert.resolved_by = utc_now(), user


def close_alert(kind: str, subject_id: str, *, by: str = "system", note: str = "") -> bool:
    """Close the open alert of this kind and subject in the caller's transaction; tell whether there was one.

    `by` is the person's address, or system when what was alerted is over by itself.
    """
    closed = (
        update(Alert)
        .where(Alert.kind == kind, Alert.subject_id == subject_id, Alert.resolved_at.is_(None))
        .values(resolved_at=utc_now(), resolved_by=by, note=note)
        .returning(Alert.id)
        .execution_options(synchronize_session=False)
    )
    return db.session.execute(closed).first() is not None


def open_alerts(limit: int = 100) -> list[Alert]:
    """Return the alerts that nobody has resolved, newest first."""
    query = select(Alert).where(Alert.resolved_at.is_(None)).order_by(Alert.created_at.desc()).limit(limit)
    return list(db.session.scalars(query))
