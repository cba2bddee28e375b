"""The inbox: deliveries are proven, stored once, and only ever a reason to ask the provider."""

import random
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.domain.statuses import AttemptStatus, PaymentStatus
from app.models import Job, Payment, PaymentAttempt, WebhookDelivery, db, utc_now
from app.services import inbox
from app.services.errors import NotFound
from app.services.transaction import transaction
from providers.interface import InvalidWebhook
from providers.sandbox.accounts import webhook_secret
from tests.support import webhooks
from tests.support.flow import moves_of, open_session, pay, run_jobs
from tests.support.rows import row_counts
from tests.support.sandbox import MASTER_WEBHOOK_SECRET, SandboxService
from tests.support.threads import together

NORTH = ("sandbox", "sandbox_north")


def deliveries() -> int:
    db.session.rollback()
    return int(db.session.scalar(select(func.count()).select_from(WebhookDelivery)))


def unapplied() -> int:
    db.session.rollback()
    query = select(func.count()).select_from(WebhookDelivery).where(WebhookDelivery.applied_at.is_(None))
    return int(db.session.scalar(query))


@pytest.mark.usefixtures("app_context")
def test_a_delivery_is_stored_once_and_brings_the_payment_to_its_true_state(sandbox: SandboxService) -> None:
    attempt = pay(open_session().id)
    sandbox.approve(attempt.redirect_url)
    payload = webhooks.body(attempt.id)
    assert inbox.receive(*NORTH, webhooks.signed(payload), payload) is True
    assert inbox.receive(*NORTH, webhooks.signed(payload), payload) is False
    assert deliveries() == 1
    assert run_jobs() == 1
    assert db.session.get(Payment, attempt.payment_id).status == PaymentStatus.PAID
    assert unapplied() == 0
    assert moves_of(attempt.id)[-1] == ("pending", "succeeded")


def test_the_same_event_sixteen_times_at_once_is_stored_once(app: Flask) -> None:
    payload = webhooks.body("att_" + "0" * 32)
    headers = webhooks.signed(payload)

    def deliver() -> bool:
        with app.app_context():
            return inbox.receive(*NORTH, headers, payload)

    outcomes = together(16, deliver)
    assert sorted(map(str, outcomes)) == ["False"] * 15 + ["True"]
    with app.app_context():
        assert deliveries() == 1
        assert db.session.scalar(select(func.count()).select_from(Job)) == 1


@pytest.mark.usefixtures("app_context")
def test_events_in_any_order_and_any_number_end_in_the_same_truth(sandbox: SandboxService) -> None:
    attempt = pay(open_session().id)
    sandbox.approve(attempt.redirect_url)
    kinds = ["charge.pending", "charge.failed", "charge.succeeded", "charge.pending", "charge.succeeded"]
    order = random.Random(7)
    for round_ in range(4):
        order.shuffle(kinds)
        for number, kind in enumerate(kinds):
            payload = webhooks.body(attempt.id, kind)
            inbox.receive(*NORTH, webhooks.signed(payload, f"evt_{round_}_{number}"), payload)
        run_jobs()
    assert moves_of(attempt.id) == [(None, "started"), ("started", "pending"), ("pending", "succeeded")]


@pytest.mark.usefixtures("app_context")
def test_an_event_that_lies_changes_nothing(sandbox: SandboxService) -> None:
    """The signature is good and says "succeeded"; the provider, when asked, says that nobody has paid."""
    attempt = pay(open_session().id)
    payload = webhooks.body(attempt.id, "charge.succeeded")
    inbox.receive(*NORTH, webhooks.signed(payload), payload)
    run_jobs()
    assert db.session.get(PaymentAttempt, attempt.id).status == AttemptStatus.PENDING


@pytest.mark.usefixtures("app_context")
def test_an_account_cannot_speak_for_anothers_charge(sandbox: SandboxService) -> None:
    attempt = pay(open_session().id)
    assert attempt.account_id == "sandbox_north"
    sandbox.approve(attempt.redirect_url)
    payload = webhooks.body(attempt.id)
    secret = webhook_secret("south", MASTER_WEBHOOK_SECRET)
    inbox.receive("sandbox", "sandbox_south", webhooks.signed(payload, secret=secret), payload)
    run_jobs()
    assert db.session.get(PaymentAttempt, attempt.id).status == AttemptStatus.PENDING


