"""What payments and payment links owe each other: room for one more, and a count that no race gets past."""

from __future__ import annotations

from sqlalchemy import func, select, update

from app.domain.statuses import PaymentLinkStatus
from app.models import IS_LIVE, CheckoutSession, Payment, PaymentAttempt, PaymentLink, Renewal, db, utc_now
from app.services import sessions
from app.services.alerts import raise_alert
from app.services.errors import NotFound
from app.services.payment_link_errors import LinkInUse, LinkOver
from app.services.transitions import can_move, move


def lock(link_id: str) -> PaymentLink:
    """Lock a link in the caller's transaction: before anything else, as everywhere. Raises NotFound."""
    link = db.session.get(PaymentLink, link_id, with_for_update=True, populate_existing=True)
    if link is None:
        raise NotFound("payment link", link_id)
    return link


def lock_link_of(session_id: str) -> PaymentLink | None:
    """Lock the link that a session is paid by, if there is one; call it before the session itself is locked."""
    found = db.session.execute(
        select(CheckoutSession.payment_link_id, CheckoutSession.subscription_id).where(CheckoutSession.id == session_id)
    ).first()
    if found is None or (found.payment_link_id is None and found.subscription_id is None):
        return None
    if found.payment_link_id is not None:
        return lock(found.payment_link_id)
    renewal = select(Renewal.id).where(Renewal.session_id == session_id).scalar_subquery()
    active = PaymentLink.renewal_id == renewal, PaymentLink.status == PaymentLinkStatus.ACTIVE
    query = select(PaymentLink).where(*active).with_for_update().execution_options(populate_existing=True)
    return db.session.scalar(query)


def check_room(session: CheckoutSession) -> None:
    """Let a payment start only while the session's link, locked, allows one more. Raises LinkOver, LinkInUse.

    Payments under way count as made: one that fails gives its place back. A renewal needs no counting: it has one
    session, which is paid once.
    """
    if session.payment_link_id is None:
        return
    link = db.session.get_one(PaymentLink, session.payment_link_id)
    if link.status != PaymentLinkStatus.ACTIVE:
        raise LinkOver(link.status)
    if link.expires_at <= utc_now():
        raise LinkOver(PaymentLinkStatus.EXPIRED)
    if link.paid_count + _under_way(link) >= link.max_payments:
        raise LinkInUse


def count_payment(session: CheckoutSession, payment: Payment, attempt: PaymentAttempt, *, actor: str) -> None:
    """Count a payment that was just made; the link is completed by the last one that it allows.

    What arrives late above that number is money all the same: it is counted, and a person is alerted.
    """
    link = lock_link_of(session.id)
    if link is None:
        return
    if session.payment_link_id is None:
        _complete_renewal(link, attempt, actor)
        return
    one_more = update(PaymentLink).where(PaymentLink.id == link.id).values(paid_count=PaymentLink.paid_count + 1)
    one_more = one_more.returning(PaymentLink.id).execution_options(synchronize_session=False)
    allowed = one_more.where(PaymentLink.paid_count < PaymentLink.max_payments)
    if db.session.execute(allowed).first() is None:
        db.session.execute(one_more)
        raise_alert("link_overpaid", payment.id, f"Link {link.id} had been paid {link.max_payments} times already.")
    db.session.refresh(link)
    if link.paid_count >= link.max_payments and can_move(link, PaymentLinkStatus.COMPLETED):
        move(link, PaymentLinkStatus.COMPLETED, actor=actor)


def close_failed(session: CheckoutSession) -> None:
    """Expire a session whose payment has just failed when its link is over: it stayed open for that payment only."""
    if session.payment_link_id is None:
        return
    if lock(session.payment_link_id).status != PaymentLinkStatus.ACTIVE:
        sessions.expire(session, reason="its payment link is over")


def _complete_renewal(link: PaymentLink, attempt: PaymentAttempt, actor: str) -> None:
    """Complete the link of a renewal, which is paid now, by the link or by a charge of our own."""
    by_customer = attempt.token_id is None and link.opened_at is not None
    reason = "" if by_customer else "its renewal was paid otherwise"
    move(link, PaymentLinkStatus.COMPLETED, actor=actor, reason=reason, paid_count=int(by_customer))


def _under_way(link: PaymentLink) -> int:
    query = (
        select(func.count())
        .select_from(PaymentAttempt)
        .join(CheckoutSession, CheckoutSession.id == PaymentAttempt.session_id)
        .where(CheckoutSession.payment_link_id == link.id, IS_LIVE)
    )
    return db.session.scalar(query) or 0
