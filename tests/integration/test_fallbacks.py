"""Fallbacks: the next account of the plan only after a definite no, asked for just what the first was asked for."""

import pytest

from app.domain.statuses import AttemptStatus, PaymentStatus
from app.services import sessions
from providers.interface import FailureKind
from tests.support.flow import attempts_of, ledger_of, open_session, pay, point_account
from tests.support.sandbox import SandboxService

NOBODY = "http://127.0.0.1:9"  # the discard port: nothing listens, every connection is refused


@pytest.mark.usefixtures("app_context")
def test_an_account_that_cannot_be_reached_is_followed_by_the_next(sandbox: SandboxService) -> None:
    point_account("sandbox_north", NOBODY)
    session = open_session()
    attempt = pay(session.id)
    assert (attempt.account_id, attempt.status) == ("sandbox_south", AttemptStatus.PENDING)
    first, second = attempts_of(session.id)
    assert (first.account_id, first.status, first.failure_kind) == (
        "sandbox_north",
        AttemptStatus.FAILED,
        FailureKind.TECHNICAL,
    )
    assert second.id == attempt.id
    assert len(ledger_of(sandbox, session.id)) == 1


@pytest.mark.usefixtures("app_context")
def test_when_no_account_can_be_reached_the_payment_fails_and_may_be_tried_again() -> None:
    point_account("sandbox_north", NOBODY)
    point_account("sandbox_south", NOBODY)
    session = open_session()
    attempt = pay(session.id)
    assert [row.status for row in attempts_of(session.id)] == [AttemptStatus.FAILED] * 2
    assert attempt.payment.status == PaymentStatus.FAILED
    assert sessions.live_attempt(session.id) is None
