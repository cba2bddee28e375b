"""What the page of one subscription shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from admin import subscription_words as words
from admin.timeline import events_of
from app.domain.statuses import RenewalStatus
from app.models import Alert, CheckoutSession, Payment, PaymentLink, Renewal, Subscription, db
from app.services import subscriptions

SHOWN = 12  # renewals on a page
COMING = 6  # dates to come


def details_of(subscription: Subscription, args: Mapping[str, str]) -> dict[str, Any]:
    """Return the template's names; `before=<number>` in `args` shows the renewals before that one."""
    before = args.get("before", "")
    rows = _renewals(subscription, int(before) if before.isascii() and before.isdigit() and len(before) < 9 else None)
    shown = rows[:SHOWN]
    first = db.session.scalar(
        select(CheckoutSession)
        .where(CheckoutSession.subscription_id == subscription.id)
        .order_by(CheckoutSession.created_at)
        .limit(1)
    )
    return {
        "subscription": subscription,
        "standing": words.standing(subscription, rows if not before else _renewals(subscription, None)),
        "renewals": shown,
        "link_of": _links_of(shown),
        "older": shown[-1].number if len(rows) > SHOWN else None,
        "is_newest": not before,
        "open": [row for row in shown if row.status == RenewalStatus.OPEN and row.number > 1],
        "coming": subscriptions.upcoming(subscription, COMING),
        "session": first,
        "timeline": events_of(_names(subscription, shown)),
        "alerts": _open_alerts([subscription.id, *(row.id for row in shown), *(row.session_id for row in shown)]),
    }


def _renewals(subscription: Subscription, before: int | None) -> list[Renewal]:
    query = select(Renewal).where(Renewal.subscription_id == subscription.id)
    if before is not None:
        query = query.where(Renewal.number < before)
    session = joinedload(Renewal.session)
    query = query.options(session.joinedload(CheckoutSession.payment).selectinload(Payment.attempts))
    return list(db.session.scalars(query.order_by(Renewal.number.desc()).limit(SHOWN + 1)))


def _links_of(renewals: Sequence[Renewal]) -> dict[str, PaymentLink]:
    """Return the newest payment link of each renewal that has one, by the renewal's id."""
    query = select(PaymentLink).where(PaymentLink.renewal_id.in_([row.id for row in renewals]))
    return {str(link.renewal_id): link for link in db.session.scalars(query.order_by(PaymentLink.created_at))}


def _names(subscription: Subscription, renewals: Sequence[Renewal]) -> dict[str, str]:
    return {subscription.id: "Subscription"} | {row.id: words.period(row) for row in renewals}


def _open_alerts(subject_ids: Sequence[str]) -> list[Alert]:
    return list(db.session.scalars(select(Alert).where(Alert.subject_id.in_(subject_ids), Alert.resolved_at.is_(None))))
