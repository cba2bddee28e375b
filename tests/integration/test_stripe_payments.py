"""Three hundred payments at a Stripe that fails a third of its calls, and deliveries that Stripe never made."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.domain.statuses import LIVE_ATTEMPT, AttemptStatus, PaymentStatus, RefundStatus
from app.models import (
    Alert,
    CheckoutSession,
    Job,
    Payment,
    PaymentAttempt,
    ProviderAccount,
    Refund,
    WebhookDelivery,
    db,
)
from app.services import payments, refund_settling, refunds, rule_sets
from app.services.accounts import encrypt
from app.services.transaction import transaction
from providers import registry
from providers.bounded import BoundedHttp
from providers.stripe.adapter import StripeProvider
from providers.stripe.webhooks import sign
from tests.support.flow import let_call_end, open_session, pay, run_jobs
from tests.support.refunding import let_sending_end
from tests.support.stripe import StripeService
from tests.support.stripe_fuzz import bent_bodies, bent_headers
from tests.support.stripe_hub import ACCOUNT, RULES

PAYMENTS = 300
READ_SECONDS, LATE_SECONDS = 1.0, 1.5
FAULTS = (
    "drop_reply", "drop_before", "error_500", "error_500_after", "rate_limit", "unauthorized", "late_reply",
    "malformed_reply", "truncated_reply", "endless_reply", "redirect",
)  # fmt: skip
A_THIRD = {name: {"probability": 1 / 3 / len(FAULTS), "reads": True, "seconds": LATE_SECONDS} for name in FAULTS}
ATTEMPT = select(PaymentAttempt.id, PaymentAttempt.status, PaymentAttempt.stage, PaymentAttempt.redirect_url)
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])


@pytest.fixture
def stripe(tmp_path: Path, app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeService]:
    """A local Stripe, and the hub sent to it."""
    with StripeService(tmp_path / "stripe", settle_seconds=1) as service, app.app_context():
        provider = StripeProvider(service.url, BoundedHttp(3, READ_SECONDS, 500_000))
        monkeypatch.setattr(registry, "REGISTRY", MappingProxyType({**registry.REGISTRY, "stripe": provider}))
        with transaction():
            secrets = encrypt(dict(service.account().secrets))
            db.session.add(ProviderAccount(id=ACCOUNT, provider="stripe", label="Stripe", encrypted_secrets=secrets))
        rule_sets.publish(RULES, author="tester")
        db.session.rollback()  # nothing stays open that the threads would wait for
        yield service


class Shopper:
    """A customer who pays in the end, whatever they do before; nothing is known of the faults here."""

    def __init__(self, app: Flask, stripe: StripeService, number: int) -> None:
        self.app, self.stripe, self.number = app, stripe, number
        self.chance = random.Random(number)
        self.session_id = ""
        self.refunds: list[str] = []
        self.wants_back = 2 if number % 5 == 0 else 0  # parts
        self.left: set[str] = set()  # pages that they paid on, or left for good

    def shop(self) -> None:
        """Open a checkout and pay, perhaps after a decline; ask for money back, perhaps twice."""
        with self.app.app_context():
            self.session_id = open_session(amount=1000 + self.number, reference=f"order-{self.number}").id
            self.go_on()

    def go_on(self) -> None:
        """Try to come to an end."""
        for _ in range(2):
            payment = self.stored(select(Payment.id, Payment.amount, Payment.paid))
            if payment and payment[0].paid:
                self.give_back(payment[0].id, payment[0].amount)
                return
            attempt_id = pay(self.session_id, self.chance.choice(("card", "sepa_debit"))).id
            [attempt] = self.stored(ATTEMPT.where(PaymentAttempt.id == attempt_id))
            if attempt.status == AttemptStatus.UNKNOWN:
                let_call_end(attempt_id)
                payments.settle(attempt_id)
                [attempt] = self.stored(ATTEMPT.where(PaymentAttempt.id == attempt_id))
            if attempt.redirect_url and attempt.stage == "awaiting_customer":
                self.act(attempt_id, attempt.redirect_url)

    def stored(self, query: Any) -> Sequence[Any]:
        """What is stored of this checkout, with nothing kept open that others would wait for."""
        rows = db.session.execute(query.join(CheckoutSession).where(CheckoutSession.id == self.session_id)).all()
        db.session.rollback()
        return rows

    def act(self, attempt_id: str, page: str) -> None:
        """Be on Stripe's page: pay; or be declined, and perhaps leave it for another method."""
        if page not in self.left:
            declined = self.chance.random() < 0.2
            if declined:
                self.stripe.press(page, "decline")
            if declined and self.chance.random() < 0.5:
                payments.abandon(attempt_id, actor="customer")
            else:
                self.stripe.press(page, "approve")
            self.left.add(page)
        payments.settle(attempt_id)
        db.session.rollback()

    def give_back(self, payment_id: str, amount: int) -> None:
        """Ask for the parts that they want back."""
        while len(self.refunds) < self.wants_back:
            refund = refunds.request(payment_id, amount=amount // 4, actor="user:operator@example.com")
            self.refunds.append(refund.id)
            refund_settling.settle(self.refunds[-1])
            db.session.rollback()

    def come_back(self) -> None:
        """Later, when all is well: whatever is under way is asked about, and what is not paid is paid."""
        with self.app.app_context():
            for attempt in self.stored(ATTEMPT.where(PaymentAttempt.status.in_(LIVE_ATTEMPT))):
                let_call_end(attempt.id)
                payments.settle(attempt.id)
                db.session.rollback()
            self.left.clear()  # a page that still waits is one that they may go back to
            self.go_on()
            for refund_id in self.refunds:
                let_sending_end(refund_id)
                refund_settling.settle(refund_id)
                db.session.rollback()


def unfinished(shoppers: list[Shopper]) -> list[Shopper]:
    """Those who have not paid, or wait for money to come back."""
    over = select(Payment.session_id).where(Payment.paid > 0, Payment.reserved == 0)
    done = set(db.session.scalars(over))
    return [each for each in shoppers if each.session_id not in done or each.wants_back > len(each.refunds)]


def side_by_side(shoppers: list[Shopper], work: Callable[[Shopper], None]) -> None:
    """Let them all do something at the same time, with nothing of our own kept open that they would wait for."""
    db.session.rollback()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, shoppers))


