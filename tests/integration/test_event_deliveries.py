"""Webhooks out: each endpoint is told of each event it wants, signed, until it has taken it or three days are over."""

import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select
from standardwebhooks import Webhook, WebhookVerificationError

from app.domain.statuses import PaymentStatus
from app.models import Alert, Event, EventDelivery, Job, WebhookEndpoint, db, utc_now
from app.services import event_deliveries, event_replays, events, jobs, webhook_endpoints, work
from app.services.transaction import transaction
from app.services.webhook_endpoints import WithSecret
from app.services.webhook_errors import EndpointOff, StillRotating, StillWaiting
from tests.support.receiver import Receiver, reach_loopback, replying, silent_for
from tests.support.rows import payment_row
from tests.support.threads import together

SLACK = timedelta(seconds=1)


@pytest.fixture
def hub(app: Flask) -> Iterator[Flask]:
    """The hub, in a context, allowed to tell systems on this machine."""
    reach_loopback(app)
    with app.app_context():
        yield app


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def register(url: str, *kinds: str) -> WithSecret:
    return webhook_endpoints.register(url=url, event_types=kinds, actor="system")


def paid() -> Event:
    """A payment that was collected, told as a move of its status tells it."""
    with transaction():
        return events.tell("payment.paid", payment_row(status=PaymentStatus.PAID))


def run_due() -> None:
    """Do the background work that is due, and what it asks for, until nothing is."""
    event_deliveries.wake()
    while leased := [job for job in jobs.lease_due() if job.kind in (events.PUBLISH, event_deliveries.DELIVER)]:
        for job in leased:
            work.run_job(job.id)


def only_delivery() -> EventDelivery:
    db.session.rollback()
    return db.session.scalars(select(EventDelivery)).one()


def endpoint_row(endpoint_id: str) -> WebhookEndpoint:
    db.session.rollback()
    return db.session.get_one(WebhookEndpoint, endpoint_id)


@pytest.mark.usefixtures("hub")
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


@pytest.mark.usefixtures("hub")
def test_endpoints_are_told_of_what_they_want_only(receiver: Receiver) -> None:
    with Receiver() as other, Receiver() as off:
        register(receiver.url, "payment.paid")
        register(other.url, "refund.failed")
        webhook_endpoints.disable(register(off.url).endpoint.id, reason="Not now.", actor="system")
        paid()
        run_due()
        assert (len(receiver.received), len(other.received), len(off.received)) == (1, 0, 0)


def test_an_event_handled_five_times_at_once_is_one_delivery(app: Flask, receiver: Receiver) -> None:
    reach_loopback(app)
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


@pytest.mark.usefixtures("hub")
def test_retries_follow_the_schedule_with_the_same_bytes_until_three_days_are_over(receiver: Receiver) -> None:
    """By a moved clock; the one endpoint, whose deliveries all failed, is then switched off with an alert."""
    endpoint_id = register(receiver.url).endpoint.id
    receiver.answers = [500] * 20
    began = utc_now()
    moments: list[datetime] = []
    with time_machine.travel(began, tick=False) as clock:
        paid()
        run_due()
        while (due := only_delivery().next_try_at) is not None:
            moments.append(due)
            clock.move_to(due - SLACK)
            run_due()
            assert only_delivery().next_try_at == due, "tried before its time"
            clock.move_to(due)
            run_due()
        pauses = [(later - earlier) for earlier, later in zip([began, *moments], moments, strict=False)]
    for pause, planned in zip(pauses[:-1], event_deliveries.SCHEDULE, strict=False):
        assert 0.9 * planned <= pause <= 1.1 * planned
    assert moments[-1] == began + timedelta(days=3)
    assert len(receiver.received) == len(moments) + 1
    assert len({request.body for request in receiver.received}) == 1
    assert len({request.headers["webhook-id"] for request in receiver.received}) == 1
    assert len({request.headers["webhook-timestamp"] for request in receiver.received}) == len(moments) + 1
    delivery = only_delivery()
    assert delivery.given_up_at is not None
    assert [each.http_status for each in delivery.tries] == [500] * (len(moments) + 1)
    assert "three days" in endpoint_row(endpoint_id).disabled_reason
    assert (
        db.session.scalars(select(Alert.subject_id).where(Alert.kind == event_deliveries.DISABLED)).one() == endpoint_id
    )


