"""The few figures of the dashboard, over days in the merchant's zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import func, select

from admin import formats
from app.domain.statuses import SessionStatus
from app.models import CheckoutSession, Payment, db


@dataclass(frozen=True)
class Figures:
    """`paid` holds (currency, amount in minor units, number of payments), the largest number first."""

    paid: list[tuple[str, int, int]]
    payments: int  # paid ones
    sessions: int  # checkout sessions that were opened
    completed: int  # of those, the ones that were paid

    @property
    def conversion(self) -> str:
        """Return the share of the opened sessions that were paid, e.g. "62.5%"."""
        return f"{100 * self.completed / self.sessions:.1f}%" if self.sessions else "–"


def start_of_day(days_ago: int) -> datetime:
    """Return the first moment of a day in the merchant's zone."""
    return datetime.combine(formats.today() - timedelta(days=days_ago), time(), tzinfo=formats.zone())


def figures_since(start: datetime) -> Figures:
    """Return the figures from `start` until now."""
    paid = db.session.execute(
        select(Payment.currency, func.sum(Payment.paid), func.count())
        .where(Payment.paid > 0, Payment.created_at >= start)
        .group_by(Payment.currency)
    ).all()
    by_status = dict(
        db.session.execute(
            select(CheckoutSession.status, func.count())
            .where(CheckoutSession.created_at >= start)
            .group_by(CheckoutSession.status)
        ).all()
    )
    rows = sorted(((currency, int(amount), int(count)) for currency, amount, count in paid), key=lambda row: -row[2])
    return Figures(
        rows, sum(row[2] for row in rows), sum(by_status.values()), by_status.get(SessionStatus.COMPLETED, 0)
    )
