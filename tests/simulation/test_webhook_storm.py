"""Webhooks shuffled, repeated, forged and too early: none is lost, none counts twice, none that is forged counts."""

import random
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from app.domain.statuses import AttemptStatus, PaymentStatus, RefundStatus
from app.models import Event, PaymentAttempt, Refund, StatusChange, WebhookDelivery, db
from app.services import jobs, payments, refunds, work
from app.services.transaction import release
from providers.protocol import signing
from providers.sandbox.accounts import webhook_secret
from tests.simulation import BIG
from tests.simulation.world import World, new_world
from tests.support.flow import CUSTOMER, open_session
from tests.support.hub import config_for, running
from tests.support.sandbox import MASTER_WEBHOOK_SECRET

START = datetime(2027, 1, 31, 12, tzinfo=UTC)
DELIVERIES, PAYMENTS = (10_000, 1_000) if BIG else (400, 40)
THREADS, WORKERS = 8, 4
FORGED = 0.1
OUTCOMES = ("approve", "approve", "approve", "decline", "cancel", "pending", "pending")
METHODS = ("card", "paypal", "bank_transfer")  # refunds of the last take their time


class Storm:
    """One storm: payments whose webhooks are kept back, save those that come before the hub has its own answer."""

    def __init__(self, world: World) -> None:
        self.world, self.early, self.answers = world, 0, Counter[str]()
        world.wire.after = self._before_the_reply

    def pay_one(self, method: str) -> str:
        """Start a payment; return its attempt."""
        with self.world.app.app_context():
            session = open_session(amount=random.randrange(1000, 90_000), customer=CUSTOMER | {"type": "business"})
            release()
            return payments.pay(session.id, method=method, accept_terms=True, actor="customer").id

    def decide_one(self, attempt_id: str) -> None:
        """Let the customer decide, unless they have: some did so before the hub knew their page."""
        self._press(attempt_id, random.choice(OUTCOMES))

    def refund_one(self, payment_id: str) -> None:
        """Give a part of a payment back."""
        with self.world.app.app_context():
            refunds.request(payment_id, amount=random.randrange(1, 1000), actor="user:operator@example.com")

    def deliver(self, event: Mapping[str, Any], *, forged: bool = False) -> None:
        """Bring one event to the hub, signed now; a forged one is signed wrongly, changed, or from last week."""
        path = f"/v1/webhooks/sandbox/sandbox_{event['account']}"
        secret, body, moment = webhook_secret(event["account"], MASTER_WEBHOOK_SECRET), event["body"], self.world.now
        headers = signing.sign([secret], event["id"], body.encode(), moment)
        if forged:
            headers, body = random.choice(
                (
                    (signing.sign([webhook_secret("east", "guess")], event["id"], body.encode(), moment), body),
                    (headers, body.replace("pending", "succeeded").replace("failed", "succeeded") + " "),
                    (signing.sign([secret], event["id"], body.encode(), moment - timedelta(days=7)), body),
                    (headers | {"webhook-id": f"{event['id']}0"}, body),
                )
            )
        reply = self.world.app.test_client().post(path, data=body, headers=headers)
        self.answers[f"{'forged' if forged else 'genuine'} {reply.status_code}"] += 1

    def work(self) -> None:
        """Do jobs until there are none; nothing is swept, so nobody asks the provider but for a webhook."""
        with self.world.app.app_context():
            while leased := jobs.lease_due():
                for job in leased:
                    work.run_job(job.id)

    def _before_the_reply(self, path: str, payload: Mapping[str, Any]) -> None:
        """Let a third of the customers decide, and the provider tell of it, before the hub hears of its own call."""
        if path != "/v1/charges" or random.random() > 1 / 3:
            return
        self._press(payload["reference"], random.choice(OUTCOMES))
        for event in self.world.read("SELECT * FROM deliveries WHERE body LIKE ?", f'%"{payload["reference"]}"%'):
            self.deliver(event)
            self.early += 1
        self.work()

    def _press(self, attempt_id: str, outcome: str) -> None:
        charge = self.world.read("SELECT id FROM charges WHERE reference = ?", attempt_id)[0]
        self.world.press(f"/pay/{charge['id']}", outcome)


