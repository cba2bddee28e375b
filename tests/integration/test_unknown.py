"""When nobody knows whether a charge was made: ask the same provider, never try another, never charge again."""

import pytest

from app.domain.statuses import AttemptStatus, PaymentStatus
from app.services import payments
from providers import registry
from providers.interface import Failure, FailureKind, ProviderRefused
from tests.support.flow import attempts_of, ledger_of, let_call_end, let_time_pass, open_session, pay
from tests.support.sandbox import SandboxService


@pytest.mark.usefixtures("app_context")
@pytest.mark.parametrize("fault", ["error_500", "drop_reply", "malformed_reply", "truncated_reply", "outage"])
def test_an_outcome_that_nobody_knows_is_not_tried_at_a_second_provider(sandbox: SandboxService, fault: str) -> None:
    session = open_session()
    sandbox.faults("north", **{fault: 1})
    attempt = pay(session.id)
    assert attempt.status == AttemptStatus.UNKNOWN
    assert attempt.payment.status == PaymentStatus.PENDING
    assert [row.id for row in attempts_of(session.id)] == [attempt.id]
    assert pay(session.id, "paypal").id == attempt.id, "a second click must get the unknown attempt, not a new one"
    assert not [charge for charge in sandbox.ledger("south")["charges"] if charge["reference"] == attempt.id]


@pytest.mark.usefixtures("app_context")
def test_an_unknown_charge_that_was_made_is_found_and_not_made_twice(sandbox: SandboxService) -> None:
    session = open_session()
    sandbox.faults("north", drop_reply=1)
    attempt = pay(session.id)
    assert attempt.status == AttemptStatus.UNKNOWN
    sandbox.reset_faults()
    attempt = payments.settle(attempt.id)
    assert (attempt.status, attempt.stage) == (AttemptStatus.PENDING, "awaiting_customer")
    sandbox.approve(attempt.redirect_url)
    assert payments.settle(attempt.id).status == AttemptStatus.SUCCEEDED
    assert len(ledger_of(sandbox, session.id)) == 1


@pytest.mark.usefixtures("app_context")
def test_a_charge_the_provider_never_heard_of_is_sent_again_under_its_own_key(sandbox: SandboxService) -> None:
    session = open_session()
    sandbox.faults("north", error_500=1)
    attempt = pay(session.id)
    assert ledger_of(sandbox, session.id) == []
    sandbox.reset_faults()
    let_call_end(attempt.id)
    attempt = payments.settle(attempt.id)
    assert attempt.status == AttemptStatus.PENDING
    assert [charge["reference"] for charge in ledger_of(sandbox, session.id)] == [attempt.id]


@pytest.mark.usefixtures("app_context")
def test_a_charge_is_not_sent_again_while_its_first_call_may_be_under_way(sandbox: SandboxService) -> None:
    session = open_session()
    sandbox.faults("north", error_500=1)
    attempt = pay(session.id)
    sandbox.reset_faults()
    assert payments.settle(attempt.id).status == AttemptStatus.UNKNOWN
    assert ledger_of(sandbox, session.id) == []


@pytest.mark.usefixtures("app_context")
def test_a_repeat_that_could_not_be_made_says_nothing_about_the_first_call(
    sandbox: SandboxService, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = open_session()
    sandbox.faults("north", error_500=1)
    attempt = pay(session.id)
    sandbox.reset_faults()
    let_call_end(attempt.id)

    def not_reached(*_: object) -> None:
        raise ProviderRefused(Failure(FailureKind.TECHNICAL, "connection_refused", "Nobody listens there."))

    monkeypatch.setattr(registry.get("sandbox"), "charge", not_reached)
    assert payments.settle(attempt.id).status == AttemptStatus.UNKNOWN


@pytest.mark.usefixtures("app_context")
def test_a_charge_nobody_heard_of_is_not_sent_after_the_session_is_over(sandbox: SandboxService) -> None:
    session = open_session()
    sandbox.faults("north", error_500=1)
    attempt = pay(session.id)
    sandbox.reset_faults()
    let_time_pass(session.id)
    assert payments.settle(attempt.id).status == AttemptStatus.UNKNOWN, "its call may still be under way"
    let_call_end(attempt.id)
    attempt = payments.settle(attempt.id)
    assert (attempt.status, attempt.failure_kind) == (AttemptStatus.FAILED, FailureKind.EXPIRED)
    assert ledger_of(sandbox, session.id) == []
