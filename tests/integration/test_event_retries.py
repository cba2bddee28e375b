"""Webhooks that are not taken: tried again by a schedule until three days are over, through crashes and absences."""

from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from app.models import Alert, EventDelivery, db, utc_now
from app.services import event_deliveries, events, jobs, webhook_endpoints, work
from app.services.webhook_posting import Outcome
from tests.support.receiver import Receiver, replying
from tests.support.webhooks_out import endpoint_row, only_delivery, paid, register, run_due

SLACK = timedelta(seconds=1)


@pytest.mark.usefixtures("app_context")
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


@pytest.mark.usefixtures("app_context")
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


@pytest.mark.usefixtures("app_context")
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
@pytest.mark.usefixtures("app_context")
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


@pytest.mark.usefixtures("app_context")
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


@pytest.mark.usefixtures("app_context", "receiver")
def test_an_answer_of_the_old_address_says_nothing_about_the_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint_id = register("https://old.example/").endpoint.id

    def gone(*_: object) -> Outcome:
        webhook_endpoints.change(endpoint_id, url="https://new.example/", actor="tester")
        return Outcome(410, 1, "")

    monkeypatch.setattr(event_deliveries, "post", gone)
    paid()
    run_due()
    assert endpoint_row(endpoint_id).disabled_at is None
    assert only_delivery().next_try_at is not None


@pytest.mark.usefixtures("app_context", "receiver")
def test_what_was_taken_is_delivered_though_its_endpoint_was_switched_off_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    endpoint_id = register("https://shop.example/").endpoint.id

    def taken(*_: object) -> Outcome:
        webhook_endpoints.disable(endpoint_id, reason="Not now.", actor="tester")
        return Outcome(204, 1, "")

    monkeypatch.setattr(event_deliveries, "post", taken)
    paid()
    run_due()
    assert event_deliveries.state_of(only_delivery()) == "delivered"


@pytest.mark.usefixtures("app_context")
def test_what_ended_long_ago_is_forgotten_and_what_waits_is_not(receiver: Receiver) -> None:
    register(receiver.url)
    began = utc_now()
    with time_machine.travel(began - timedelta(days=91), tick=False):
        paid()
        run_due()
        receiver.answers = [500]
        paid()
        run_due()
    event_deliveries.forget_old()
    assert only_delivery().tries[0].http_status == 500


@pytest.mark.usefixtures("app_context")
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