def _rain(storm: Storm, wanted: int) -> int:
    """Deliver everything the sandbox has to tell at least once, in any order, until it was `wanted` in all."""
    events = storm.world.read("SELECT * FROM deliveries")
    forged = int(wanted * FORGED)
    rain = events + random.choices(events, k=max(wanted - forged - len(events), len(events)))
    drops = [(event, False) for event in rain] + [(random.choice(events), True) for _ in range(forged)]
    random.shuffle(drops)
    with ThreadPoolExecutor(THREADS + WORKERS) as pool:
        done = [pool.submit(storm.deliver, event, forged=is_forged) for event, is_forged in drops]
        done += [pool.submit(storm.work) for _ in range(WORKERS)]
        for one in done:
            one.result()
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(lambda _: storm.work(), range(WORKERS)))
    return len(drops)


@pytest.mark.timeout(0 if BIG else 300)
def test_no_delivery_is_lost_or_counted_twice(database_url: str, tmp_path: Path, sandbox_service, capsys):
    began = time.monotonic()
    config = config_for(tmp_path, database_url, sandbox_service.url)
    with running(config) as app, new_world(app, tmp_path, START, settle_seconds=600) as world:
        storm = Storm(world)
        world.faults(fail_settlement=0.3)
        with ThreadPoolExecutor(THREADS) as pool:
            attempts = list(pool.map(storm.pay_one, random.choices(METHODS, k=PAYMENTS)))
            list(pool.map(storm.decide_one, attempts))
        world.move_to(START + timedelta(minutes=20))
        world.settle()  # what was left pending ends now; the webhooks of before tell of what is long over
        delivered = _rain(storm, DELIVERIES // 2)
        paid = [row["reference"] for row in world.read("SELECT reference FROM charges WHERE status = 'succeeded'")]
        with app.app_context():
            told = select(PaymentAttempt.payment_id).where(PaymentAttempt.id.in_(paid[: len(paid) // 3]))
            to_refund = list(db.session.scalars(told))
            release()
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(storm.refund_one, to_refund))
        storm.work()
        world.move_to(START + timedelta(minutes=40))
        world.settle()
        delivered += _rain(storm, DELIVERIES // 2)
        with app.app_context():
            _check_attempts(world)
            _check_refunds(world, len(to_refund))
            stored = db.session.scalar(select(func.count()).select_from(WebhookDelivery))
            unapplied = db.session.scalar(select(func.count()).where(WebhookDelivery.applied_at.is_(None)))
    genuine = len(world.read("SELECT id FROM deliveries"))
    assert (stored, unapplied) == (genuine, 0)
    assert set(storm.answers) == {"genuine 200", "forged 400"}
    assert storm.early > 0
    if BIG:
        with capsys.disabled():
            print(
                f"\n{database_url.split(':')[0]}: {delivered} deliveries of {genuine} events, {PAYMENTS} payments, "
                f"{storm.early} before our own reply, {storm.answers['forged 400']} forged, "
                f"{len(to_refund)} refunds, in {time.monotonic() - began:.0f} s"
            )


def _check_attempts(world: World) -> None:
    """Each attempt and payment is where the sandbox has its charge, and came there by one move each."""
    truths = {row["reference"]: row["status"] for row in world.read("SELECT reference, status FROM charges")}
    attempts = list(db.session.scalars(select(PaymentAttempt)))
    assert len(attempts) == len(truths) == PAYMENTS
    for attempt in attempts:
        assert attempt.status == truths[attempt.id], attempt.id
        is_paid = attempt.status == AttemptStatus.SUCCEEDED
        assert attempt.payment.paid == (attempt.payment.amount if is_paid else 0)
        moves = select(func.count()).where(
            StatusChange.subject_id == attempt.payment_id, StatusChange.to_status == PaymentStatus.PAID
        )
        assert db.session.scalar(moves) == is_paid
    told = db.session.scalar(select(func.count()).where(Event.kind == "payment.paid"))
    assert told == sum(status == "succeeded" for status in truths.values())


def _check_refunds(world: World, wanted: int) -> None:
    """Each refund is where the sandbox has it, and no payment holds or gave back anything else."""
    truths = {row["reference"]: row["status"] for row in world.read("SELECT reference, status FROM refunds")}
    found = list(db.session.scalars(select(Refund)))
    assert len(found) == len(truths) == wanted
    for refund in found:
        assert refund.status == truths[refund.id], refund.id
        given = refund.amount if refund.status == RefundStatus.SUCCEEDED else 0
        assert (refund.payment.refunded, refund.payment.reserved) == (given, 0)
