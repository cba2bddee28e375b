"""A hub whose payments all go to the local Stripe, at a time that both of them share, and what both know in the end."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.models import Alert, CheckoutSession, Payment, ProviderAccount, ReconciliationBreak, db
from app.services import inbox, reconciliation, rule_sets
from app.services.accounts import encrypt
from app.services.transaction import transaction
from providers import registry
from providers.stripe.adapter import StripeProvider
from tests.support.flow import attempts_of, pay, run_jobs
from tests.support.refunding import refunds_of
from tests.support.stripe import StripeService
from tests.support.subscribing import fresh, turn

ACCOUNT = "stripe_north"
RULES = {
    "rules": [],
    "adjustments": [],
    "default": {
        "methods": [
            {"method": method, "providers": {"strategy": "ordered", "accounts": [{"account": ACCOUNT}]}}
            for method in ("card", "sepa_debit")
        ]
    },
}


class StripeHub:
    """What a test does with them: let time pass, be the customer, and let the hub hear of it.

    `disorder` None: webhooks arrive once and in order. Otherwise each time all that there ever were, shuffled.
    """

    def __init__(self, service: StripeService, clock: time_machine.Traveller) -> None:
        self.service = service
        self.disorder: random.Random | None = None
        self._clock = clock
        self._begun = self._heard = len(service.events())

    def move_to(self, moment: datetime) -> None:
        """Let it be `moment`; what Stripe does on the way is not heard of yet."""
        seconds = moment.timestamp() - self.service.advance(0)
        assert seconds >= 0, "time goes forward only"
        self.service.advance(seconds)
        self._clock.move_to(moment)

    def wait(self, **delta: float) -> None:
        """Let time pass, hear of what happened, and let the hub do what is due."""
        self.move_to(datetime.now(UTC) + timedelta(**delta))
        self.hear()

    def hear(self) -> None:
        """Deliver what Stripe has to say, and do what follows from it."""
        told = self.service.events()
        fresh, self._heard = told[self._heard :], len(told)
        if self.disorder is not None:
            fresh = told[self._begun :] + fresh
            self.disorder.shuffle(fresh)
        wanted = registry.get("stripe").webhook_events(self.service.account())
        for event in fresh:
            if event["type"] in wanted:
                inbox.receive("stripe", ACCOUNT, event["headers"], event["body"].encode())
        run_jobs()
        turn()

    def miss(self) -> None:
        """Let all that Stripe has said by now be lost on its way."""
        self._begun = self._heard = len(self.service.events())

    def press(self, page_url: str, outcome: str, **form: str) -> None:
        """Be the customer on Stripe's page."""
        self.service.press(page_url, outcome, **form)

    def taken(self) -> dict[str, int]:
        """What Stripe took by each PaymentIntent."""
        charges = self.service.ledger()["charge"]
        return {charge["payment_intent"]: charge["amount"] for charge in charges if charge["status"] == "succeeded"}


@contextmanager
def stripe_hub(service: StripeService, monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeHub]:
    """The hub of this context, sent to `service`; it is noon in UTC, on a day that no test before has seen."""
    provider = StripeProvider(service.url)
    monkeypatch.setattr(registry, "REGISTRY", MappingProxyType({**registry.REGISTRY, "stripe": provider}))
    now = datetime.fromtimestamp(service.advance(0), UTC)
    noon = now.replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=2)
    service.advance((noon - now).total_seconds())
    with time_machine.travel(noon) as clock:
        account = service.account()
        with transaction():
            secrets = encrypt(dict(account.secrets))
            db.session.add(ProviderAccount(id=ACCOUNT, provider="stripe", label="Stripe", encrypted_secrets=secrets))
        rule_sets.publish(RULES, author="tester")
        yield StripeHub(service, clock)
        service.faults()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StripeService]:
    """One local Stripe for the module: its time only goes forward."""
    with StripeService(tmp_path_factory.mktemp("stripe"), settle_seconds=600) as service:
        yield service


@pytest.fixture
def shop(app_context: Flask, service: StripeService, monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeHub]:
    """The hub, sent to the local Stripe."""
    with stripe_hub(service, monkeypatch) as hub:
        yield hub


def both_ways(shop: StripeHub, flow: Callable[[StripeHub], Any]) -> Any:
    """What a flow ends with, the same in order and in disorder."""
    shop.disorder = None
    in_order = flow(shop)
    shop.disorder = random.Random(20_261_123)
    assert flow(shop) == in_order
    return in_order


def facts(session_id: str) -> dict[str, Any]:
    """What is stored about a checkout."""
    db.session.rollback()
    session = db.session.get_one(CheckoutSession, session_id)
    payment = db.session.scalars(select(Payment).where(Payment.session_id == session_id)).one()
    return {
        "session": session.status,
        "payment": (payment.status, payment.paid, payment.refunded, payment.reserved),
        "attempts": [(attempt.method, attempt.status, attempt.failure_kind) for attempt in attempts_of(session_id)],
        "refunds": [(refund.amount, refund.status) for refund in refunds_of(payment.id)],
    }


def differences(day: date) -> list[tuple[str, str]]:
    """In what Stripe's books of a day and ours differ, once they have been compared."""
    run_id = reconciliation.request_comparison(ACCOUNT, day)
    run_jobs()
    db.session.rollback()
    run = reconciliation.get_run(run_id)
    assert run.compared_at is not None, run.error
    rows = db.session.scalars(select(ReconciliationBreak).where(ReconciliationBreak.run_id == run_id))
    return [(row.kind, row.reference) for row in rows if row.resolved_at is None]


def alerts_about(subject_id: str) -> list[Alert]:
    """The open alerts about one thing."""
    db.session.rollback()
    about = Alert.subject_id == subject_id, Alert.resolved_at.is_(None)
    return list(db.session.scalars(select(Alert).where(*about)))


def named(thing: dict[str, Any]) -> str | None:
    """Our subscription in one of Stripe's subscriptions or invoices."""
    metadata = thing["parent"]["subscription_details"]["metadata"] if "parent" in thing else thing["metadata"]
    return str(metadata.get("junction_subscription"))


def at_stripe(shop: StripeHub, subscription_id: str) -> dict[str, Any]:
    """The subscription in Stripe's own books."""
    return next(one for one in shop.service.ledger()["subscription"] if named(one) == subscription_id)


def renew(shop: StripeHub, subscription_id: str) -> None:
    """Let the next renewal fall due, and two hours pass: Stripe keeps an invoice for one before it charges it."""
    due_at = fresh(subscription_id).next_due_at
    assert due_at is not None
    shop.move_to(due_at + timedelta(hours=2))
    shop.hear()


def paid_by_card(shop: StripeHub, session_id: str) -> str:
    """Pay a session on Stripe's page; the payment's id."""
    attempt = pay(session_id)
    shop.press(attempt.redirect_url, "approve")
    shop.hear()
    return attempt.payment_id
