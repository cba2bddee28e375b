"""Webhooks out: each endpoint is told of each event it wants, signed, once, and holds nobody else up."""

import threading
import time
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import func, select
from standardwebhooks import Webhook, WebhookVerificationError

from app.models import Event, EventDelivery, Job, db, utc_now
from app.services import event_deliveries, jobs, webhook_endpoints, work
from app.services.transaction import transaction
from tests.support.receiver import Receiver, silent_for
from tests.support.threads import together
from tests.support.webhooks_out import only_delivery, paid, register, run_due


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.usefixtures("app_context")
def test_slow_endpoints_never_hold_all_threads(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    slots = threading.BoundedSemaphore(1)
    monkeypatch.setattr(event_deliveries, "_SLOTS", slots)
    endpoint_id = register(receiver.url).endpoint.id
    paid()
    with slots:
        run_due()
        assert receiver.received == []
        with pytest.raises(jobs.NotYet):
            event_deliveries.deliver_due(endpoint_id)
    event_deliveries.deliver_due(endpoint_id)
    assert len(receiver.received) == 1


@pytest.mark.usefixtures("app_context")
def test_an_event_arrives_signed_so_that_the_library_of_the_standard_accepts_it(receiver: Receiver) -> None:
    secret = register(receiver.url).secret
    event_id = paid().id
    run_due()
    [received] = receiver.received
    said = Webhook(secret).verify(received.body, received.headers)
    event = db.session.get_one(Event, event_id)
    assert received.headers["webhook-id"] == event_id
    assert said == {
        "type": "payment.paid",
        "timestamp": event.created_at.isoformat(),
        "data": {**event.data, "status": "paid", "amount": 12990},
    }
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(received.body.replace(b"12990", b"1"), received.headers)
    assert only_delivery().delivered_at is not None
    assert "whsec_" not in received.body.decode() + str(received.headers)


@pytest.mark.usefixtures("app_context")
def test_endpoints_are_told_of_what_they_want_only(receiver: Receiver) -> None:
    with Receiver() as other, Receiver() as off:
        register(receiver.url, "payment.paid")
        register(other.url, "refund.failed")
        webhook_endpoints.disable(register(off.url).endpoint.id, reason="Not now.", actor="system")
        paid()
        run_due()
        assert (len(receiver.received), len(other.received), len(off.received)) == (1, 0, 0)


def test_an_event_handled_five_times_at_once_is_one_delivery(app: Flask, receiver: Receiver) -> None:
    with app.app_context():
        endpoint_id = register(receiver.url).endpoint.id
        event_id = paid().id

    def handle() -> None:
        with app.app_context():
            for _ in range(5):
                event_deliveries.fan_out(db.session.get_one(Event, event_id))

    assert together(4, handle) == [None] * 4
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(EventDelivery)) == 1

    def deliver() -> None:
        with app.app_context():
            event_deliveries.deliver_due(endpoint_id)

    assert together(4, deliver) == [None] * 4
    assert len(receiver.received) == 1, "two workers sent the same delivery"


def test_a_slow_endpoint_holds_one_worker_and_nobody_else_up(app: Flask, receiver: Receiver) -> None:
    with Receiver(answers=[silent_for(0.3)] * 4) as slow, app.app_context():
        register(slow.url)
        register(receiver.url)
        for _ in range(4):
            event_deliveries.fan_out(paid())
        waiting = [job.id for job in jobs.lease_due() if job.kind == event_deliveries.DELIVER]
        assert len(waiting) == 2, "there is one job for each endpoint, however much it is to be told"
        turns = iter([*waiting, *waiting])

        def take_a_turn() -> float:
            with app.app_context():
                work.run_job(next(turns))
            return time.monotonic()

        ended = sorted(together(4, take_a_turn))
        assert slow.most_at_once <= 2  # a job that is handed out twice goes on with the next delivery
        assert len(slow.received) == len(receiver.received) == 4
        assert ended[-1] - ended[0] > 0.3, "the quick endpoint waited for the slow one"


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.usefixtures("app_context")
def test_what_was_added_while_a_job_ended_is_found_by_the_sweep(receiver: Receiver) -> None:
    register(receiver.url)
    event_deliveries.fan_out(paid())
    with transaction():
        for job in db.session.scalars(select(Job)):
            job.done_at = utc_now()
    work.sweep()
    run_due()
    assert len(receiver.received) == 1


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_private_address_is_said_in_the_log_of_the_delivery(app: Flask, receiver: Receiver) -> None:
    with app.app_context():
        register(receiver.url)
        app.config["JUNCTION"] = replace(app.config["JUNCTION"], webhook_allowed_networks=())
        paid()
        run_due()
        [tried] = only_delivery().tries
        assert tried.http_status is None
        assert "private network" in tried.detail
        assert "WEBHOOK_ALLOWED_NETWORKS" in tried.detail
    assert receiver.received == []
