"""Webhooks: what is proven is read, everything else is `InvalidWebhook` and nothing but that."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.interface import Charge, InvalidWebhook, WebhookEvent
from tests.contract.stand_in import StandIn
from tests.support.webhook_sink import Delivery

SIGNATURES = (
    "",
    "v1",
    "v1,",
    "v1,!!!",
    "v1,AAAA",
    "v1,ünïcödé",
    "v2,AAAA",
    ",",
    "v1,a,b",
    "\udc80",
    "v1,=" * 9,
    "v1," + "A" * 44,
)
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


def _about(deliveries: list[Delivery], charge: Charge, kind: str) -> list[Delivery]:
    return [
        delivery
        for delivery in deliveries
        if f'"{charge.attempt_id}"'.encode() in delivery.body and f'"{kind}"'.encode() in delivery.body
    ]


def _delivered(stand_in: StandIn) -> tuple[Charge, Delivery]:
    """A paid charge and the delivery that tells about it."""
    charge = stand_in.paid()
    found = stand_in.sink.wait_for(lambda all_: bool(_about(all_, charge, "charge.succeeded")))
    return charge, _about(found, charge, "charge.succeeded")[0]


def _parse(stand_in: StandIn, headers: dict[str, str], body: bytes, now: datetime | None = None) -> WebhookEvent:
    return stand_in.provider.parse_webhook(stand_in.account, headers, body, now or datetime.now(UTC))


def test_a_real_delivery_is_read(stand_in: StandIn):
    charge, delivery = _delivered(stand_in)
    event = _parse(stand_in, delivery.headers, delivery.body)
    assert (event.attempt_id, event.refund_id) == (charge.attempt_id, None)
    assert (event.provider_reference, event.kind) == (charge.provider_reference, "charge.succeeded")
    assert event.event_id == delivery.event_id
    assert abs(datetime.now(UTC) - event.occurred_at) < timedelta(minutes=1)
    assert delivery.path.startswith(f"/v1/webhooks/{stand_in.provider.name}")
    assert _parse(stand_in, {name.title(): value for name, value in delivery.headers.items()}, delivery.body) == event


def test_a_refund_is_told_with_its_own_id(stand_in: StandIn):
    charge = stand_in.paid()
    refund = stand_in.refund_request(charge)
    stand_in.provider.refund(stand_in.account, refund)
    found = stand_in.sink.wait_for(lambda all_: bool(_about(all_, charge, "refund.succeeded")))
    delivery = _about(found, charge, "refund.succeeded")[0]
    event = _parse(stand_in, delivery.headers, delivery.body)
    assert (event.refund_id, event.attempt_id) == (refund.refund_id, charge.attempt_id)


@pytest.mark.parametrize("minutes", [-10, -5.1, 5.1, 60 * 24 * 365])
def test_stale_or_future_is_invalid(stand_in: StandIn, minutes: float):
    _, delivery = _delivered(stand_in)
    with pytest.raises(InvalidWebhook):
        _parse(stand_in, delivery.headers, delivery.body, datetime.now(UTC) + timedelta(minutes=minutes))


def test_a_changed_body_or_header_is_invalid(stand_in: StandIn):
    _, delivery = _delivered(stand_in)
    changed = [
        (delivery.headers, delivery.body + b" "),
        (delivery.headers, delivery.body.replace(b"succeeded", b"failed")),
        (delivery.headers | {"webhook-id": "evt_other"}, delivery.body),
        (delivery.headers | {"webhook-timestamp": str(int(delivery.headers["webhook-timestamp"]) - 1)}, delivery.body),
    ]
    for headers, body in changed:
        with pytest.raises(InvalidWebhook):
            _parse(stand_in, headers, body)


def test_another_accounts_secret_does_not_open_it(stand_in: StandIn):
    _, delivery = _delivered(stand_in)
    for other in stand_in.accounts()[1:]:
        with pytest.raises(InvalidWebhook):
            stand_in.provider.parse_webhook(other, delivery.headers, delivery.body, datetime.now(UTC))


@pytest.mark.parametrize("signature", SIGNATURES)
def test_a_forged_signature_is_invalid(stand_in: StandIn, signature: str):
    _, delivery = _delivered(stand_in)
    with pytest.raises(InvalidWebhook):
        _parse(stand_in, delivery.headers | {"webhook-signature": signature}, delivery.body)


@pytest.mark.parametrize("stamp", ["", "0", "-1", "now", "1e9", "NaN", "9" * 400, "99999999999", "١٢٣", "1.5"])
def test_a_malformed_timestamp_is_invalid(stand_in: StandIn, stamp: str):
    _, delivery = _delivered(stand_in)
    with pytest.raises(InvalidWebhook):
        _parse(stand_in, delivery.headers | {"webhook-timestamp": stamp}, delivery.body)


def test_missing_headers_are_invalid(stand_in: StandIn):
    _, delivery = _delivered(stand_in)
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        with pytest.raises(InvalidWebhook):
            _parse(stand_in, {key: value for key, value in delivery.headers.items() if key != name}, delivery.body)


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


def test_refused_deliveries_come_again_under_the_same_id(own_stand_in: StandIn):
    own_stand_in.sink.answers = [500, 404, 302]
    charge = own_stand_in.paid()
    deliveries = own_stand_in.sink.wait_for(lambda all_: any(delivery.answered == 204 for delivery in all_))
    assert [delivery.answered for delivery in deliveries] == [500, 404, 302, 204]
    assert len({delivery.event_id for delivery in deliveries}) == 1
    for delivery in deliveries:
        assert _parse(own_stand_in, delivery.headers, delivery.body).attempt_id == charge.attempt_id


def test_duplicates_have_the_same_id(own_stand_in: StandIn):
    own_stand_in.disturb(duplicate_webhooks=1)
    own_stand_in.paid()
    deliveries = own_stand_in.sink.wait_for(lambda all_: len(all_) == 2)
    assert deliveries[0].event_id == deliveries[1].event_id


def test_shuffled_and_held_deliveries_all_arrive(own_stand_in: StandIn):
    own_stand_in.disturb(shuffle_webhooks=1, hold_webhooks=1)
    attempts = [own_stand_in.paid().attempt_id for _ in range(12)]
    assert own_stand_in.sink.deliveries == []
    own_stand_in.disturb()
    deliveries = own_stand_in.sink.wait_for(lambda all_: len(all_) == 12)
    told = [_parse(own_stand_in, delivery.headers, delivery.body).attempt_id for delivery in deliveries]
    assert sorted(told, key=str) == sorted(attempts)
    assert told != attempts
