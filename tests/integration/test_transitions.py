"""The one writer of statuses: every pair of statuses is tried, and every move leaves a line of history."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.domain.events import told_by
from app.domain.statuses import (
    AttemptStatus,
    PaymentLinkStatus,
    PaymentStatus,
    RefundStatus,
    RenewalStatus,
    SessionStatus,
    SubscriptionStatus,
)
from app.models import (
    CheckoutSession,
    Event,
    Job,
    Payment,
    PaymentAttempt,
    PaymentLink,
    Refund,
    Renewal,
    StatusChange,
    Subscription,
    db,
)
from app.services.errors import IllegalMove
from app.services.transitions import MOVES, can_move, move, record_creation
from tests.support.rows import (
    AMOUNT,
    attempt_row,
    link_row,
    payment_row,
    refund_row,
    renewal_row,
    session_row,
    subscription_row,
)

Make = Callable[..., Any]
KINDS = [
    pytest.param(CheckoutSession, SessionStatus, session_row, id="session"),
    pytest.param(Payment, PaymentStatus, payment_row, id="payment"),
    pytest.param(PaymentAttempt, AttemptStatus, attempt_row, id="attempt"),
    pytest.param(Refund, RefundStatus, refund_row, id="refund"),
    pytest.param(Subscription, SubscriptionStatus, subscription_row, id="subscription"),
    pytest.param(Renewal, RenewalStatus, renewal_row, id="renewal"),
    pytest.param(PaymentLink, PaymentLinkStatus, link_row, id="link"),
]


def columns_for(kind: type, to: str) -> dict[str, Any]:
    """What else has to change with the status, so that no constraint stands in the way of an allowed move."""
    if kind is Payment and to == PaymentStatus.PAID:
        return {"paid": AMOUNT}
    if kind is PaymentAttempt:
        return {"failure_kind": "technical" if to == AttemptStatus.FAILED else None}
    if kind is Refund:
        return {"failure_code": "insufficient_balance" if to == RefundStatus.FAILED else None}
    return {}


def history(subject_id: str) -> list[tuple[str | None, str, str, str]]:
    query = select(StatusChange).where(StatusChange.subject_id == subject_id).order_by(StatusChange.id)
    rows = db.session.scalars(query)
    return [(row.from_status, row.to_status, row.actor, row.reason) for row in rows]


def told(subject_id: str) -> list[str]:
    """The events about a row, each of which must have the job that publishes it."""
    events = db.session.scalars(select(Event).where(Event.subject_id == subject_id).order_by(Event.id)).all()
    waiting = set(db.session.scalars(select(Job.subject_id).where(Job.kind == "publish_event")))
    assert {event.id for event in events} <= waiting
    return [event.kind for event in events]


@pytest.mark.parametrize(("kind", "statuses", "make"), KINDS)
@pytest.mark.usefixtures("app_context")
def test_every_pair_of_statuses_moves_or_is_refused_as_the_tables_say(kind: Any, statuses: Any, make: Make) -> None:
    for origin in statuses:
        for to in statuses:
            row = make(status=origin)
            allowed = to in MOVES[kind][origin]
            assert can_move(row, to) is allowed
            if allowed:
                assert move(row, to, actor="tester", reason="because", **columns_for(kind, to)) is True
                assert row.status == to
                assert history(row.id) == [(origin, to, "tester", "because")]
                assert told(row.id) == [told for told in [told_by(kind.__tablename__, origin, to)] if told]
            else:
                with pytest.raises(IllegalMove, match=f"{origin} -> {to}"):
                    move(row, to, actor="tester", **columns_for(kind, to))
                db.session.refresh(row)
                assert row.status == origin
                assert history(row.id) == []
            db.session.rollback()


@pytest.mark.usefixtures("app_context")
def test_a_move_that_somebody_else_made_first_is_lost_and_leaves_no_history() -> None:
    attempt = attempt_row(status=AttemptStatus.PENDING)
    db.session.execute(
        update(PaymentAttempt)
        .where(PaymentAttempt.id == attempt.id)
        .values(status=AttemptStatus.SUCCEEDED)
        .execution_options(synchronize_session=False)
    )
    assert attempt.status == AttemptStatus.PENDING, "the row in hand is stale on purpose"
    assert move(attempt, AttemptStatus.FAILED, actor="tester", failure_kind="technical") is False
    assert attempt.status == AttemptStatus.SUCCEEDED
    assert attempt.failure_kind is None
    assert history(attempt.id) == []


@pytest.mark.usefixtures("app_context")
def test_creation_is_the_first_line_of_history() -> None:
    payment = payment_row()
    refund = Refund(payment_id=payment.id, amount=1)
    record_creation(refund, actor="user:ada@example.com", reason="the goods came back")
    assert history(refund.id) == [(None, "requested", "user:ada@example.com", "the goods came back")]


def test_a_refused_transaction_takes_its_history_with_it(app: Flask) -> None:
    with app.app_context():
        attempt = attempt_row(status=AttemptStatus.PENDING)
        db.session.commit()
        move(attempt, AttemptStatus.SUCCEEDED, actor="tester")
        db.session.rollback()
        assert db.session.get(PaymentAttempt, attempt.id).status == AttemptStatus.PENDING
        assert history(attempt.id) == []