def test_our_books_are_stripes_whatever_became_of_the_calls(app: Flask, stripe: StripeService) -> None:
    stripe.faults(**A_THIRD)
    shoppers = [Shopper(app, stripe, number) for number in range(PAYMENTS)]
    side_by_side(shoppers, Shopper.shop)
    troubled = Counter(db.session.scalars(select(PaymentAttempt.status)))
    stripe.faults()
    taken = charges(stripe)
    failed = select(PaymentAttempt.id).where(PaymentAttempt.status == AttemptStatus.FAILED)
    assert not set(db.session.scalars(failed)) & set(taken), "what nobody knew was shown as failed"
    db.session.rollback()
    for _ in range(4):
        side_by_side(unfinished(shoppers), Shopper.come_back)
        stripe.settle()

    assert troubled[AttemptStatus.UNKNOWN] + troubled[AttemptStatus.FAILED] > PAYMENTS / 10, "the faults were felt"
    taken = charges(stripe)
    assert all(len(amounts) == 1 for amounts in taken.values()), "charged twice"
    paid = select(PaymentAttempt.id, Payment.amount).join(Payment).where(PaymentAttempt.status == "succeeded")
    assert {attempt: [amount] for attempt, amount in db.session.execute(paid)} == taken
    states = Counter(db.session.scalars(select(Payment.status)))
    assert sum(states.values()) == len(taken) == PAYMENTS
    assert set(states) == {PaymentStatus.PAID, PaymentStatus.PARTIALLY_REFUNDED}
    live = select(func.count()).select_from(PaymentAttempt).where(PaymentAttempt.status.in_(LIVE_ATTEMPT))
    assert db.session.scalar(live) == 0
    given = select(Refund.id, Refund.amount, Refund.status)
    ours = {refund_id: amount for refund_id, amount, state in db.session.execute(given) if state == "succeeded"}
    assert {state for _, _, state in db.session.execute(given)} <= {RefundStatus.SUCCEEDED, RefundStatus.FAILED}
    booked = [refund for refund in stripe.ledger()["refund"] if refund["status"] == "succeeded"]
    theirs = {refund["metadata"]["junction_refund"]: refund["amount"] for refund in booked}
    assert (ours, len(booked)) == (theirs, len(theirs))
    assert len(ours) > PAYMENTS / 5
    assert db.session.scalar(select(func.sum(Payment.refunded))) == sum(ours.values())
    assert db.session.scalar(select(func.sum(Payment.reserved))) == 0
    assert not db.session.scalars(select(Alert.kind).where(Alert.resolved_at.is_(None))).all()


def charges(stripe: StripeService) -> dict[str, list[int]]:
    """What Stripe took, by attempt."""
    taken: dict[str, list[int]] = {}
    for charge in stripe.ledger()["charge"]:
        if charge["status"] == "succeeded":
            taken.setdefault(charge["metadata"]["junction_attempt"], []).append(charge["amount"])
    return taken


def test_bent_deliveries_are_refused_or_ignored_and_nothing_is_applied(app: Flask, stripe: StripeService) -> None:
    attempt_id = pay(open_session().id).id
    secret, now = stripe.account().secrets["webhook_secret"], datetime.now(UTC)
    metadata = {"junction_attempt": attempt_id, "junction_refund": "re_1", "junction_subscription": "sub_1"}
    thing = {"object": "checkout.session", "id": "cs_1", "client_reference_id": attempt_id, "metadata": metadata}
    event = {
        "id": "evt_1", "object": "event", "type": "checkout.session.completed", "created": int(now.timestamp()),
        "livemode": False, "account": None, "data": {"object": thing},
    }  # fmt: skip
    chance = random.Random(20_261_123)
    bodies = bent_bodies(chance, event)
    db.session.rollback()
    client, answers = app.test_client(), Counter[int]()
    for number, (body, forged) in enumerate(islice(zip(bodies, bent_headers(chance, b"{}", now), strict=False), 1000)):
        header = (sign(secret, body, now) if number % 2 else forged).encode("utf-8", "replace").decode("latin-1")
        if header.isprintable():
            reply = client.post(f"/v1/webhooks/stripe/{ACCOUNT}", data=body, headers={"Stripe-Signature": header})
            answers[reply.status_code] += 1
    assert set(answers) == {200, 400}, answers
    assert answers[400] > 500
    run_jobs()
    attempt = db.session.get_one(PaymentAttempt, attempt_id)
    assert (attempt.status, attempt.payment.status, attempt.payment.paid) == ("pending", "pending", 0)
    assert db.session.scalar(select(func.count()).select_from(WebhookDelivery)) <= answers[200]
    assert not db.session.scalars(select(Job.kind).where(Job.done_at.is_(None))).all()
