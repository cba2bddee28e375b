"""Deliveries and settlements, one step at a time."""

import time

import pytest
import requests
from werkzeug.test import Client

from providers.sandbox.service import courier
from providers.sandbox.service.application import Service
from providers.sandbox.service.config import ServiceConfig
from providers.sandbox.service.store import Store
from tests.unit.providers.support import headers, new_charge, state_of


def _press(client: Client, outcome: str, **changes: object) -> dict:
    charge = new_charge(client, **changes)
    client.post(f"/pay/{charge['id']}", data={"outcome": outcome})
    return charge


def _make_due(config: ServiceConfig) -> None:
    """Let every pause be over."""
    with Store(config.database).transaction() as connection:
        connection.execute("UPDATE deliveries SET due_at = 0, claimed_until = 0")


def _deliveries(client: Client) -> list[dict]:
    return client.get("/v1/ledger", headers=headers()).json["deliveries"]


def test_pauses_grow_and_delivery_is_given_up_in_the_end(client: Client, config: ServiceConfig):
    _press(client, "approve")
    store, session = Store(config.database), requests.Session()
    pauses = []
    for _ in courier.PAUSES:
        _make_due(config)
        assert courier.deliver_one(store, config, session)
        with store.transaction() as connection:
            pauses.append(connection.execute("SELECT due_at FROM deliveries").fetchone()[0] - time.time())
    assert pauses == pytest.approx(courier.PAUSES, abs=0.45)
    assert list(courier.PAUSES) == sorted(courier.PAUSES)
    _make_due(config)
    assert courier.deliver_one(store, config, session)
    assert _deliveries(client)[0]["status"] == "given_up"
    assert not courier.deliver_one(store, config, session)


def test_a_claimed_delivery_is_left_alone_until_the_claim_is_over(client: Client, config: ServiceConfig):
    _press(client, "approve")
    store = Store(config.database)
    with store.transaction() as connection:
        connection.execute("UPDATE deliveries SET claimed_until = ?", (time.time() + 60,))
    assert not courier.deliver_one(store, config, requests.Session())
    assert _deliveries(client)[0]["tries"] == 0


def test_nothing_settles_or_expires_before_its_time(client: Client, service: Service):
    pending, waiting = _press(client, "pending"), new_charge(client)
    service.background.settle_due()
    assert state_of(client, pending) == state_of(client, waiting) == "pending"


def test_each_change_is_told_exactly_once(client: Client, service: Service, config: ServiceConfig):
    _press(client, "pending")
    with Store(config.database).transaction() as connection:
        connection.execute("UPDATE charges SET settle_at = 0")
    for _ in range(3):
        service.background.settle_due()
    told = [delivery["body"].split('"')[3] for delivery in _deliveries(client)]
    assert told == ["charge.pending", "charge.succeeded"]


def test_an_expired_charge_is_told_and_cannot_be_paid(client: Client, service: Service, config: ServiceConfig):
    charge = new_charge(client)
    with Store(config.database).transaction() as connection:
        connection.execute("UPDATE charges SET expires_at = 0")
    client.post(f"/pay/{charge['id']}", data={"outcome": "approve"})
    service.background.settle_due()
    assert state_of(client, charge) == "failed"
    assert ["charge.failed" in delivery["body"] for delivery in _deliveries(client)] == [True]
    assert "Payment expired" in client.get(f"/pay/{charge['id']}").text
