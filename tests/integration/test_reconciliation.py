"""The daily comparison: what differs is found, kept, and resolved once; what differs only by the clock is not told."""

import time
from datetime import UTC, datetime, timedelta
from datetime import time as clock

import pytest
import time_machine
from flask import Flask
from sqlalchemy import insert, select, update

from app.domain.ids import new_id
from app.models import (
    CheckoutSession,
    Job,
    Payment,
    PaymentAttempt,
    ProviderAccount,
    ReconciliationBreak,
    ReconciliationRun,
    db,
    utc_now,
)
from app.services import reconciliation, reconciliation_breaks
from app.services.errors import FieldRefused
from app.services.reconciliation_breaks import AlreadyResolved
from app.services.transaction import transaction
from providers.truths import ReportLine
from tests.support.books import ACCOUNT, DAY, NOON, Books, collected, given_back
from tests.support.books import books as books
from tests.support.flow import alerts, run_jobs
from tests.support.rows import attempt_row
from tests.support.threads import together


def at(days: int, hour: int, minute: int = 0) -> datetime:
    """A moment some days after the one that is compared."""
    return datetime.combine(DAY + timedelta(days=days), clock(hour, minute), tzinfo=UTC)


@pytest.fixture(autouse=True)
def _the_day_after() -> object:
    with time_machine.travel(at(1, 9)):
        yield


def compared(day: object = DAY) -> ReconciliationRun:
    """Ask for a day and let the worker compare it."""
    run_id = reconciliation.request_comparison(ACCOUNT, day)
    run_jobs()
    db.session.expire_all()
    return reconciliation.get_run(run_id)


def breaks(run: ReconciliationRun) -> dict[str, ReconciliationBreak]:
    db.session.rollback()
    query = select(ReconciliationBreak).where(ReconciliationBreak.run_id == run.id)
    return {row.kind: row for row in db.session.scalars(query)}


def every_kind(books: Books) -> None:
    """Two movements that agree, and one break of each kind."""
    with transaction():
        books.book(collected())
        books.book(given_back())
        books.book(collected(), amount=1)
        books.book(attempt_row(status="pending", provider_reference="ch_p"))
        books.book(collected(), reference=None, provider_reference="ch_alien")  # so that charge is missing there


@pytest.mark.usefixtures("app_context")
def test_each_kind_of_break_is_found_and_told_once(books: Books) -> None:
    every_kind(books)
    run = compared()
    assert (run.theirs, run.ours, run.matched, run.error) == (5, 4, 2, "")
    found = breaks(run)
    assert set(found) == {"missing_here", "missing_there", "amount_differs", "state_differs"}
    assert found["amount_differs"].theirs["amount"] == 1
    assert found["amount_differs"].ours["amount"] == 12990
    assert found["state_differs"].ours["status"] == "pending"
    [alert] = alerts("reconciliation_breaks")
    assert alert.subject_id == run.id
    assert f"{DAY.day} {DAY:%B %Y}" in alert.message


@pytest.mark.usefixtures("app_context")
def test_comparing_again_keeps_what_a_person_wrote_and_resolves_what_is_gone(books: Books) -> None:
    every_kind(books)
    run = compared()
    found = breaks(run)
    reconciliation_breaks.resolve(found["missing_here"].id, note=" From their own till. ", by="ada@example.com")
    books.lines = [line for line in books.lines if line.amount != 1]
    with transaction():
        books.book(db.session.get(PaymentAttempt, found["amount_differs"].reference))
    run = compared()
    again = breaks(run)
    assert len(again) == 4
    assert (again["missing_here"].resolved_by, again["missing_here"].note) == (
        "ada@example.com",
        "From their own till.",
    )
    assert again["amount_differs"].resolved_by == "system"
    assert again["missing_there"].resolved_at is None
    for kind in ("missing_there", "state_differs"):
        assert alerts("reconciliation_breaks")
        reconciliation_breaks.resolve(again[kind].id, note="Asked them.", by="ada@example.com")
    assert alerts("reconciliation_breaks") == []


@pytest.mark.usefixtures("app_context")
@pytest.mark.parametrize(
    ("here", "there"),
    [
        (NOON.replace(hour=0, minute=0, second=1), at(0, 0) - timedelta(seconds=1)),
        (NOON.replace(hour=23, minute=59, second=59), at(1, 0) + timedelta(seconds=1)),
        (NOON, NOON - timedelta(days=4)),
    ],
    ids=["day before", "day after", "learned after a stop of four days"],
)
def test_what_was_booked_on_another_day_is_no_break(books: Books, here: datetime, there: datetime) -> None:
    with transaction():
        attempt = collected(here, started_at=min(here, there) - timedelta(minutes=1))
        books.book(attempt, at=there)
    assert breaks(compared()) == {}
    run = compared(there.date())
    assert (breaks(run), run.matched) == ({}, 1)


