"""What follows from an attempt's outcome beyond its payment, in the same transaction and under the same locks."""

from __future__ import annotations

from app.models import CheckoutSession, Payment, PaymentAttempt
from app.services import payment_link_states, subscription_outcomes


def lock_owners(session_id: str) -> None:
    """Lock what a session belongs to, in the order of everywhere, before the session itself is locked.

    A renewal before its link: while the renewal is locked no link is made for it, so none is left to be locked later.
    """
    subscription_outcomes.lock_of(session_id)
    payment_link_states.lock_link_of(session_id)


def collected(
    session: CheckoutSession, payment: Payment, attempt: PaymentAttempt, *, token: str | None, actor: str
) -> None:
    """The payment was just paid by `attempt`; `token` charges the customer again, if they agreed to that."""
    payment_link_states.count_payment(session, payment, attempt, actor=actor)
    subscription_outcomes.collected(session, payment, attempt, token=token, actor=actor)


def not_collected(session: CheckoutSession, payment: Payment, attempt: PaymentAttempt, *, actor: str) -> None:
    """The attempt has just failed for good; the session may see another one."""
    payment_link_states.close_failed(session)
    subscription_outcomes.not_collected(session, payment, attempt, actor=actor)