@pytest.mark.usefixtures("app_context")
@pytest.mark.parametrize("attempt_id", ["att_" + "0" * 32, "somebody-elses", "x" * 5000, "att_\u0000", "👛"])
def test_an_event_about_nothing_of_ours_is_stored_and_done_with(attempt_id: str) -> None:
    payload = webhooks.body(attempt_id)
    assert inbox.receive(*NORTH, webhooks.signed(payload), payload)
    assert run_jobs() == 1
    assert unapplied() == 0


GOOD = webhooks.body("att_" + "0" * 32)


@pytest.mark.usefixtures("app_context")
@pytest.mark.parametrize(
    ("headers", "payload"),
    [
        pytest.param({}, GOOD, id="no headers"),
        pytest.param(webhooks.signed(GOOD, secret=webhook_secret("north", "another")), GOOD, id="another secret"),
        pytest.param(webhooks.signed(GOOD, secret=webhook_secret("south", MASTER_WEBHOOK_SECRET)), GOOD, id="south's"),
        pytest.param(webhooks.signed(GOOD), GOOD.replace(b"succeeded", b"failed"), id="another body"),
        pytest.param(webhooks.signed(GOOD) | {"webhook-id": "evt_2"}, GOOD, id="another id"),
        pytest.param(webhooks.signed(GOOD, age=timedelta(minutes=6)), GOOD, id="stale"),
        pytest.param(webhooks.signed(GOOD, age=timedelta(days=-1)), GOOD, id="from the future"),
        pytest.param(webhooks.signed(GOOD) | {"webhook-timestamp": "soon"}, GOOD, id="timestamp in words"),
        pytest.param(webhooks.signed(GOOD) | {"webhook-timestamp": "9" * 30}, GOOD, id="timestamp without end"),
        pytest.param(webhooks.signed(GOOD) | {"webhook-signature": "v1,ünïcode"}, GOOD, id="signature not ASCII"),
        pytest.param(webhooks.signed(GOOD) | {"webhook-signature": "v1,"}, GOOD, id="signature empty"),
        pytest.param(webhooks.signed(GOOD) | {"webhook-signature": "v1,!!!"}, GOOD, id="signature not base64"),
        pytest.param(webhooks.signed(b"{}"), b"{}", id="signed but empty"),
        pytest.param(webhooks.signed(b"[1]"), b"[1]", id="signed but a list"),
        pytest.param(webhooks.signed(b"not json"), b"not json", id="signed but not JSON"),
        pytest.param(webhooks.signed(b"{" * 9000), b"{" * 9000, id="signed but nested without end"),
        pytest.param(webhooks.signed(GOOD), b"\xff\xfe", id="not text"),
    ],
)
def test_what_is_forged_stale_or_malformed_is_refused_and_not_stored(headers: dict[str, str], payload: bytes) -> None:
    before = row_counts()
    with pytest.raises(InvalidWebhook):
        inbox.receive(*NORTH, headers, payload)
    assert row_counts() == before


@pytest.mark.usefixtures("app_context")
@pytest.mark.parametrize(("provider", "account"), [("sandbox", "nowhere"), ("stripe", "sandbox_north")])
def test_a_delivery_for_an_account_that_is_not_there_is_refused(provider: str, account: str) -> None:
    payload = webhooks.body("att_1")
    with pytest.raises(NotFound):
        inbox.receive(provider, account, webhooks.signed(payload), payload)


@pytest.mark.usefixtures("app_context")
def test_deliveries_are_forgotten_long_after_they_were_applied_and_never_before() -> None:
    long_ago, lately = utc_now() - timedelta(days=91), utc_now() - timedelta(days=89)
    with transaction():
        for event_id, received_at, applied_at in [
            ("evt_old", long_ago, long_ago),
            ("evt_lately", long_ago, lately),
            ("evt_waiting", long_ago, None),
        ]:
            db.session.add(
                WebhookDelivery(
                    account_id=NORTH[1],
                    event_id=event_id,
                    kind="charge.succeeded",
                    body="{}",
                    received_at=received_at,
                    applied_at=applied_at,
                )
            )
    inbox.forget_applied()
    assert set(db.session.scalars(select(WebhookDelivery.event_id))) == {"evt_lately", "evt_waiting"}
