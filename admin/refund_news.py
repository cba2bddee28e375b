"""What the dashboard says of refunds: those that wait for this person's word, and how the ones they asked for went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from admin.keyset import count_up_to
from admin.refund_words import Shown, actor, shown
from admin.roles import may
from app.models import Refund, db, utc_now
from app.services.refund_outcomes import OPEN
from app.services.refunds import WAITS

LATELY = timedelta(days=2)
MOST = 5


@dataclass(frozen=True)
class News:
    """`waiting` counts the refunds that this person may approve, "0" for none; `yours` are their own, newest first."""

    waiting: str
    yours: list[Shown]


def news() -> News:
    """Return the news for the person signed in."""
    others = select(Refund.id).where(*WAITS, Refund.requested_by != actor())
    recent = Refund.ended_at > utc_now() - LATELY
    own = select(Refund).where(Refund.requested_by == actor(), or_(recent, Refund.status.in_(OPEN)))
    newest = own.options(joinedload(Refund.payment)).order_by(Refund.created_at.desc(), Refund.id.desc()).limit(MOST)
    return News(
        waiting=count_up_to(others, 99) if may("refunds.approve") else "0",
        yours=[shown(refund) for refund in db.session.scalars(newest)],
    )
