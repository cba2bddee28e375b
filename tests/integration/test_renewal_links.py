"""Renewals that the customer pays by link: when the stored method fails, when it shall change, when there is none."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
import time_machine
from flask import Flask

from app.domain.statuses import AttemptStatus, PaymentLinkStatus, RenewalStatus, SubscriptionStatus
from app.models import Event, PaymentLink, Renewal, Subscription, db, utc_now
from app.services import (
    attempts,
    charging,
    payments,
    renewal_charging,
    renewal_settings,
    renewals,
    subscription_outcomes,
    subscriptions,
)
from app.services.errors import AlreadyPaid
from app.services.renewal_settings import RenewalSettings
from app.services.subscription_errors import NothingStored, RenewalNotOpen, RenewalUnderWay
from app.services.transaction import transaction
from providers.interface import Charge, ChargeState
from tests.support.flow import alerts, pay
from tests.support.sandbox import SandboxService
from tests.support.subscribing import (
    AMOUNT,
    created,
    fresh,
    paid_for,
    renewals_of,
    subscribed,
    token_charges,
    told_of,
    tries_of,
    turn,
    turn_at,
)
from tests.support.threads import together

START = datetime(2027, 1, 31, 20, 30, tzinfo=UTC)
DUE = datetime(2027, 2, 28, 8, tzinfo=UTC)
NEXT = datetime(2027, 3, 31, 7, tzinfo=UTC)


def link_of(renewal: Renewal) -> PaymentLink | None:
    db.session.rollback()
    return db.session.query(PaymentLink).filter_by(renewal_id=renewal.id).one_or_none()


def paid_by_customer(sandbox: SandboxService, renewal: Renewal, method: str = "paypal") -> None:
    """Pay a renewal as its customer does on the page that the link leads to."""
    attempt = pay(renewal.session_id, method)
    sandbox.approve(attempt.redirect_url)
    payments.settle(attempt.id)


@pytest.mark.usefixtures("app_context")
@pytest.mark.parametrize(
    ("fault", "kind"),
    [("decline_tokens_hard", "hard_decline"), ("authentication_required", "needs_customer")],
)
def test_a_decline_that_no_retry_mends_is_paid_by_the_customer_with_another_method_that_is_kept(
    sandbox: SandboxService, fault: str, kind: str
) -> None:
    with time_machine.travel(START) as clock:
        subscription = subscribed(sandbox)
        sandbox.faults("north", **{fault: 1})
        turn_at(clock, DUE)
        sandbox.reset_faults()
        [_, renewal] = renewals_of(subscription.id)
        assert (renewal.failure_kind, renewal.next_try_at) == (kind, None)
        link = link_of(renewal)
        assert link is not None
        [told] = db.session.query(Event).filter_by(subject_id=renewal.id, kind="subscription.renewal_failed").all()
        assert told.data["link_id"] == link.id
        turn_at(clock, DUE + timedelta(days=3))
        assert len(tries_of(renewal)) == 1
        old_token = fresh(subscription.id).token_id
        paid_by_customer(sandbox, renewal)
        subscription = fresh(subscription.id)
        assert (subscription.status, subscription.method) == (SubscriptionStatus.ACTIVE, "paypal")
        assert subscription.token_id not in (None, old_token)
        assert link_of(renewal).status == PaymentLinkStatus.COMPLETED
        turn_at(clock, NEXT)
        assert paid_for(subscription.id) == dict.fromkeys((1, 2, 3), AMOUNT)
        assert [row.method for row in tries_of(renewals_of(subscription.id)[2])] == ["paypal"]


@pytest.mark.usefixtures("app_context")
def test_a_retry_that_falls_due_after_the_customer_paid_does_nothing(sandbox: SandboxService) -> None:
    with time_machine.travel(START) as clock:
        subscription = subscribed(sandbox)
        sandbox.faults("north", decline_tokens_soft=1)
        turn_at(clock, DUE)
        sandbox.reset_faults()
        [_, renewal] = renewals_of(subscription.id)
        clock.move_to(DUE + timedelta(days=1))
        paid_by_customer(sandbox, renewal)
        renewal_charging.charge_due(renewal.id)
        turn()
        with pytest.raises(RenewalNotOpen):
            renewal_charging.retry_now(renewal.id, actor="tester")
        assert len(token_charges(sandbox, subscription.id)) == 0
        assert paid_for(subscription.id) == {1: AMOUNT, 2: AMOUNT}
        assert fresh(subscription.id).status == SubscriptionStatus.ACTIVE


def test_retries_and_customers_at_the_same_moment_collect_one_payment(app: Flask, sandbox: SandboxService) -> None:
    with time_machine.travel(START) as clock:
        with app.app_context():
            subscription_id = subscribed(sandbox).id
            sandbox.faults("north", decline_tokens_soft=1)
            turn_at(clock, DUE)
            sandbox.reset_faults()
            renewal_id = renewals_of(subscription_id)[1].id
            session_id = renewals_of(subscription_id)[1].session_id
        clock.move_to(DUE + timedelta(days=1))
        todo = iter(
            [
                lambda: renewal_charging.charge_due(renewal_id),
                lambda: pay(session_id, "paypal"),
                lambda: renewal_charging.retry_now(renewal_id, actor="tester"),
            ]
            * 3
        )

        def one_of_them() -> None:
            do = next(todo)
            with app.app_context():
                do()

        results = together(9, one_of_them)
        assert {type(result) for result in results} <= {type(None), RenewalUnderWay, RenewalNotOpen, AlreadyPaid}
        with app.app_context():
            live = [row for row in tries_of(renewals_of(subscription_id)[1]) if row.status == AttemptStatus.PENDING]
            for attempt in live:
                sandbox.approve(attempt.redirect_url)
                payments.settle(attempt.id)
            assert paid_for(subscription_id) == {1: AMOUNT, 2: AMOUNT}
            succeeded = [row for row in tries_of(renewals_of(subscription_id)[1]) if row.status == "succeeded"]
            assert len(succeeded) == 1
            assert alerts("charged_twice") == []


@pytest.mark.parametrize("database_kind", ["postgresql"])  # the other kind has one writer at a time
def test_a_link_made_while_a_charge_is_applied_ends_with_it_and_nobody_waits_in_a_circle(
    app: Flask, sandbox: SandboxService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The customer opens the new link and pays at the moment at which our own charge is counted."""
    lock_of, paying = subscription_outcomes.lock_of, []

    def in_own_context(act: Callable[[], object]) -> Thread:
        def run() -> None:
            with app.app_context():
                act()

        thread = Thread(target=run)
        thread.start()
        return thread

    def pay_too(session_id: str) -> None:
        with suppress(AlreadyPaid):
            pay(session_id, "paypal")

    def meanwhile(session_id: str) -> None:
        monkeypatch.setattr(subscription_outcomes, "lock_of", lock_of)
        in_own_context(lambda: renewal_charging.ask_by_link(renewal.id, actor="tester")).join()
        lock_of(session_id)
        paying.append(in_own_context(lambda: pay_too(session_id)))
        paying[0].join(0.5)  # it waits for us now, with whatever it has locked

    with app.app_context():
        subscription = subscribed(sandbox)
        with transaction():
            db.session.get_one(Subscription, subscription.id).next_due_at = utc_now()
            db.session.query(Renewal).update({"created_at": utc_now() - timedelta(days=1)})
        renewals.open_due()
        renewal = renewals_of(subscription.id)[1]
        charge = charging.charge

        def charge_then(attempt_id: str, *, actor: str) -> object:
            monkeypatch.setattr(subscription_outcomes, "lock_of", meanwhile)
            return charge(attempt_id, actor=actor)

        monkeypatch.setattr(charging, "charge", charge_then)
        renewal_charging.charge_due(renewal.id)
        paying[0].join()
        assert paid_for(subscription.id) == {1: AMOUNT, 2: AMOUNT}
        link = link_of(renewal)
        assert link is not None
        assert link.status == PaymentLinkStatus.COMPLETED