@pytest.mark.usefixtures("hub")
def test_an_endpoint_that_takes_anything_stays_on_when_one_delivery_is_given_up(receiver: Receiver) -> None:
    endpoint_id = register(receiver.url).endpoint.id
    receiver.answers = [500] * 8
    began = utc_now()
    with time_machine.travel(began, tick=False) as clock:
        paid()
        for hours in (0, 1, 3, 30, 71, 71.5, 71.9):
            clock.move_to(began + timedelta(hours=hours))
            run_due()
        receiver.answers = []
        paid()
        publish = [job for job in jobs.lease_due() if job.kind == events.PUBLISH]
        work.run_job(publish[0].id)
        run_due()  # the new one arrives
        receiver.answers = [500]
        clock.move_to(began + timedelta(hours=73))
        run_due()
    assert endpoint_row(endpoint_id).disabled_at is None
    assert db.session.scalar(select(func.count()).select_from(EventDelivery).where(EventDelivery.delivered_at > began))


@pytest.mark.usefixtures("hub")
def test_a_hub_that_was_away_for_days_still_tries_often_enough(receiver: Receiver) -> None:
    register(receiver.url)
    receiver.answers = [503]
    began = utc_now()
    with time_machine.travel(began, tick=False) as clock:
        paid()
        run_due()
        clock.move_to(began + timedelta(days=10))
        receiver.answers = [503]
        run_due()
        waiting = only_delivery()
        assert waiting.given_up_at is None
        clock.move_to(waiting.next_try_at)
        run_due()
    assert only_delivery().delivered_at is not None


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize(
    ("wish", "least", "most"),
    [("120", 120, 121), ("1", 4, 6), ("99999999999", 86400, 86401), ("nonsense", 4, 6), ("-5", 4, 6)],
)
def test_a_wish_to_be_tried_later_is_heeded_within_bounds(receiver: Receiver, wish: str, least: int, most: int) -> None:
    register(receiver.url)
    receiver.answers = [replying(429, Retry_After=wish)]
    with time_machine.travel(utc_now(), tick=False):
        paid()
        run_due()
        pause = only_delivery().next_try_at - utc_now()
    assert least <= pause.total_seconds() <= most


@pytest.mark.usefixtures("hub")
def test_an_endpoint_that_is_gone_is_switched_off_at_once_with_what_waits_for_it(receiver: Receiver) -> None:
    endpoint_id = register(receiver.url).endpoint.id
    receiver.answers = [410]
    paid()
    paid()
    run_due()
    assert len(receiver.received) == 1
    assert "410" in endpoint_row(endpoint_id).disabled_reason
    assert db.session.scalar(select(func.count()).select_from(Alert)) == 1
    assert db.session.scalar(select(func.count()).where(EventDelivery.given_up_at.is_not(None))) == 2
    paid()
    run_due()
    assert len(receiver.received) == 1
    assert db.session.scalar(select(func.count()).select_from(EventDelivery)) == 2


@pytest.mark.usefixtures("hub")
def test_what_an_endpoint_missed_while_it_was_off_is_replayed_and_nothing_twice(receiver: Receiver) -> None:
    endpoint_id = register(receiver.url).endpoint.id
    began = utc_now()
    told = paid().id
    run_due()
    webhook_endpoints.disable(endpoint_id, reason="Maintenance.", actor="system")
    missed = paid().id
    run_due()
    with pytest.raises(EndpointOff):
        event_replays.replay_since(endpoint_id, began, actor="system")
    webhook_endpoints.enable(endpoint_id, actor="system")
    assert event_replays.replay_since(endpoint_id, began - SLACK, actor="system") == 1
    run_due()
    assert [each.headers["webhook-id"] for each in receiver.received] == [told, missed]
    assert event_replays.replay_since(endpoint_id, began - SLACK, actor="system") == 0
    assert event_replays.replay_since(endpoint_id, began - SLACK, everything=True, actor="system") == 2
    run_due()
    assert sorted(each.headers["webhook-id"] for each in receiver.received[2:]) == sorted([told, missed])


