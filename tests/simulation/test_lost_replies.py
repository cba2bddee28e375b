"""The sandbox does what it is asked and loses a third of its replies: nothing happens twice and nothing stays open."""

import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Select, func, select

from app.domain.statuses import LIVE_ATTEMPT, RenewalStatus
from app.models import Alert, Payment, PaymentAttempt, Refund, Renewal, db
from app.services import payments, refunds, subscriptions
from app.services.sessions import NewSession
from app.services.subscriptions import NewSubscription
from app.services.transaction import release
from tests.simulation import BIG
from tests.simulation.world import World, new_world
from tests.support.hub import config_for, running

START = datetime(2027, 1, 31, 12, tzinfo=UTC)
CUSTOMERS, PERIODS = (300, 4) if BIG else (10, 3)
LOST = 1 / 3
TRIES = 60


def _subscribe() -> None:
    """Begin to subscribe: what becomes of the first payment nobody knows yet."""
    checkout = NewSession(
        amount=random.randrange(1000, 90_000),
        currency="EUR",
        reference="club",
        success_url="https://shop.example.com/thanks",
        failure_url="https://shop.example.com/cart",
        flow="subscription",
        customer={"country": "IT", "type": "consumer"},
        attributes={"channel": "online"},
    )
    wanted = NewSubscription(interval_unit="day", total_payments=PERIODS, collection="manual")
    session = subscriptions.create(wanted, checkout, actor="customer")
    release()
    payments.pay(session.id, method="card", accept_terms=True, actor="customer")


def _let_customers_pay(world: World) -> None:
    """Whoever has a page in front of them by now approves."""
    with world.app.app_context():
        waiting = select(PaymentAttempt.redirect_url).where(PaymentAttempt.stage == "awaiting_customer")
        pages = list(db.session.scalars(waiting))
        release()
    for page in pages:
        world.press(page)


def _work_until_none(world: World, open_ones: Select[tuple[int]], step: timedelta) -> None:
    """Work on, a step at a time, until the query counts none. Raises: AssertionError when it always counts some."""
    for _ in range(TRIES):
        world.crew.work_until_quiet()
        with world.app.app_context():
            if db.session.scalar(open_ones) == 0:
                return
        world.move_to(world.now + step)
    raise AssertionError("something stays open")


@pytest.mark.timeout(0 if BIG else 300)
def test_what_was_charged_and_not_said_is_charged_once(database_url: str, tmp_path: Path, sandbox_service, capsys):
    began = time.monotonic()
    config = config_for(tmp_path, database_url, sandbox_service.url)
    live = select(func.count()).where(PaymentAttempt.status.in_(LIVE_ATTEMPT))
    with running(config) as app, new_world(app, tmp_path, START, settle_seconds=3600) as world:
        world.faults(drop_reply=LOST)
        with app.app_context():
            for _ in range(CUSTOMERS):
                _subscribe()
        world.move_to(START + timedelta(seconds=20))
        world.crew.work_until_quiet()
        for _ in range(12):
            _let_customers_pay(world)
            world.crew.work_until_quiet()
            world.move_to(world.now + timedelta(seconds=30))
        _work_until_none(world, live, timedelta(minutes=1))
        for _ in range(PERIODS):
            world.move_to(world.now + timedelta(days=1))
            open_ones = select(func.count()).where(Renewal.status == RenewalStatus.OPEN)
            _work_until_none(world, open_ones, timedelta(minutes=10))
        with app.app_context():
            for payment in db.session.scalars(select(Payment.id).where(Payment.paid > 0)).all():
                refunds.request(payment, amount=random.randrange(1, 1000), actor="user:operator@example.com")
        unsettled = select(func.count()).where(Refund.ended_at.is_(None))
        _work_until_none(world, unsettled, timedelta(minutes=10))
        with app.app_context():
            _compare(world)
            lost = db.session.scalar(select(func.count()).where(PaymentAttempt.checks > 0))
        if BIG:
            charges, given = world.read("SELECT id FROM charges"), world.read("SELECT id FROM refunds")
            with capsys.disabled():
                print(
                    f"\n{database_url.split(':')[0]}: {len(charges)} charges and {len(given)} refunds, a third of "
                    f"the replies lost, {lost} attempts asked about, in {time.monotonic() - began:.0f} s"
                )


def _compare(world: World) -> None:
    """Both books say the same of every charge and refund, and everybody paid every period exactly once."""
    ours = {row.id: row.status for row in db.session.execute(select(PaymentAttempt.id, PaymentAttempt.status))}
    theirs = {row["reference"]: row["status"] for row in world.read("SELECT reference, status FROM charges")}
    assert ours == theirs
    given = {row.id: row.status for row in db.session.execute(select(Refund.id, Refund.status))}
    assert given == {row["reference"]: row["status"] for row in world.read("SELECT reference, status FROM refunds")}
    assert set(db.session.scalars(select(Renewal.status))) == {RenewalStatus.PAID}
    assert db.session.scalar(select(func.count()).select_from(Renewal)) == CUSTOMERS * PERIODS
    totals = db.session.execute(select(func.sum(Payment.paid), func.sum(Payment.refunded), func.sum(Payment.reserved)))
    query = "SELECT sum(amount) AS paid, sum(refunded) AS given FROM charges WHERE status = 'succeeded'"
    collected = world.read(query)[0]
    assert tuple(totals.one()) == (collected["paid"], collected["given"], 0)
    assert db.session.scalar(select(func.count()).where(Alert.kind == "charged_twice")) == 0
