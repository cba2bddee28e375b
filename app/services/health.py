"""Health: what is stuck, counted, so that a person or a load balancer can act on it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta

from sqlalchemy import Select, func, select

from app.domain.review import KINDS
from app.domain.statuses import AttemptStatus
from app.models import IS_LIVE, Alert, Job, PaymentAttempt, WebhookDelivery, db, utc_now
from app.services import jobs, rule_sets
from app.services.errors import NoActiveRules

STUCK_AFTER = timedelta(minutes=2)


@dataclass(frozen=True)
class Health:
    """Counts; `problems` holds a sentence for each thing that keeps the hub from being ready."""

    rules_version: int | None
    outbox_stuck: int  # jobs due for more than two minutes
    outbox_quarantined: int  # jobs that failed too often
    inbox_stuck: int  # webhooks stored for more than two minutes and not applied
    attempts_unknown: int
    open_alerts: int  # beside those of the review queue
    reviews_waiting: int  # decisions about money that only a person may take
    problems: tuple[str, ...]

    @property
    def is_ready(self) -> bool:
        return not self.problems

    def to_json(self) -> dict[str, object]:
        return asdict(self) | {"status": "ready" if self.is_ready else "degraded", "problems": list(self.problems)}


def check_health() -> Health:
    """Count what is stuck now. Raises SQLAlchemyError when the database does not answer."""
    late = utc_now() - STUCK_AFTER
    try:
        version: int | None = rule_sets.active_number()
    except NoActiveRules:
        version = None
    stuck_jobs = jobs.overdue(STUCK_AFTER)
    quarantined = _count(select(func.count()).select_from(Job).where(Job.quarantined_at.is_not(None)))
    inbox = _count(
        select(func.count())
        .select_from(WebhookDelivery)
        .where(WebhookDelivery.applied_at.is_(None), WebhookDelivery.received_at < late)
    )
    unknown = _count(
        select(func.count()).select_from(PaymentAttempt).where(IS_LIVE, PaymentAttempt.status == AttemptStatus.UNKNOWN)
    )
    open_alerts = select(func.count()).select_from(Alert).where(Alert.resolved_at.is_(None))
    alerts = _count(open_alerts.where(Alert.kind.not_in(KINDS)))
    reviews = _count(open_alerts.where(Alert.kind.in_(KINDS)))
    problems = []
    if version is None:
        problems.append("No rules are published: run `flask hub init` or publish a rule set.")
    if stuck_jobs:
        problems.append(f"{stuck_jobs} jobs have waited for more than two minutes: are worker and relay running?")
    if quarantined:
        problems.append(f"{quarantined} jobs failed too often: see `flask jobs quarantined`.")
    if inbox:
        problems.append(f"{inbox} webhooks have waited for more than two minutes to be applied.")
    return Health(version, stuck_jobs, quarantined, inbox, unknown, alerts, reviews, tuple(problems))


def _count(query: Select[int]) -> int:
    return db.session.scalar(query) or 0
