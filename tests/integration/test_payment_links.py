"""Payment links: never paid more often than allowed, one session where one may be, nothing open of one that is over."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.domain.statuses import AttemptStatus, PaymentLinkStatus, PaymentStatus, SessionStatus
from app.models import CheckoutSession, Payment, PaymentAttempt, db, utc_now
from app.services import (
    attempts,
    link_addresses,
    payment_link_clock,
    payment_link_visits,
    payment_links,
    payments,
    sessions,
    work,
)
from app.services.errors import NotFound, SessionExpired
from app.services.payment_link_errors import (
    LinkInUse,
    LinkNotActive,
    LinkOver,
    RenewalNotOpen,
)
from app.services.transaction import transaction
from providers.interface import ChargeState
from tests.support.flow import DECLINED, alerts, ledger_of, let_time_pass, moves_of, pay, run_jobs, told
from tests.support.links import end, follow, new_link, stored, told_of
from tests.support.rows import renewal_row
from tests.support.sandbox import SandboxService
from tests.support.threads import together


def test_eight_visitors_at_once_pay_a_link_three_times_and_no_more(app: Flask, sandbox: SandboxService) -> None:
    with app.app_context():
        link = new_link(max_payments=3)
        link_id = link.id
        visitors = [follow(link) for _ in range(8)]
    assert len(set(visitors)) == 8
    waiting = iter(visitors)

    def visit() -> str:
        session_id = next(waiting)
        with app.app_context():
            return pay(session_id).id

    results = together(8, visit)
    started = [result for result in results if isinstance(result, str)]
    assert len(started) == 3
    assert all(isinstance(result, LinkInUse) for result in results if not isinstance(result, str)), results
    with app.app_context():
        for attempt_id in started:
            sandbox.approve(attempts.get_attempt(attempt_id).redirect_url)

    ids = iter(started * 2)  # each outcome arrives twice, all of them at once

    def settle() -> str:
        attempt_id = next(ids)
        with app.app_context():
            return str(payments.settle(attempt_id).status)

    assert together(6, settle) == ["succeeded"] * 6
    with app.app_context():
        link = stored(link_id)
        assert (link.status, link.paid_count) == (PaymentLinkStatus.COMPLETED, 3)
        assert len(moves_of(link_id)) == 2
        assert sum(len(ledger_of(sandbox, session_id)) for session_id in visitors) == 3
        run_jobs()  # what was still open of it is closed
        states = db.session.scalars(select(CheckoutSession.status).where(CheckoutSession.id.in_(visitors))).all()
        assert sorted(states) == ["completed"] * 3 + ["expired"] * 5


def test_a_payment_that_fails_gives_its_place_back(app_context: Flask) -> None:
    link = new_link(max_payments=2)
    first, second, third = (follow(link) for _ in range(3))
    attempt = pay(first)
    pay(second)
    with pytest.raises(LinkInUse):
        pay(third)
    attempts.apply_failure(attempt.id, DECLINED, actor="tester")
    assert pay(third).status == AttemptStatus.PENDING
    with pytest.raises(LinkInUse):
        pay(first, "paypal")


def test_money_that_arrives_late_above_the_limit_is_counted_and_a_person_is_told(app_context: Flask) -> None:
    link = new_link(max_payments=1)
    first = follow(link)
    late = pay(first)
    attempts.apply_failure(late.id, DECLINED, actor="tester")
    let_time_pass(first)
    second = follow(link)
    assert second != first
    paid = pay(second, "paypal")
    attempts.apply_charge(paid.id, told(paid, ChargeState.SUCCEEDED), actor="tester")
    attempts.apply_charge(late.id, told(late, ChargeState.SUCCEEDED), actor="tester")
    assert (stored(link.id).paid_count, stored(link.id).status) == (2, PaymentLinkStatus.COMPLETED)
    (alert,) = alerts("link_overpaid")
    assert alert.subject_id == late.payment_id
    assert db.session.get_one(Payment, late.payment_id).status == PaymentStatus.PAID


@pytest.mark.usefixtures("app_context")
def test_a_link_to_be_paid_once_leads_everybody_to_the_same_session() -> None:
    link = new_link()
    first = follow(link)
    assert follow(link) == first
    session = db.session.get_one(CheckoutSession, first)
    assert (session.flow, session.payment_link_id, session.expires_at <= link.expires_at) == (
        "pay_by_link",
        link.id,
        True,
    )
    assert session.decisions[0].facts["flow"] == "pay_by_link"
    let_time_pass(first)
    second = follow(link)
    assert second != first
    attempt = pay(second)
    let_time_pass(second)
    assert follow(link) == second, "its payment is under way"
    attempts.apply_charge(attempt.id, told(attempt, ChargeState.SUCCEEDED), actor="tester")
    assert follow(link) == second, "it is paid"
    link = stored(link.id)
    assert (link.opened_count, link.paid_count, link.status) == (5, 1, PaymentLinkStatus.COMPLETED)
    assert told_of(link.id) == ["payment_link.sent", "payment_link.completed"]


def test_sixteen_openings_at_once_make_one_session(app: Flask) -> None:
    with app.app_context():
        link = new_link()
        link_id = link.id

    def visit() -> str:
        with app.app_context():
            return follow(payment_links.get_link(link_id))

    assert len(set(together(16, visit))) == 1
    with app.app_context():
        assert stored(link_id).opened_count == 16


@pytest.mark.usefixtures("app_context")
def test_each_visitor_of_a_reusable_link_has_a_session_which_a_reload_does_not_open_anew() -> None:
    link, other = new_link(max_payments=5), new_link(max_payments=5)
    first = follow(link)
    assert follow(link, remembered=first) == first
    assert follow(link) != first
    assert follow(other, remembered=first) != first, "a session of another link is not taken"


@pytest.mark.parametrize("change", ["", "x", "a.b", "plink_" + "0" * 32, "{id}", "{id}.", "{token}x", "{other}.{mac}"])
@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.usefixtures("app_context")
def test_an_address_that_was_not_made_here_leads_nowhere(change: str) -> None:
    link = new_link()
    token = link_addresses.token_of(link.id)
    forged = change.format(id=link.id, token=token, other=new_link().id, mac=token.partition(".")[2])
    with pytest.raises(NotFound):
        payment_link_visits.open_link(forged)
    assert stored(link.id).opened_count == 0


def test_a_revoked_link_closes_what_is_open_but_for_a_payment_under_way(app_context: Flask) -> None:
    link = new_link(max_payments=9)
    idle, paying, failing = (follow(link) for _ in range(3))
    attempt, lost = pay(paying), pay(failing)
    payment_links.revoke(link.id, actor="user:ada")
    payment_links.revoke(link.id, actor="user:ada")
    assert [db.session.get_one(CheckoutSession, each).status for each in (idle, paying, failing)] == [
        "expired",
        "open",
        "open",
    ]
    with pytest.raises(SessionExpired):
        pay(idle)
    with pytest.raises(LinkOver):
        follow(link)
    assert follow(link, remembered=paying) == paying
    attempts.apply_failure(lost.id, DECLINED, actor="tester")
    assert db.session.get_one(CheckoutSession, failing).status == SessionStatus.EXPIRED
    attempts.apply_charge(attempt.id, told(attempt, ChargeState.SUCCEEDED), actor="tester")
    link = stored(link.id)
    assert (link.status, link.paid_count) == (PaymentLinkStatus.REVOKED, 1)
    assert told_of(link.id) == ["payment_link.sent", "payment_link.revoked"]
    with pytest.raises(LinkNotActive):
        payment_links.send(link.id, actor="user:ada")


def test_a_revoked_link_that_is_paid_in_full_all_the_same_is_completed(app_context: Flask) -> None:
    link = new_link()
    attempt = pay(follow(link))
    payment_links.revoke(link.id, actor="user:ada")
    attempts.apply_charge(attempt.id, told(attempt, ChargeState.SUCCEEDED), actor="tester")
    assert moves_of(link.id) == [(None, "active"), ("active", "revoked"), ("revoked", "completed")]
    with pytest.raises(LinkNotActive):
        payment_links.revoke(link.id, actor="user:ada")


def test_revoking_while_visitors_pay_leaves_open_only_what_is_under_way(app: Flask) -> None:
    with app.app_context():
        link = new_link(max_payments=9)
        link_id = link.id
        visitors = [follow(link) for _ in range(6)]
    turns = iter([*visitors[:3], "revoke", "housekeep", *visitors[3:], "revoke"])

    def act() -> str:
        turn = next(turns)
        with app.app_context():
            if turn == "revoke":
                return payment_links.revoke(link_id, actor="tester").status
            if turn == "housekeep":
                work.housekeep()
                return turn
            return pay(turn).session_id

    results = together(9, act)
    assert {type(result) for result in results} <= {str, SessionExpired, LinkOver}, results
    with app.app_context():
        started = {result for result in results if result in visitors}
        for session_id in visitors:
            status = db.session.get_one(CheckoutSession, session_id).status
            assert status == (SessionStatus.OPEN if session_id in started else SessionStatus.EXPIRED)
        assert stored(link_id).status == PaymentLinkStatus.REVOKED


@pytest.mark.usefixtures("app_context")
def test_a_link_expires_with_its_session_and_leads_nowhere_then() -> None:
    link = new_link(expires_at=utc_now() + timedelta(minutes=30))
    session_id = follow(link)
    session = db.session.get_one(CheckoutSession, session_id)
    assert session.expires_at == link.expires_at
    end(link.id)
    let_time_pass(session_id)
    with pytest.raises(LinkOver) as over:
        follow(link)
    assert over.value.link_status == "expired"
    work.housekeep()
    assert (stored(link.id).status, payment_link_clock.expire_due()) == (PaymentLinkStatus.EXPIRED, 0)
    assert sessions.get_session(session_id).status == SessionStatus.EXPIRED


def test_the_link_of_a_renewal_leads_to_the_renewals_own_session(app: Flask) -> None:
    with app.app_context(), transaction():
        renewal = renewal_row()
        renewal_id, session_id = renewal.id, renewal.session_id

    def ask() -> str:
        with app.app_context():
            return payment_links.create_for_renewal(renewal_id, actor="system").id

    made = set(together(4, ask))
    assert len(made) == 1
    with app.app_context():
        link = stored(made.pop())
        assert (link.email, link.amount, link.max_payments) == ("ada@example.com", 12990, 1)
        assert follow(link) == session_id
        assert told_of(link.id) == ["payment_link.sent"]
        payment_links.revoke(link.id, actor="user:ada")
        session = db.session.get_one(CheckoutSession, session_id)
        assert session.status == SessionStatus.OPEN, "the renewal is still to be paid"
        again = payment_links.create_for_renewal(renewal_id, actor="system")
        assert again.id != link.id


def test_a_renewal_that_is_paid_otherwise_ends_its_link(app_context: Flask) -> None:
    with transaction():
        renewal = renewal_row()
    link = payment_links.create_for_renewal(renewal.id, actor="system")
    attempt = payments.pay(renewal.session_id, method="card", accept_terms=True, actor="system")
    with transaction():
        db.session.execute(update(PaymentAttempt).where(PaymentAttempt.id == attempt.id).values(token_id="pt_1"))
    attempts.apply_charge(attempt.id, told(attempt, ChargeState.SUCCEEDED), actor="tester")
    link = stored(link.id)
    assert (link.status, link.paid_count) == (PaymentLinkStatus.COMPLETED, 0)
    assert follow(link) == renewal.session_id, "its page says that it is paid"
    with transaction():
        db.session.execute(update(type(renewal)).values({"status": "paid"}))
    with pytest.raises(RenewalNotOpen):
        payment_links.create_for_renewal(renewal.id, actor="system")
