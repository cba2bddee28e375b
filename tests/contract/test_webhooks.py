"""Webhooks: what is proven is read, everything else is `InvalidWebhook` and nothing but that."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.interface import Charge, InvalidWebhook, WebhookEvent
from tests.contract.stand_in import StandIn
from tests.support.webhook_sink import Delivery

BODIES = (
    b"",
    b"null",
    b"[]",
    b"{}",
    b"{",
    b"\xff\xfe",
    b"\x00",
    b'"text"',
    b"1e999",
    b'{"data": 1}',
    b"[" * 9000,
    b'{"type": 1, "timestamp": 2, "data": {}}',
    b'{"type": "x", "timestamp": "now", "data": {"id": "a"}}',
)


def _about(deliveries: list[Delivery], reference: str, kind: str) -> list[Delivery]:
    return [
        delivery
        for delivery in deliveries
        if f'"{reference}"'.encode() in delivery.body and f'"{kind}"'.encode() in delivery.body
    ]


def _delivered(stand_in: StandIn) -> tuple[Charge, Delivery]:
    """A paid charge and the delivery that tells about it."""
    charge = stand_in.paid()
    found = stand_in.sink.wait_for(lambda all_: bool(_about(all_, charge.attempt_id, stand_in.payment_told)))
    return charge, _about(found, charge.attempt_id, stand_in.payment_told)[0]


def _parse(stand_in: StandIn, headers: Mapping[str, str], body: bytes, now: datetime | None = None) -> WebhookEvent:
    return stand_in.provider.parse_webhook(stand_in.account, headers, body, now or stand_in.now())


def test_a_real_delivery_is_read(stand_in: StandIn):
    charge, delivery = _delivered(stand_in)
    event = _parse(stand_in, delivery.headers, delivery.body)
    assert (event.attempt_id, event.refund_id) == (charge.attempt_id, None)
    assert (event.provider_reference, event.kind) == (charge.provider_reference, stand_in.payment_told)
    assert event.event_id == stand_in.event_id(delivery)
    assert abs(datetime.now(UTC) - event.occurred_at) < timedelta(minutes=1)
    assert delivery.path.startswith(f"/v1/webhooks/{stand_in.provider.name}")
    assert _parse(stand_in, {name.title(): value for name, value in delivery.headers.items()}, delivery.body) == event


def test_a_refund_is_told_with_its_own_id(stand_in: StandIn):
    charge = stand_in.paid()
    refund = stand_in.refund_request(charge)
    stand_in.provider.refund(stand_in.account, refund)
    found = stand_in.sink.wait_for(lambda all_: bool(_about(all_, refund.refund_id, stand_in.refund_told)))
    delivery = _about(found, refund.refund_id, stand_in.refund_told)[0]
    event = _parse(stand_in, delivery.headers, delivery.body)
    assert event.refund_id == refund.refund_id
    assert event.attempt_id in (None, charge.attempt_id)


@pytest.mark.parametrize("minutes", [-10, -5.1, 5.1, 60 * 24 * 365])
def test_stale_or_future_is_invalid(stand_in: StandIn, minutes: float):
    _, delivery = _delivered(stand_in)
    with pytest.raises(InvalidWebhook):
        _parse(stand_in, delivery.headers, delivery.body, datetime.now(UTC) + timedelta(minutes=minutes))


def test_what_does_not_prove_the_body_is_invalid(stand_in: StandIn):
    _, delivery = _delivered(stand_in)
    for body in (delivery.body + b" ", delivery.body.replace(b"succeeded", b"failed")):
        with pytest.raises(InvalidWebhook):
            _parse(stand_in, delivery.headers, body)
    for headers in stand_in.forgeries(delivery):
        with pytest.raises(InvalidWebhook):
            _parse(stand_in, headers, delivery.body)


def test_another_accounts_secret_does_not_open_it(stand_in: StandIn):
    _, delivery = _delivered(stand_in)
    for other in stand_in.accounts()[1:]:
        with pytest.raises(InvalidWebhook):
            stand_in.provider.parse_webhook(other, delivery.headers, delivery.body, datetime.now(UTC))


@pytest.mark.parametrize("body", BODIES)
def test_a_forged_body_is_invalid(stand_in: StandIn, body: bytes):
    _, delivery = _delivered(stand_in)
    with pytest.raises(InvalidWebhook):
        _parse(stand_in, delivery.headers, body)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=200),
    headers=st.dictionaries(
        st.sampled_from(["webhook-id", "Webhook-Timestamp", "webhook-signature", "stripe-signature"]),
        st.text(max_size=80),
    ),
)
def test_whatever_the_bytes_nothing_but_invalid_webhook(stand_in: StandIn, body: bytes, headers: dict[str, str]):
    with pytest.raises(InvalidWebhook):
        _parse(stand_in, headers, body)


def _kind(stand_in: StandIn, deliveries: list[Delivery], kind: str) -> list[Delivery]:
    return [delivery for delivery in deliveries if f'"{kind}"'.encode() in delivery.body]


def test_refused_deliveries_come_again_under_the_same_id(own_stand_in: StandIn):
    own_stand_in.sink.answers = [500, 404, 302]

    def by_event(deliveries: list[Delivery]) -> dict[str, list[Delivery]]:
        ids = {own_stand_in.event_id(one) for one in deliveries}
        return {name: [one for one in deliveries if own_stand_in.event_id(one) == name] for name in ids}

    charge = own_stand_in.paid()
    deliveries = own_stand_in.sink.wait_for(
        lambda all_: len(all_) > 3 and all(one[-1].answered == 204 for one in by_event(all_).values())
    )
    assert sorted(one.answered for one in deliveries if one.answered != 204) == [302, 404, 500]
    for about in by_event(deliveries).values():
        assert [one.answered for one in about].count(204) == 1
        parsed = [_parse(own_stand_in, one.headers, one.body) for one in about]
        assert len(set(parsed)) == 1
        assert parsed[0].attempt_id == charge.attempt_id


def test_duplicates_have_the_same_id(own_stand_in: StandIn):
    own_stand_in.disturb(duplicate_webhooks=1)
    own_stand_in.paid()
    deliveries = own_stand_in.sink.wait_for(lambda all_: len(_kind(own_stand_in, all_, own_stand_in.payment_told)) == 2)
    first, second = _kind(own_stand_in, deliveries, own_stand_in.payment_told)
    assert own_stand_in.event_id(first) == own_stand_in.event_id(second)
    assert _parse(own_stand_in, first.headers, first.body) == _parse(own_stand_in, second.headers, second.body)


def test_shuffled_and_late_deliveries_all_arrive_and_are_proven_when_they_are_sent(own_stand_in: StandIn):
    own_stand_in.disturb(shuffle_webhooks=1, hold_webhooks=1)
    charges = [own_stand_in.paid() for _ in range(12)]
    attempts = [charge.attempt_id for charge in charges]
    own_stand_in.provider.refund(own_stand_in.account, own_stand_in.refund_request(charges[0]))  # it happened since
    assert own_stand_in.sink.deliveries == []
    own_stand_in.disturb(shuffle_webhooks=1)
    deliveries = own_stand_in.sink.wait_for(
        lambda all_: len(_kind(own_stand_in, all_, own_stand_in.payment_told)) == 12
    )
    about = _kind(own_stand_in, deliveries, own_stand_in.payment_told)
    told = [_parse(own_stand_in, delivery.headers, delivery.body).attempt_id for delivery in about]
    assert sorted(told, key=str) == sorted(attempts)
    assert told != attempts
