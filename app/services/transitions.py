"""The one writer of statuses: a guarded UPDATE, a history row and the event it tells, for every move of every noun."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import update

from app.domain import statuses
from app.domain.events import told_by
from app.models import (
    CheckoutSession,
    Payment,
    PaymentAttempt,
    PaymentLink,
    Refund,
    Renewal,
    StatusChange,
    Subscription,
    db,
)
from app.services import events
from app.services.errors import IllegalMove

Row = CheckoutSession | Payment | PaymentAttempt | PaymentLink | Refund | Renewal | Subscription

MOVES: dict[type[Row], dict[StrEnum, frozenset[StrEnum]]] = {
    CheckoutSession: statuses.SESSION_MOVES,
    Payment: statuses.PAYMENT_MOVES,
    PaymentAttempt: statuses.ATTEMPT_MOVES,
    PaymentLink: statuses.PAYMENT_LINK_MOVES,
    Refund: statuses.REFUND_MOVES,
    Renewal: statuses.RENEWAL_MOVES,
    Subscription: statuses.SUBSCRIPTION_MOVES,
}


def record_creation(row: Row, *, actor: str, reason: str = "") -> None:
    """Add `row` to the transaction with the first line of its history."""
    db.session.add(row)
    db.session.flush()
    _remember(row, None, row.status, actor, reason)


def note(row: Row, *, actor: str, reason: str) -> None:
    """Add a line to the history of `row` that tells of a change which is no move."""
    db.session.flush()
    db.session.add(
        StatusChange(
            subject=row.__tablename__,
            subject_id=row.id,
            from_status=row.status,
            to_status=row.status,
            actor=actor,
            reason=reason,
        )
    )


def move(row: Row, to: StrEnum, *, actor: str, reason: str = "", **columns: Any) -> bool:
    """Move `row` to status `to`, setting `columns` in the same UPDATE; False when somebody else moved it first.

    Runs in the caller's transaction and refreshes `row`. Raises IllegalMove for a move that is not in the tables.
    """
    kind = type(row)
    origin = row.status
    if to not in MOVES[kind][origin]:  # type: ignore[index]  # a StrEnum key equals the stored text
        raise IllegalMove(f"{kind.__tablename__} {row.id}: {origin} -> {to}")
    guarded = (
        update(kind)
        .where(kind.id == row.id, kind.status == origin)
        .values(status=to, **columns)
        .returning(kind.id)
        .execution_options(synchronize_session=False)
    )
    moved = db.session.execute(guarded).first() is not None
    db.session.refresh(row)
    if moved:
        _remember(row, origin, to, actor, reason)
    return moved


def can_move(row: Row, to: StrEnum) -> bool:
    """Tell whether the tables allow `row` to move to status `to`."""
    return to in MOVES[type(row)][row.status]  # type: ignore[index]  # a StrEnum key equals the stored text


def _remember(row: Row, origin: str | None, to: str, actor: str, reason: str) -> None:
    db.session.add(
        StatusChange(
            subject=row.__tablename__, subject_id=row.id, from_status=origin, to_status=to, actor=actor, reason=reason
        )
    )
    kind = told_by(row.__tablename__, origin, to)
    if kind is not None and not isinstance(row, CheckoutSession | PaymentAttempt):
        events.tell(kind, row)
