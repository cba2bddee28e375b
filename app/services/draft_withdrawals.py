"""An approval or a plan of the draft ends when the person who gave it may no longer have a say."""

from __future__ import annotations

import structlog
from sqlalchemy import select

from app.models import Alert, RuleSetDraft, db, utc_now
from app.models.rule_set_drafts import ONLY
from app.services.alerts import raise_alert
from app.services.drafts import NOT_APPROVED, NOT_SCHEDULED

log = structlog.get_logger()

WITHDRAWN = "approval_withdrawn"  # the alert; its subject names the draft's revision and the moment


def withdraw(person: str) -> None:
    """End, in the caller's transaction, what a person approved or planned of the draft, and tell of it in an alert.

    Call it whenever somebody is switched off or gets another role.
    """
    draft = db.session.get(RuleSetDraft, ONLY, populate_existing=True, with_for_update=True)
    if draft is None or person not in (draft.approver, draft.scheduled_by):
        return
    approved, planned = person == draft.approver, draft.publish_at
    for column, value in (NOT_SCHEDULED | (NOT_APPROVED if approved else {})).items():
        setattr(draft, column, value)
    did, again = ("approved", "approved") if approved else ("planned to publish", "planned")
    said = f"{person.removeprefix('user:')}, who {did} the draft of the rules, was switched off or has another role."
    dropped = f" It will not be published at {planned:%Y-%m-%d %H:%M} UTC." if planned else ""
    subject = f"{_of(draft.revision)}{utc_now():%Y%m%dT%H%M%S.%fZ}"
    raise_alert(WITHDRAWN, subject, f"{said} The draft has to be {again} anew.{dropped}")
    log.info("approval_withdrawn", revision=draft.revision, person=person, planned=planned is not None)


def last_withdrawal(draft: RuleSetDraft) -> str:
    """Return what was told when an approval or a plan of the draft ended; empty once it is approved or planned anew."""
    if draft.publish_at is not None:
        return ""
    told = select(Alert.message).where(Alert.kind == WITHDRAWN, Alert.subject_id.startswith(_of(draft.revision)))
    if draft.approved_at is not None:
        told = told.where(Alert.created_at > draft.approved_at)
    return db.session.scalar(told.order_by(Alert.created_at.desc()).limit(1)) or ""


def _of(revision: int) -> str:
    return f"draft:{revision}@"
