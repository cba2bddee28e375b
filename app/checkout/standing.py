"""Where a checkout session stands, as its customer sees it: one page for each standing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.domain.statuses import AttemptStatus, SessionStatus
from app.models import CheckoutSession, PaymentAttempt
from app.services import sessions
from providers.interface import ChargeStage


class Standing(StrEnum):
    CHOOSE = "choose"  # nothing may take money: the customer picks a method
    CONTINUE = "continue"  # the provider's page waits for the customer
    CONFIRMING = "confirming"  # the provider decides, or has not answered yet
    PAID = "paid"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Visit:
    """A session, where it stands, and the attempt that may still take the money, if any."""

    session: CheckoutSession
    standing: Standing
    attempt: PaymentAttempt | None


def visit(session_id: str) -> Visit:
    """Return where a session stands now; one whose time has passed is expired first. Raises NotFound."""
    session = sessions.get_session(session_id)
    attempt = sessions.live_attempt(session_id)
    return Visit(session, _standing(session, attempt), attempt)


def _standing(session: CheckoutSession, attempt: PaymentAttempt | None) -> Standing:
    if session.status == SessionStatus.COMPLETED:
        return Standing.PAID
    if attempt is not None:
        waits = attempt.status == AttemptStatus.PENDING and attempt.stage == ChargeStage.AWAITING_CUSTOMER
        return Standing.CONTINUE if waits and attempt.redirect_url else Standing.CONFIRMING
    return Standing.EXPIRED if session.status == SessionStatus.EXPIRED else Standing.CHOOSE