@pytest.mark.usefixtures("app_context")
def test_a_renewal_that_the_provider_charged_matches_by_its_reference(books: Books) -> None:
    with transaction():
        attempt = collected(provider_reference="ch_renewal")
        books.book(attempt, reference=None)
    assert breaks(compared()) == {}


@pytest.mark.usefixtures("app_context")
def test_no_report_is_asked_for_again_and_a_person_is_told_after_a_day(books: Books) -> None:
    books.silent = True
    run = compared()
    assert (run.compared_at, run.error) == (None, "nobody answers")
    job = db.session.scalars(select(Job).where(Job.subject_id == run.id)).one()
    assert job.done_at is None
    assert job.due_at > utc_now()
    with time_machine.travel(utc_now() + timedelta(hours=25)):
        run_jobs()
        assert len(alerts("report_missing")) == 1
        books.silent = False
        run_jobs()
        assert alerts("report_missing") == []
        assert db.session.get(ReconciliationRun, run.id).error == ""
        reconciliation.request_comparison(ACCOUNT, DAY)
        books.silent = True
        run_jobs()
        assert alerts("report_missing") == [], "it was given"


@pytest.mark.usefixtures("app_context")
def test_the_clock_asks_for_each_day_once_and_catches_up_a_week(books: Books) -> None:
    with transaction():
        long_ago = utc_now() - timedelta(days=100)
        db.session.execute(update(ProviderAccount).values(created_at=long_ago))
    assert reconciliation.enqueue_due() == 14
    reconciliation.enqueue_due()
    assert run_jobs() == 14
    assert reconciliation.enqueue_due() == 0
    with time_machine.travel(at(2, 1, 59)):
        assert reconciliation.enqueue_due() == 0
    with time_machine.travel(at(2, 2)):
        compared(utc_now().date())  # not over yet, so it is compared again
        assert reconciliation.enqueue_due() == 2
    with time_machine.travel(at(3, 3)):
        run_jobs()
        assert reconciliation.enqueue_due() == 2


@pytest.mark.usefixtures("app_context")
def test_a_day_with_open_breaks_is_compared_again_the_next_day(books: Books) -> None:
    with transaction():
        db.session.execute(update(ProviderAccount).values(created_at=NOON))
        attempt = collected()
    reconciliation.enqueue_due()
    run_jobs()
    assert len(alerts("reconciliation_breaks")) == 1
    with time_machine.travel(utc_now() + timedelta(hours=25)):
        books.book(attempt)
        reconciliation.enqueue_due()
        run_jobs()
        assert alerts("reconciliation_breaks") == []


@pytest.mark.usefixtures("app_context")
def test_only_sensible_days_and_accounts_are_compared(books: Books) -> None:
    for account, day in (("nobody", DAY), (ACCOUNT, DAY + timedelta(days=2)), (ACCOUNT, DAY - timedelta(days=500))):
        with pytest.raises(FieldRefused):
            reconciliation.request_comparison(account, day)


def test_a_break_is_resolved_by_one_person(app: Flask, books: Books) -> None:
    with app.app_context():
        with transaction():
            collected()
        [row] = breaks(compared()).values()
        break_id = row.id
        db.session.rollback()

    def resolve() -> str:
        with app.app_context():
            return reconciliation_breaks.resolve(break_id, note="Seen.", by="ada@example.com").note

    results = together(4, resolve)
    assert results.count("Seen.") == 1
    assert sum(isinstance(result, AlreadyResolved) for result in results) == 3


@pytest.mark.usefixtures("app_context")
def test_ten_thousand_lines_take_seconds(books: Books) -> None:
    sessions, payments, attempts = [], [], []
    for _ in range(10_000):
        ids = {"session_id": new_id("cs"), "payment_id": new_id("pay"), "id": new_id("att")}
        shop = {"success_url": "https://shop.example.com/", "failure_url": "https://shop.example.com/"}
        money = {"amount": 12990, "currency": "EUR", "reference": "order"}
        sessions.append({"id": ids["session_id"], "expires_at": NOON, **money, **shop})
        paid = {"status": "paid", "paid": 12990, "account_id": ACCOUNT}
        payments.append({"id": ids["payment_id"], "session_id": ids["session_id"], **money, **paid})
        done = {"status": "succeeded", "account_id": ACCOUNT, "method": "card", "started_at": NOON, "ended_at": NOON}
        attempts.append({**ids, **done, "provider_reference": f"ch_{ids['id']}"})
    with transaction():
        for model, rows in ((CheckoutSession, sessions), (Payment, payments), (PaymentAttempt, attempts)):
            db.session.execute(insert(model), rows)
    for row in attempts[:9_000]:
        line = ReportLine(
            kind="charge",
            provider_reference=row["provider_reference"],
            reference=row["id"],
            state="succeeded",
            amount=12990,
            currency="EUR",
            at=NOON,
        )
        books.lines.append(line)
    begin = time.perf_counter()
    run = compared()
    assert time.perf_counter() - begin < 10
    assert (run.ours, run.matched, len(alerts("reconciliation_breaks"))) == (10_000, 9_000, 1)
