"""The example of an external provider carries payments of a hub: checkout, its page, the callback, refunds."""

from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

import pytest
from flask import Flask
from sqlalchemy import select

from app.domain.statuses import PaymentStatus
from app.models import Payment, PaymentAttempt, db
from app.services import payments, refunds, rule_sets
from providers import registry
from tests.support.customer import Customer
from tests.support.external import ExampleProvider, add_account, reaching_loopback, registered
from tests.support.flow import alerts, run_jobs
from tests.support.sandbox import SandboxService
from tests.support.webhook_sink import WebhookSink

ACCOUNT = "example_pay"
RULES = {
    "rules": [],
    "adjustments": [],
    "default": {
        "methods": [{"method": "card", "providers": {"strategy": "ordered", "accounts": [{"account": ACCOUNT}]}}]
    },
}
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])


@pytest.fixture
def callbacks(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebhookSink]:
    """A hub whose cards are carried by the example, and where the example's callbacks arrive."""
    monkeypatch.setattr(registry, "REGISTRY", MappingProxyType(registered(reaching_loopback())))
    with WebhookSink() as sink, ExampleProvider(tmp_path, f"{sink.url}/v1/webhooks/external/{ACCOUNT}") as example:
        with app.app_context():
            add_account(ACCOUNT, example.url)
            rule_sets.publish(RULES, author="tester", note="Everything by the example.")
        yield sink


def bring(app: Flask, sink: WebhookSink, kind: str) -> None:
    """Bring the callback of this kind to the hub, as the network would, and let the hub look."""
    told = sink.wait_for(lambda all_: any(f'"{kind}"'.encode() in each.body for each in all_))[-1]
    for _ in range(2):
        assert app.test_client().post(told.path, data=told.body, headers=told.headers).status_code < 300
    with app.app_context():
        run_jobs()


def payment_of(customer: Customer) -> Payment:
    db.session.rollback()
    return db.session.scalars(select(Payment).where(Payment.session_id == customer.session_id)).one()


def test_it_is_paid_told_of_and_given_back_in_parts(
    app: Flask, sandbox: SandboxService, callbacks: WebhookSink
) -> None:
    customer = Customer(app)
    page_url = customer.pay("card")
    assert "129.90" in customer.client.get(customer.path).text
    sandbox.press(page_url, "approve")
    bring(app, callbacks, "charge.succeeded")
    with app.app_context():
        payment = payment_of(customer)
        assert (payment.status, payment.account_id) == (PaymentStatus.PAID, ACCOUNT)
        for amount in (2500, 10490):
            refunds.request(payment.id, amount=amount, actor="user:anna@example.com")
            run_jobs()
        assert (payment_of(customer).status, payment_of(customer).refunded) == (PaymentStatus.REFUNDED, 12990)
        assert alerts("refund_amount_differs") == []


def test_a_declined_customer_may_try_again_and_pays_once(
    app: Flask, sandbox: SandboxService, callbacks: WebhookSink
) -> None:
    customer = Customer(app)
    customer.finish(sandbox, customer.pay("card"), "decline")
    bring(app, callbacks, "charge.failed")
    customer.finish(sandbox, customer.pay("card"), "approve")
    with app.app_context():
        attempts = db.session.scalars(select(PaymentAttempt).order_by(PaymentAttempt.started_at)).all()
        assert [attempt.status for attempt in attempts] == ["failed", "succeeded"]
        assert attempts[0].failure_kind == "soft_decline"
        payments.settle(attempts[1].id)
        assert payment_of(customer).status == PaymentStatus.PAID