@pytest.mark.usefixtures("hub")
def test_a_replay_is_a_round_of_its_own_and_an_answer_to_the_round_before_does_not_end_it(receiver: Receiver) -> None:
    register(receiver.url)
    paid()
    run_due()
    delivery = only_delivery()

    event_replays.replay(delivery.id, actor="system")
    with pytest.raises(StillWaiting):
        event_replays.replay(delivery.id, actor="system")
    late = event_deliveries._claim_next(delivery.endpoint_id)
    with transaction():
        delivery = only_delivery()
        delivery.round += 1  # a person began another round while that POST was under way
    event_deliveries._record(late, delivery.endpoint_id, event_deliveries.Outcome(204, 5, ""))
    assert only_delivery().delivered_at is None
    assert [each.http_status for each in only_delivery().tries] == [204, 204]


@pytest.mark.usefixtures("hub")
def test_both_secrets_sign_for_a_day_and_the_old_one_never_after(receiver: Receiver) -> None:
    old = register(receiver.url)
    began = utc_now()
    with time_machine.travel(began, tick=False) as clock:
        new = webhook_endpoints.rotate_secret(old.endpoint.id, actor="system")
        with pytest.raises(StillRotating):
            webhook_endpoints.rotate_secret(old.endpoint.id, actor="system")
        paid()
        run_due()
        for secret in (old.secret, new.secret):
            Webhook(secret).verify(receiver.received[0].body, receiver.received[0].headers)
        clock.move_to(began + timedelta(hours=24, seconds=1))
        paid()
        run_due()
        Webhook(new.secret).verify(receiver.received[1].body, receiver.received[1].headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(old.secret).verify(receiver.received[1].body, receiver.received[1].headers)
        webhook_endpoints.forget_old_secrets()
        assert endpoint_row(old.endpoint.id).encrypted_old_secret is None
        last = webhook_endpoints.rotate_secret(old.endpoint.id, keep_old=False, actor="system")
        paid()
        run_due()
        with pytest.raises(WebhookVerificationError):
            Webhook(new.secret).verify(receiver.received[2].body, receiver.received[2].headers)
        Webhook(last.secret).verify(receiver.received[2].body, receiver.received[2].headers)


@pytest.mark.usefixtures("hub")
def test_a_test_goes_to_one_endpoint_and_says_that_it_is_one(receiver: Receiver) -> None:
    with Receiver() as other:
        endpoint = register(receiver.url, "refund.failed")
        register(other.url)
        event_replays.send_test(endpoint.endpoint.id, actor="system")
        run_due()
        said = json.loads(receiver.received[0].body)
        assert said["type"] == event_replays.TEST
        assert other.received == []


@pytest.mark.usefixtures("hub")
def test_a_killed_worker_loses_nothing(receiver: Receiver) -> None:
    endpoint = register(receiver.url).endpoint
    event = paid()
    event_deliveries.fan_out(event)
    assert event_deliveries._claim_next(endpoint.id) is not None  # and then it was killed
    with time_machine.travel(utc_now() + event_deliveries.CLAIM + SLACK):
        run_due()
        assert only_delivery().delivered_at is not None
        assert only_delivery().tried_count == 2
    assert len(receiver.received) == 1


def test_a_slow_endpoint_holds_one_worker_and_nobody_else_up(app: Flask, receiver: Receiver) -> None:
    reach_loopback(app)
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
@pytest.mark.usefixtures("hub")
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
    config = app.config["JUNCTION"]
    reach_loopback(app)
    with app.app_context():
        register(receiver.url)
        app.config["JUNCTION"] = config  # which may not reach loopback
        paid()
        run_due()
        [tried] = only_delivery().tries
        assert tried.http_status is None
        assert "private network" in tried.detail
        assert "WEBHOOK_ALLOWED_NETWORKS" in tried.detail
    assert receiver.received == []
