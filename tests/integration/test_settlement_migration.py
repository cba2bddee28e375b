"""The migration of links, subscriptions and refunds: a hub of the release before keeps its payments, to refund them."""

from pathlib import Path

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.models import Alert, CheckoutSession, Payment, PaymentAttempt, Refund, WebhookDelivery, db
from tests.support.hub import Databases, config_for, running

BEFORE = "0008"
AT = "'2026-01-01 00:00:00'"
FILLED = (
    "INSERT INTO provider_accounts (id, provider, label, enabled, in_outage, live, settings, encrypted_secrets,"
    f" created_at) VALUES ('sandbox_north', 'sandbox', 'North', true, false, false, '{{}}', '', {AT})",
    "INSERT INTO checkout_sessions (id, status, amount, currency, reference, flow, customer, attributes, items,"
    " locale, success_url, failure_url, created_at, expires_at)"
    f" VALUES ('cs_1', 'completed', 500, 'EUR', 'r', 'direct', '{{}}', '{{}}', '[]', 'en', 'x', 'x', {AT}, {AT})",
    "INSERT INTO payments (id, session_id, status, amount, currency, reference, paid, refunded, reserved, method,"
    " account_id, created_at, paid_at)"
    f" VALUES ('pay_1', 'cs_1', 'paid', 500, 'EUR', 'r', 500, 0, 0, 'card', 'sandbox_north', {AT}, {AT})",
    "INSERT INTO payment_attempts (id, session_id, payment_id, account_id, method, status, strong_authentication,"
    " checks, started_at, ended_at)"
    f" VALUES ('att_1', 'cs_1', 'pay_1', 'sandbox_north', 'card', 'succeeded', false, 0, {AT}, {AT})",
    f"INSERT INTO alerts (id, kind, subject_id, message, created_at) VALUES ('alert_1', 'x', 'pay_1', 'm', {AT})",
    "INSERT INTO webhook_deliveries (id, account_id, event_id, kind, attempt_id, body, received_at)"
    f" VALUES ('whd_1', 'sandbox_north', 'evt_1', 'charge.succeeded', 'att_1', '{{}}', {AT})",
)


def test_a_database_of_the_release_before_is_upgraded_and_goes_back(
    databases: Databases, database_kind: str, tmp_path: Path
) -> None:
    url = databases.empty(database_kind)
    with running(config_for(tmp_path, url, "http://127.0.0.1:9")) as app, app.app_context():
        upgrade(revision=BEFORE)
        for statement in FILLED:
            db.session.execute(text(statement))
        db.session.commit()
        upgrade()
        session = db.session.get_one(CheckoutSession, "cs_1")
        assert (session.subscription_id, session.payment_link_id, session.renewal) == (None, None, None)
        assert db.session.get_one(PaymentAttempt, "att_1").token_id is None
        assert db.session.get_one(Alert, "alert_1").note == ""
        delivery = db.session.get_one(WebhookDelivery, "whd_1")
        assert (delivery.attempt_id, delivery.refund_id, delivery.subscription_id) == ("att_1", None, None)
        payment = db.session.get_one(Payment, "pay_1")
        assert (payment.status, payment.paid, payment.refunds) == ("paid", 500, [])
        db.session.add(Refund(payment_id="pay_1", amount=200))
        payment.reserved = 200
        db.session.commit()
        payment.reserved = 501
        with pytest.raises(IntegrityError):
            db.session.commit()
        db.session.rollback()
        downgrade(revision=BEFORE)
        assert db.session.scalar(text("SELECT paid FROM payments")) == 500
        assert db.session.scalar(text("SELECT count(*) FROM payment_attempts")) == 1
        db.session.rollback()
