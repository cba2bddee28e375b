"""Replies about subscriptions and reports are read strictly too, and a list without an end is no answer."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest

from providers.http import HttpClient, Reply
from providers.interface import AccountConfig, ChargeState, OutcomeUnknown
from providers.protocol.client import MAX_PAGES
from providers.protocol.replies import read_next_offset, read_report, read_subscription
from providers.sandbox.adapter import SandboxProvider

FAILURE = {"kind": "soft_decline", "code": "insufficient_funds", "message": "No money."}
RENEWAL: dict[str, Any] = {
    "number": 2, "due_at": "2027-02-28T08:00:00+00:00", "charge": "ch_1", "state": "failed", "amount": 990,
    "currency": "EUR", "failure": FAILURE, "next_try_at": None,
}  # fmt: skip
SUBSCRIPTION: dict[str, Any] = {
    "id": "sb_1", "reference": "sub_1", "state": "active", "amount": 990, "currency": "EUR", "ends_at": None,
    "renewals": [RENEWAL], "has_more": False,
}  # fmt: skip
LINE: dict[str, Any] = {
    "kind": "charge", "id": "ch_1", "reference": None, "state": "succeeded", "amount": 990, "currency": "EUR",
    "at": "2027-02-28T09:00:00+01:00",
}  # fmt: skip
ACCOUNT = AccountConfig(id="sandbox_north", provider="sandbox", settings={"base_url": "http://x"}, secrets={})


@dataclass
class Canned(HttpClient):
    """Answers everything alike, and counts."""

    body: dict[str, Any]
    calls: list[object] = field(default_factory=list)

    def send(self, *args: object, **kwargs: object) -> Reply:
        self.calls.append((args, kwargs))
        return Reply(200, self.body)


def test_a_subscription_and_a_report_are_read():
    read = read_subscription(SUBSCRIPTION | {"ends_at": "2027-03-31T09:00:00+02:00"}, "sub_1")
    assert read.ends_at == datetime(2027, 3, 31, 7, tzinfo=UTC)
    assert (read.renewals[0].number, read.renewals[0].state) == (2, ChargeState.FAILED)
    assert read_report({"lines": [LINE]})[0].at == datetime(2027, 2, 28, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "change",
    [
        {"reference": "sub_2"}, {"state": "asleep"}, {"amount": "990"}, {"amount": 9.9}, {"currency": None}, {"id": 1},
        {"ends_at": "soon"}, {"ends_at": ""}, {"ends_at": 0}, {"ends_at": "2027-03-31T09:00:00"}, {"renewals": None},
        {"renewals": 5}, {"renewals": [None]}, {"renewals": ["2"]}, {"renewals": [RENEWAL | {"number": "2"}]},
        {"renewals": [RENEWAL | {"failure": None}]}, {"renewals": [RENEWAL | {"due_at": None}]},
        {"renewals": [RENEWAL | {"charge": None}]}, {"renewals": [RENEWAL | {"next_try_at": 5}]},
    ],
)  # fmt: skip
def test_a_subscription_that_is_not_understood(change: dict[str, object]):
    with pytest.raises(OutcomeUnknown):
        read_subscription(SUBSCRIPTION | change, "sub_1")


@pytest.mark.parametrize(
    "lines",
    [
        None, 5, [None], [5], ["charge"], [LINE | {"amount": "990"}], [LINE | {"at": "noon"}], [LINE | {"at": None}],
        [LINE | {"reference": 5}], [LINE | {"kind": None}], [LINE | {"at": "9999-12-31T23:59:59-23:00"}],
    ],
)  # fmt: skip
def test_a_report_that_is_not_understood(lines: object):
    with pytest.raises(OutcomeUnknown):
        read_report({"lines": lines})


@pytest.mark.parametrize("body", [{}, {"next_offset": "500"}, {"next_offset": True}])
def test_a_report_that_does_not_say_where_it_goes_on(body: dict[str, object]):
    with pytest.raises(OutcomeUnknown):
        read_next_offset(body)


def test_lists_without_an_end_are_given_up():
    endless = Canned({"data": [SUBSCRIPTION | {"has_more": True}], "lines": [LINE], "next_offset": 0})
    with pytest.raises(OutcomeUnknown):
        SandboxProvider(endless).look_up_subscription(ACCOUNT, "sub_1")
    with pytest.raises(OutcomeUnknown):
        SandboxProvider(endless).report(ACCOUNT, date(2027, 2, 28))
    assert len(endless.calls) == 2 * MAX_PAGES