@pytest.mark.usefixtures("app_context")
def test_a_page_that_the_customer_left_open_keeps_no_retry_from_being_made(sandbox: SandboxService) -> None:
    with time_machine.travel(START) as clock:
        subscription = subscribed(sandbox)
        sandbox.faults("north", decline_tokens_soft={"times": 1})
        turn_at(clock, DUE)
        renewal = renewals_of(subscription.id)[1]
        clock.move_to(DUE + timedelta(hours=23, minutes=50))
        idle = pay(renewal.session_id)
        turn_at(clock, DUE + timedelta(days=1, minutes=1))
        assert [row.status for row in tries_of(renewal)] == [AttemptStatus.FAILED, AttemptStatus.PENDING]
        with pytest.raises(RenewalUnderWay):
            renewal_charging.retry_now(renewal.id, actor="tester")
        turn_at(clock, DUE + timedelta(days=1, hours=2))
        assert db.session.get(attempts.PaymentAttempt, idle.id).status == AttemptStatus.FAILED
        assert paid_for(subscription.id) == {1: AMOUNT, 2: AMOUNT}


@pytest.mark.usefixtures("app_context")
def test_a_subscription_that_was_given_up_goes_on_when_the_money_arrives_after_all(sandbox: SandboxService) -> None:
    with time_machine.travel(START) as clock:
        subscription = subscribed(sandbox)
        sandbox.faults("north", decline_tokens_hard=1)
        turn_at(clock, DUE)
        [_, renewal] = renewals_of(subscription.id)
        [declined] = tries_of(renewal)
        turn_at(clock, DUE + timedelta(days=8))
        assert fresh(subscription.id).status == SubscriptionStatus.ABORTED
        sandbox.reset_faults()
        clock.move_to(NEXT + timedelta(days=2))
        attempts.apply_charge(declined.id, charge_of(declined.id), actor="tester")
        subscription = fresh(subscription.id)
        assert (subscription.status, subscription.next_number) == (SubscriptionStatus.ACTIVE, 4)
        assert renewals_of(subscription.id)[1].status == RenewalStatus.PAID
        assert told_of(subscription.id)[-1] == "subscription.resumed"


