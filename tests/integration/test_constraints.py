"""What the database itself refuses, whatever a program tries to write."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError

from app.domain.money import MAX_AMOUNT
from app.domain.statuses import LIVE_ATTEMPT, AttemptStatus, PaymentStatus
from app.models import Payment, PaymentAttempt, db
from tests.support.rows import AMOUNT, attempt_row, payment_row, refund_row, session_row
from tests.support.threads import together


@pytest.mark.usefixtures("app_context")
@pytest.mark.parametrize(
    ("make", "columns"),
    [
        pytest.param(session_row, {"status": "paid"}, id="session of an unknown status"),
        pytest.param(session_row, {"amount": 0}, id="session of nothing"),
        pytest.param(session_row, {"amount": -1}, id="session below nothing"),
        pytest.param(session_row, {"amount": MAX_AMOUNT + 1}, id="session above the bound"),
        pytest.param(payment_row, {"status": "won"}, id="payment of an unknown status"),
        pytest.param(payment_row, {"amount": 0}, id="payment of nothing"),
        pytest.param(payment_row, {"paid": 1}, id="payment paid in part"),
        pytest.param(payment_row, {"paid": AMOUNT}, id="payment paid but pending"),
        pytest.param(payment_row, {"status": PaymentStatus.PAID, "paid": 0}, id="payment paid with nothing"),
        pytest.param(payment_row, {"refunded": 1}, id="refunded before it was paid"),
        pytest.param(payment_row, {"status": PaymentStatus.PAID, "refunded": -1}, id="refunded below nothing"),
        pytest.param(payment_row, {"status": PaymentStatus.PAID, "reserved": -1}, id="reserved below nothing"),
        pytest.param(payment_row, {"status": PaymentStatus.PAID, "refunded": AMOUNT + 1}, id="refunded too much"),
        pytest.param(
            payment_row, {"status": PaymentStatus.PAID, "refunded": AMOUNT, "reserved": 1}, id="reserved too much"
        ),
        pytest.param(attempt_row, {"status": "won"}, id="attempt of an unknown status"),
        pytest.param(attempt_row, {"status": AttemptStatus.FAILED, "failure_kind": None}, id="failed without a reason"),
        pytest.param(attempt_row, {"failure_kind": "technical"}, id="a reason without failing"),
        pytest.param(attempt_row, {"account_id": "nowhere"}, id="attempt at an account that is not there"),
        pytest.param(refund_row, {"status": "won"}, id="refund of an unknown status"),
        pytest.param(refund_row, {"amount": 0}, id="refund of nothing"),
        pytest.param(refund_row, {"payment_id": "pay_none"}, id="refund of no payment"),
    ],
)
def test_a_row_that_cannot_be_true_is_refused(make: Any, columns: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError):
        make(**columns)


@pytest.mark.usefixtures("app_context")
def test_a_session_has_one_payment() -> None:
    session = session_row()
    payment_row(session)
    with pytest.raises(IntegrityError):
        payment_row(session)


@pytest.mark.usefixtures("app_context")
@pytest.mark.parametrize("first", LIVE_ATTEMPT)
@pytest.mark.parametrize("second", LIVE_ATTEMPT)
def test_a_session_has_one_live_attempt(first: AttemptStatus, second: AttemptStatus) -> None:
    payment = payment_row()
    attempt_row(payment, status=AttemptStatus.FAILED)
    attempt_row(payment, status=first)
    with pytest.raises(IntegrityError):
        attempt_row(payment, status=second)


def test_of_two_attempts_inserted_at_once_one_is_refused(app: Flask) -> None:
    with app.app_context():
        payment = payment_row()
        db.session.commit()
        payment_id = payment.id

    def insert() -> None:
        with app.app_context():
            attempt_row(db.session.get(Payment, payment_id))
            db.session.commit()

    kept, refused = sorted(together(2, insert), key=lambda outcome: outcome is not None)
    assert kept is None
    assert isinstance(refused, IntegrityError)


def test_refunds_reserved_at_once_never_exceed_what_was_paid(app: Flask) -> None:
    with app.app_context():
        payment = payment_row(status=PaymentStatus.PAID)
        db.session.commit()
        payment_id = payment.id
    part = AMOUNT // 5

    def reserve() -> None:
        with app.app_context():
            db.session.execute(update(Payment).where(Payment.id == payment_id).values(reserved=Payment.reserved + part))
            db.session.commit()

    outcomes = together(16, reserve)
    assert outcomes.count(None) == 5
    assert sum(isinstance(outcome, IntegrityError) for outcome in outcomes) == 11
    with app.app_context():
        assert db.session.get(Payment, payment_id).reserved == 5 * part


@pytest.mark.usefixtures("app_context")
def test_amounts_hold_64_bits() -> None:
    payment = payment_row(session_row(amount=MAX_AMOUNT), status=PaymentStatus.PAID)
    db.session.commit()
    stored = db.session.execute(text("SELECT paid FROM payments WHERE id = :id"), {"id": payment.id}).scalar_one()
    assert stored == MAX_AMOUNT > 2**31


@pytest.mark.usefixtures("app_context")
def test_foreign_keys_are_on() -> None:
    payment = payment_row()
    attempt_row(payment)
    db.session.commit()
    with pytest.raises(IntegrityError):
        db.session.execute(text("DELETE FROM payments WHERE id = :id"), {"id": payment.id})
    db.session.rollback()
    assert db.session.get(PaymentAttempt, payment.attempts[0].id) is not None
