"""What follows from an attempt's outcome beyond its payment, in the same transaction and under the same locks."""

from __future__ import annotations

from app.models import CheckoutSession, Payment, PaymentAttempt


def collected(
    session: CheckoutSession, payment: Payment, attempt: PaymentAttempt, *, token: str | None, actor: str
) -> None:
    """The payment was just paid by `attempt`; `token` charges the customer again, if they agreed to that."""


def not_collected(session: CheckoutSession, payment: Payment, attempt: PaymentAttempt, *, actor: str) -> None:
    """The attempt has just failed for good; the session may see another one."""
