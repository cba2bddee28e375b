"""Telling an endpoint again, testing it, and changing the secret that signs."""

import json
from datetime import datetime, timedelta

import pytest
import time_machine
from standardwebhooks import Webhook, WebhookVerificationError

from app.models import utc_now
from app.services import event_deliveries, event_replays, webhook_endpoints
from app.services.errors import FieldsRefused
from app.services.transaction import transaction
from app.services.webhook_errors import EndpointOff, StillRotating, StillWaiting
from tests.support.receiver import Receiver
from tests.support.webhooks_out import endpoint_row, only_delivery, paid, register, run_due

SLACK = timedelta(seconds=1)


@pytest.mark.usefixtures("app_context")
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


@pytest.mark.usefixtures("app_context")
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


@pytest.mark.usefixtures("app_context")
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


@pytest.mark.usefixtures("app_context")
def test_a_test_goes_to_one_endpoint_and_says_that_it_is_one(receiver: Receiver) -> None:
    with Receiver() as other:
        endpoint = register(receiver.url, "refund.failed")
        register(other.url)
        event_replays.send_test(endpoint.endpoint.id, actor="system")
        run_due()
        said = json.loads(receiver.received[0].body)
        assert said["type"] == event_replays.TEST
        assert other.received == []


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.usefixtures("app_context", "receiver")
def test_what_has_not_happened_yet_cannot_be_told_again() -> None:
    endpoint_id = register("https://shop.example/").endpoint.id
    for since in ("9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"):
        with pytest.raises(FieldsRefused):
            event_replays.replay_since(endpoint_id, datetime.fromisoformat(since), actor="tester")


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.usefixtures("app_context", "receiver")
def test_the_endpoints_that_were_removed_last_are_listed_first() -> None:
    for name in ("first", "last"):
        endpoint_id = register(f"https://{name}.example/").endpoint.id
        webhook_endpoints.remove(endpoint_id, actor="tester")
    removed = [endpoint.url for endpoint in webhook_endpoints.list_endpoints(removed=True)]
    assert removed == ["https://last.example/", "https://first.example/"]
