"""Stripe's webhooks: what its secret signed now, in this mode and account, is read; nothing else is, whatever it is."""

import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.interface import AccountConfig, InvalidWebhook, WebhookEvent
from providers.stripe.webhooks import parse, sign
from tests.support.stripe_fuzz import bent_bodies, bent_headers

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECRET, OLD = "whsec_new", "whsec_old"
ACCOUNT = AccountConfig(
    id="a", provider="stripe", settings={"account_id": "acct_1"}, secrets={"webhook_secret": SECRET}
)
SESSION = {"object": "checkout.session", "id": "cs_1", "client_reference_id": "att_1", "metadata": {}}


def body(thing: object = SESSION, **changes: object) -> bytes:
    """An event about a thing."""
    event = {"id": "evt_1", "object": "event", "type": "checkout.session.completed", "created": int(NOW.timestamp())}
    return json.dumps(event | {"livemode": False, "data": {"object": thing}} | changes).encode()


def heard(content: bytes, secret: str = SECRET, account: AccountConfig = ACCOUNT, at: datetime = NOW) -> WebhookEvent:
    """What a delivery that was signed at a time says now."""
    return parse(account, {"STRIPE-signature": sign(secret, content, at)}, content, NOW)


@pytest.mark.parametrize(
    ("thing", "attempt", "refund", "subscription"),
    [
        (SESSION, "att_1", None, None),
        ({"object": "payment_intent", "id": "pi_1", "metadata": {"junction_attempt": "att_1"}}, "att_1", None, None),
        ({"object": "charge", "id": "ch_1", "metadata": {"junction_attempt": "att_1"}}, "att_1", None, None),
        ({"object": "refund", "id": "re_1", "metadata": {"junction_refund": "re_9"}}, None, "re_9", None),
        ({"object": "subscription", "id": "s", "metadata": {"junction_subscription": "sub_9"}}, None, None, "sub_9"),
        (
            {
                "object": "invoice",
                "id": "in_1",
                "metadata": {},
                "parent": {"subscription_details": {"metadata": {"junction_subscription": "sub_9"}}},
            },
            None,
            None,
            "sub_9",
        ),
        ({"object": "payment_intent", "id": "pi_2", "metadata": {"order": "1"}}, None, None, None),
        ({"object": "dispute", "id": "dp_1", "charge": "ch_1"}, None, None, None),
    ],
)
def test_events_lead_to_what_is_ours(
    thing: dict[str, Any], attempt: str | None, refund: str | None, subscription: str | None
):
    event = heard(body(thing))
    assert (event.attempt_id, event.refund_id, event.subscription_id) == (attempt, refund, subscription)
    assert (event.event_id, event.kind) == ("evt_1", "checkout.session.completed")
    assert (event.provider_reference, event.occurred_at) == (thing["id"], NOW)


@pytest.mark.parametrize("minutes", [-5, 0, 5])
def test_within_five_minutes_both_ways_it_is_taken(minutes: float):
    assert heard(body(), at=NOW + timedelta(minutes=minutes)).attempt_id == "att_1"


@pytest.mark.parametrize("minutes", [-5.1, 5.1, 60 * 24 * 400, -60 * 24 * 400])
def test_stale_or_from_the_future_it_is_not(minutes: float):
    with pytest.raises(InvalidWebhook):
        heard(body(), at=NOW + timedelta(minutes=minutes))


def test_while_the_secret_is_changed_either_is_taken():
    both = replace(ACCOUNT, secrets={"webhook_secret": SECRET, "previous_webhook_secret": OLD})
    one, other = sign(OLD, body(), NOW), sign("whsec_third", body(), NOW)
    assert heard(body(), OLD, both) == heard(body(), SECRET, both)
    several = f"{other},{one.partition(',')[2]},v0=abc"
    assert parse(both, {"Stripe-Signature": several}, body(), NOW).attempt_id == "att_1"
    for account, header in ((ACCOUNT, one), (both, other)):
        with pytest.raises(InvalidWebhook):
            parse(account, {"Stripe-Signature": header}, body(), NOW)


def test_without_a_secret_nothing_is_taken():
    with pytest.raises(InvalidWebhook):
        heard(body(), "", replace(ACCOUNT, secrets={"webhook_secret": ""}))


def test_live_and_test_are_never_mixed():
    live = replace(ACCOUNT, live=True)
    assert heard(body(livemode=True), account=live).attempt_id == "att_1"
    for account, mode in ((ACCOUNT, True), (live, False), (ACCOUNT, None), (ACCOUNT, 0), (live, 1)):
        with pytest.raises(InvalidWebhook):
            heard(body(livemode=mode), account=account)


def test_another_stripe_account_is_not_ours():
    assert heard(body(account="acct_1")).attempt_id == "att_1"
    for account in (ACCOUNT, replace(ACCOUNT, settings={})):
        with pytest.raises(InvalidWebhook):
            heard(body(account="acct_2"), account=account)


@pytest.mark.parametrize(
    "header",
    ["", "t=1", "v1=abc", "t=,v1=", "t=x,v1=a", "t=١٢٣,v1=a", "t=1,t=1,v1=a", "t=" + "9" * 400, "ü=é", "\udc80", ",="],
)
def test_a_malformed_signature_is_invalid(header: str):
    with pytest.raises(InvalidWebhook):
        parse(ACCOUNT, {"Stripe-Signature": header}, body(), NOW)


def event() -> dict[str, Any]:
    """A whole event, of which all that is read is there."""
    metadata = {"junction_attempt": "att_1", "junction_refund": "re_1", "junction_subscription": "sub_1"}
    thing = {**SESSION, "metadata": metadata, "parent": {"subscription_details": {"metadata": metadata}}}
    whole: dict[str, Any] = json.loads(body(thing, account="acct_1"))
    return whole


def test_ten_thousand_bent_bodies_are_invalid_or_read():
    bodies, read = bent_bodies(random.Random(20_261_123), event()), 0
    for content in islice(bodies, 5000):
        try:
            told = heard(content)
        except InvalidWebhook:
            continue
        read += 1
        words = (told.event_id, told.kind, told.attempt_id, told.refund_id, told.subscription_id)
        assert all(word is None or (word.isprintable() and 0 < len(word) <= 255) for word in words)
    assert 500 < read < 4500, "some must be bent where nothing is read, some where it is"
    chance = random.Random(7)
    for content, header in islice(zip(bodies, bent_headers(chance, body(), NOW), strict=False), 5000):
        with pytest.raises(InvalidWebhook):
            parse(ACCOUNT, {"stripe-signature": header}, content, NOW)


@settings(max_examples=300)
@given(content=st.binary(max_size=200) | st.just(body()), header=st.text(max_size=100))
def test_whatever_the_bytes_nothing_but_invalid(content: bytes, header: str):
    with pytest.raises(InvalidWebhook):
        parse(ACCOUNT, {"stripe-signature": header}, content, NOW)
