"""Fallbacks: the next account of the plan only after a definite no, asked for just what the first was asked for."""

import copy
from collections.abc import Callable

import pytest

from app.domain.ids import new_id
from app.domain.statuses import AttemptStatus, PaymentStatus
from app.models import ProviderAccount, db
from app.services import payments, rule_sets, sessions
from app.services.transaction import transaction
from providers import registry
from providers.interface import AccountConfig, Charge, ChargeRequest, FailureKind
from rules import seed_json
from tests.support.flow import attempts_of, ledger_of, offer, open_session, pay, point_account
from tests.support.sandbox import SandboxService

NOBODY = "http://127.0.0.1:9"  # the discard port: nothing listens, every connection is refused
STRONG = 60_000  # minor units: above what the seed asks strong authentication for


def change_account(account_id: str, **columns: object) -> None:
    with transaction():
        account = db.session.get_one(ProviderAccount, account_id)
        for name, value in columns.items():
            setattr(account, name, value)


def publish_retry_without(method: str) -> None:
    """Publish the seed with `method` no longer in what it offers after a decline or a breakdown."""
    document = copy.deepcopy(seed_json())
    for rule in document["rules"]:
        if rule["id"] in ("rule_retry_after_decline", "rule_second_choice"):
            offered = rule["offer"]["methods"]
            rule["offer"]["methods"] = [item for item in offered if item["method"] != method]
    rule_sets.publish(document, author="tester")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[ChargeRequest]:
    """What the providers are asked to charge, in order."""
    requests: list[ChargeRequest] = []
    provider = registry.get("sandbox")
    charge: Callable[[AccountConfig, ChargeRequest], Charge] = provider.charge

    def note(account: AccountConfig, request: ChargeRequest) -> Charge:
        requests.append(request)
        return charge(account, request)

    monkeypatch.setattr(provider, "charge", note)
    return requests


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


@pytest.mark.usefixtures("app_context", "sandbox")
def test_a_fallback_asks_for_strong_authentication_as_the_first_did(asked: list[ChargeRequest]) -> None:
    """Even when the rules, asked anew because the first failed, no longer list the method at all."""
    publish_retry_without("card")
    point_account("sandbox_north", NOBODY)
    session = open_session(amount=STRONG)
    assert "card" in offer(session).strong_authentication
    attempt = pay(session.id)
    assert (attempt.account_id, attempt.status) == ("sandbox_south", AttemptStatus.PENDING)
    assert "card" not in offer(session).strong_authentication
    assert [row.strong_authentication for row in attempts_of(session.id)] == [True, True]
    assert [request.strong_authentication for request in asked] == [True, True]


@pytest.mark.usefixtures("app_context", "sandbox")
@pytest.mark.parametrize(("column", "value"), [("enabled", False), ("in_outage", True), ("methods_off", ["card"])])
def test_a_fallback_account_that_cannot_be_used_is_not_used(column: str, value: object) -> None:
    session = open_session()
    assert offer(session).offers("card").accounts == ("sandbox_north", "sandbox_south")
    change_account("sandbox_south", **{column: value})
    point_account("sandbox_north", NOBODY)
    attempt = pay(session.id)
    assert (attempt.account_id, attempt.status) == ("sandbox_north", AttemptStatus.FAILED)
    assert [row.account_id for row in attempts_of(session.id)] == ["sandbox_north"]


@pytest.mark.usefixtures("app_context", "sandbox")
@pytest.mark.parametrize(("column", "value"), [("enabled", False), ("in_outage", True), ("methods_off", ["card"])])
def test_a_first_account_that_cannot_be_used_is_passed_over(column: str, value: object) -> None:
    session = open_session()
    change_account("sandbox_north", **{column: value})
    assert pay(session.id).account_id == "sandbox_south"


@pytest.mark.usefixtures("app_context", "sandbox")
def test_the_same_request_again_gets_the_fallback_that_followed_its_attempt() -> None:
    """A process that ends between the fallback and its answer: the request comes again under its attempt's id."""
    point_account("sandbox_north", NOBODY)
    session, attempt_id = open_session(), new_id("att")
    fallback = payments.pay(session.id, method="card", accept_terms=True, actor="tester", attempt_id=attempt_id)
    assert fallback.id != attempt_id
    again = payments.pay(session.id, method="card", accept_terms=True, actor="tester", attempt_id=attempt_id)
    assert (again.id, again.status) == (fallback.id, AttemptStatus.PENDING)
    assert again.redirect_url == fallback.redirect_url is not None
    assert [row.id for row in attempts_of(session.id)] == [attempt_id, fallback.id]


@pytest.mark.usefixtures("app_context")
def test_an_account_switched_off_during_the_first_call_is_not_fallen_back_to(
    sandbox: SandboxService, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = open_session()
    provider = registry.get("sandbox")
    charge = provider.charge
    point_account("sandbox_north", NOBODY)

    def slow(account: AccountConfig, request: ChargeRequest) -> Charge:
        change_account("sandbox_south", enabled=False)
        return charge(account, request)

    monkeypatch.setattr(provider, "charge", slow)
    attempt = pay(session.id)
    assert (attempt.account_id, attempt.status) == ("sandbox_north", AttemptStatus.FAILED)
    assert ledger_of(sandbox, session.id) == []