@pytest.mark.usefixtures("app_context")
def test_a_provider_that_gives_nothing_to_keep_leaves_the_renewals_to_links(sandbox: SandboxService) -> None:
    with time_machine.travel(START) as clock:
        session = created(collection="automatic")
        attempt = pay(session.id)
        attempts.apply_charge(attempt.id, charge_of(attempt.id), actor="tester")
        subscription = fresh(session.subscription_id)
        assert (subscription.collection, subscription.ask_method) == ("manual", True)
        assert [alert.subject_id for alert in alerts("nothing_stored")] == [subscription.id]
        turn_at(clock, DUE)
        renewal = renewals_of(subscription.id)[1]
        assert link_of(renewal) is not None
        with pytest.raises(NothingStored):
            renewal_charging.retry_now(renewal.id, actor="tester")
        paid_by_customer(sandbox, renewal, "card")
        turn_at(clock, NEXT)
        assert paid_for(subscription.id) == dict.fromkeys((1, 2, 3), AMOUNT)
        assert len(token_charges(sandbox, subscription.id)) == 1


@pytest.mark.usefixtures("app_context")
def test_a_change_of_amount_and_method_holds_from_the_next_period_on(sandbox: SandboxService) -> None:
    with time_machine.travel(START) as clock:
        subscription = subscribed(sandbox)
        subscriptions.change(subscription.id, amount=1290, ask_method=True, actor="tester")
        assert subscriptions.next_renewal(fresh(subscription.id)) == subscriptions.Upcoming(2, DUE, 1290)
        turn_at(clock, DUE)
        [_, renewal] = renewals_of(subscription.id)
        subscriptions.change(subscription.id, amount=1490, actor="tester")
        assert tries_of(renewal) == []
        turn_at(clock, DUE + timedelta(days=2))
        paid_by_customer(sandbox, renewal)
        subscription = fresh(subscription.id)
        assert (subscription.method, subscription.ask_method) == ("paypal", False)
        turn_at(clock, NEXT)
        assert paid_for(subscription.id) == {1: AMOUNT, 2: 1290, 3: 1490}


@pytest.mark.usefixtures("app_context")
def test_without_links_a_hard_decline_ends_the_subscription_at_once(sandbox: SandboxService) -> None:
    with time_machine.travel(START) as clock:
        renewal_settings.save(RenewalSettings(link_after_failure=False), revision=0, user="ada@example.com")
        subscription = subscribed(sandbox)
        sandbox.faults("north", decline_tokens_hard=1)
        turn_at(clock, DUE)
        turn_at(clock, DUE + timedelta(seconds=10))
        assert fresh(subscription.id).status == SubscriptionStatus.ABORTED
        assert link_of(renewals_of(subscription.id)[1]) is None


def charge_of(attempt_id: str) -> Charge:
    """What a provider says that collected the money and gave no token."""
    return Charge(
        provider_reference="ch_late", attempt_id=attempt_id, state=ChargeState.SUCCEEDED, amount=AMOUNT, currency="EUR"
    )
