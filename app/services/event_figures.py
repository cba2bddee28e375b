"""How webhook endpoints fare: what was delivered to each in the last day, what fails, and when each last took one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select

from app.models import EventDelivery, db, utc_now

DAY = timedelta(hours=24)


@dataclass(frozen=True)
class Health:
    """Counts of deliveries: taken in the last 24 hours, tried in vain and waiting, given up in the last 24 hours."""

    delivered: int = 0
    failing: int = 0
    given_up: int = 0
    last_delivered_at: datetime | None = None


def health() -> dict[str, Health]:
    """Return the health of each endpoint that was ever told of anything, by its id."""
    since = utc_now() - DAY
    delivered = _counted(EventDelivery.delivered_at >= since)
    failing = _counted(EventDelivery.next_try_at.is_not(None), EventDelivery.tried_count > 0)
    given_up = _counted(EventDelivery.given_up_at >= since, EventDelivery.tried_count > 0)
    told = EventDelivery.delivered_at.is_not(None)
    latest = select(EventDelivery.endpoint_id, func.max(EventDelivery.delivered_at)).where(told)
    last = dict(db.session.execute(latest.group_by(EventDelivery.endpoint_id)).tuples().all())
    return {
        endpoint_id: Health(
            delivered.get(endpoint_id, 0),
            failing.get(endpoint_id, 0),
            given_up.get(endpoint_id, 0),
            last.get(endpoint_id),
        )
        for endpoint_id in {*delivered, *failing, *given_up, *last}
    }


def _counted(*conditions: ColumnElement[bool]) -> dict[str, int]:
    by_endpoint = select(EventDelivery.endpoint_id, func.count()).where(*conditions).group_by(EventDelivery.endpoint_id)
    return dict(db.session.execute(by_endpoint).tuples().all())
