"""What time does to payment links: one reminder each, and the end."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, exists, select, update

from app.domain.statuses import PaymentLinkStatus, RenewalStatus
from app.models import IS_LIVE, CheckoutSession, PaymentAttempt, PaymentLink, Renewal, db, utc_now
from app.services import events
from app.services.payment_link_states import lock
from app.services.payment_links import REMINDED
from app.services.transaction import transaction
from app.services.transitions import move

WHILE_PAYING = timedelta(minutes=15)  # a reminder waits while somebody is paying, which may fail
_ACTIVE = PaymentLink.status == PaymentLinkStatus.ACTIVE
_IS_IN_VAIN = PaymentLink.renewal.has(Renewal.status.in_((RenewalStatus.FAILED, RenewalStatus.VOID)))


def remind_due(limit: int = 100) -> int:
    """Remind the customers of links that were sent, are about to expire and nobody has paid; return how many."""
    now = utc_now()
    return sum(_remind(link_id) for link_id in _ids((_ACTIVE, PaymentLink.remind_at <= now), limit))


def expire_due(limit: int = 100) -> int:
    """Expire links whose time has passed, and those of renewals that were given up or ended with their subscription;
    return how many. A payment that is under way may still complete one."""
    expired = 0
    for why, which in (("its time passed", PaymentLink.expires_at <= utc_now()), ("its renewal is over", _IS_IN_VAIN)):
        for link_id in _ids((_ACTIVE, which), limit):
            with transaction():
                link = lock(link_id)
                if link.status == PaymentLinkStatus.ACTIVE:
                    expired += move(link, PaymentLinkStatus.EXPIRED, actor="system", reason=why)
    return expired


def _remind(link_id: str) -> bool:
    """Take the reminder of a link, which nobody else gets then; tell it, unless there is nothing to remind of yet."""
    now = utc_now()
    with transaction():
        taken = db.session.execute(
            update(PaymentLink)
            .where(PaymentLink.id == link_id, _ACTIVE, PaymentLink.remind_at <= now)
            .values(remind_at=None)
            .returning(PaymentLink.id)
            .execution_options(synchronize_session=False)
        ).first()
        link = db.session.get_one(PaymentLink, link_id, populate_existing=True)
        paying = exists().where(
            CheckoutSession.payment_link_id == link_id, PaymentAttempt.session_id == CheckoutSession.id, IS_LIVE
        )
        if taken is None or link.sent_count == 0 or link.paid_count > 0 or link.expires_at <= now:
            return False
        if db.session.scalar(select(paying)):
            link.remind_at = now + WHILE_PAYING
            return False
        link.reminded_at = now
        events.tell(REMINDED, link)
    return True


def _ids(which: tuple[ColumnElement[bool], ...], limit: int) -> list[str]:
    with transaction():
        return list(db.session.scalars(select(PaymentLink.id).where(*which).order_by(PaymentLink.id).limit(limit)))
