"""The sandbox's own renewals under a clock that the test moves: dates, retries, giving up, and catching up."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from werkzeug.test import Client

from providers.sandbox.service.application import Service
from tests.unit.providers.support import headers, new_charge

START = datetime(2027, 1, 31, 9, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """A clock that stands still until it is moved."""
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def token(clock: time_machine.Traveller, client: Client) -> str:
    """What a customer left behind who agreed to later charges."""
    charge = new_charge(client, save_for_later=True)
    client.post(f"/pay/{charge['id']}", data={"outcome": "approve"})
    found = client.get("/v1/charges", query_string={"reference": charge["reference"]}, headers=headers())
    return str(found.json["data"][0]["token"])


@pytest.fixture
def monthly(client: Client, token: str) -> dict[str, Any]:
    """A subscription since 31 January, its second period due at the end of February."""
    return _start(client, token)


def _start(client: Client, token: str, **changes: Any) -> dict[str, Any]:
    body = {
        "reference": "sub_1", "token": token, "method": "card", "amount": 990, "currency": "EUR",
        "interval_unit": "month", "interval_count": 1, "anchor_on": "2027-01-31", "timezone": "Europe/Rome",
        "first_number": 2, "first_due_at": "2027-02-28T08:00:00+00:00", "merchant_reference": "Membership 7",
    }  # fmt: skip
    reply = client.post("/v1/subscriptions", json=body | changes, headers=headers())
    assert reply.status_code == 201, reply.text
    return dict(reply.json)


def _now(client: Client) -> dict[str, Any]:
    query = {"reference": "sub_1"}
    return dict(client.get("/v1/subscriptions", query_string=query, headers=headers()).json["data"][0])


def _fault(client: Client, **switches: Any) -> None:
    client.put("/v1/faults", json=switches, headers=headers())


def test_dates_come_from_the_anchor_in_the_merchants_zone(clock, client: Client, service: Service, monthly):
    for _ in range(190):
        clock.shift(DAY)
        service.background.settle_due()
    assert [renewal["due_at"][:16] for renewal in _now(client)["renewals"]] == [
        "2027-02-28T08:00",
        "2027-03-31T07:00",  # nine in Rome all the year round
        "2027-04-30T07:00",
        "2027-05-31T07:00",
        "2027-06-30T07:00",
        "2027-07-31T07:00",
    ]


@pytest.mark.parametrize(
    ("anchor", "unit", "count", "expected"),
    [
        ("2024-02-29", "year", 1, ["2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]),
        ("2027-01-30", "month", 1, ["2027-02-28", "2027-03-30", "2027-04-30", "2027-05-30"]),
        ("2027-11-30", "month", 3, ["2028-02-29", "2028-05-30", "2028-08-30", "2028-11-30"]),
        ("2027-12-31", "day", 45, ["2028-02-14", "2028-03-30", "2028-05-14", "2028-06-28"]),
        ("2027-03-25", "week", 2, ["2027-04-08", "2027-04-22", "2027-05-06", "2027-05-20"]),
    ],
)
def test_every_kind_of_period(clock, client: Client, service: Service, token, anchor, unit, count, expected):
    first = f"{expected[0]}T09:00:00+00:00"
    changes = {"interval_unit": unit, "interval_count": count, "timezone": "UTC", "first_due_at": first}
    _start(client, token, anchor_on=anchor, last_number=5, **changes)
    clock.move_to(datetime(2032, 1, 1, tzinfo=UTC))
    service.background.settle_due()
    found = _now(client)
    assert [renewal["due_at"] for renewal in found["renewals"]] == [f"{day}T09:00:00+00:00" for day in expected]
    assert found["state"] == "ended"


def test_a_soft_decline_is_tried_after_one_three_and_five_days_and_then_given_up(
    clock, client: Client, service: Service, monthly
):
    _fault(client, decline_tokens_soft=1)
    clock.move_to(datetime(2027, 2, 28, 8, tzinfo=UTC))
    tried = []
    for hour in range(24 * 12):
        before = sum(renewal["tries"] for renewal in _now(client)["renewals"])
        service.background.settle_due()
        renewal = _now(client)["renewals"][0]
        if renewal["tries"] > before:
            tried.append(hour // 24)
        clock.shift(timedelta(hours=1))
    assert tried == [0, 1, 4, 9]
    found = _now(client)
    assert (found["state"], found["renewals"][0]["state"], found["renewals"][0]["next_try_at"]) == (
        "ended", "failed", None,
    )  # fmt: skip
    ledger = client.get("/v1/ledger", headers=headers()).json
    references = [charge["reference"] for charge in ledger["charges"] if charge["state"] == "failed"]
    assert references == [f"sub_1:2:{number}" for number in (1, 2, 3, 4)]
    told = [delivery["body"].split('"')[3] for delivery in ledger["deliveries"]][1:]
    assert told == ["subscription.renewal_failed"] * 4 + ["subscription.ended"]


def test_a_retry_collects_the_period_at_its_own_amount(clock, client: Client, service: Service, monthly):
    _fault(client, decline_tokens_soft={"times": 1})
    clock.move_to(datetime(2027, 2, 28, 8, tzinfo=UTC))
    service.background.settle_due()
    body = {"amount": 1490, "ends_at": None}
    client.post(f"/v1/subscriptions/{monthly['id']}", json=body, headers=headers())
    clock.shift(DAY)
    service.background.settle_due()
    found = _now(client)
    assert (found["amount"], found["renewals"][0]["amount"], found["renewals"][0]["state"]) == (1490, 990, "succeeded")


def test_what_was_due_before_a_change_keeps_its_terms(clock, client: Client, service: Service, monthly):
    clock.move_to(datetime(2027, 4, 1, tzinfo=UTC))
    body = {"amount": 1490, "ends_at": "2027-03-31T07:00:00+00:00"}
    reply = client.post(f"/v1/subscriptions/{monthly['id']}", json=body, headers=headers()).json
    assert [(one["number"], one["amount"]) for one in reply["renewals"]] == [(2, 990)]
    assert reply["state"] == "ended"


def test_an_end_stops_the_retries(clock, client: Client, service: Service, monthly):
    _fault(client, decline_tokens_soft=1)
    clock.move_to(datetime(2027, 2, 28, 8, tzinfo=UTC))
    service.background.settle_due()
    body = {"amount": 990, "ends_at": "2027-02-28T12:00:00+00:00"}
    client.post(f"/v1/subscriptions/{monthly['id']}", json=body, headers=headers())
    _fault(client)
    for _ in range(40):
        clock.shift(DAY)
        service.background.settle_due()
    found = _now(client)
    assert (found["state"], len(found["renewals"]), found["renewals"][0]["tries"]) == ("ended", 1, 1)


def test_a_long_list_of_renewals_comes_in_pages(clock, client: Client, service: Service, token):
    _start(client, token, interval_unit="day", anchor_on="2027-01-30", first_due_at="2027-01-31T09:00:00+00:00")
    clock.shift(timedelta(days=501))
    service.background.settle_due()
    first = _now(client)
    query = {"reference": "sub_1", "from_number": 502}
    rest = client.get("/v1/subscriptions", query_string=query, headers=headers()).json["data"][0]
    assert (len(first["renewals"]), first["has_more"], len(rest["renewals"]), rest["has_more"]) == (500, True, 2, False)


def test_the_home_page_shows_subscriptions_and_what_they_wait_for(clock, client: Client, service: Service, monthly):
    _fault(client, decline_tokens_soft=1)
    clock.move_to(datetime(2027, 2, 28, 8, tzinfo=UTC))
    service.background.settle_due()
    page = client.get("/").text
    assert "Membership 7" in page
    assert "each month" in page
    assert "31 Mar 2027, 07:00 UTC" in page
    assert "declined, again 01 Mar 2027, 08:00 UTC" in page
    assert 'name="decline_tokens_soft" checked' in page
