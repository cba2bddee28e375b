"""The report of a day holds what succeeded on it and nothing else, unless it is told to be wrong."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from providers.interface import ChargeState, ReportLine
from tests.contract.conftest import eventually
from tests.contract.stand_in import StandIn


def _today(stand_in: StandIn) -> tuple[ReportLine, ...]:
    """Yesterday's and today's lines: the test may run over midnight."""
    today = stand_in.now().date()
    return tuple(
        line for day in (today - timedelta(days=1), today) for line in stand_in.provider.report(stand_in.account, day)
    )


def test_what_succeeded_is_in_it_once_and_what_did_not_is_not(own_stand_in: StandIn):
    stand_in = own_stand_in
    paid, by_token = stand_in.paid(save_for_later=True, amount=1000), stand_in.request(amount=700)
    stand_in.charge()
    stand_in.customer(stand_in.charge(), "decline")
    token = stand_in.token(amount=500)
    stand_in.provider.charge(stand_in.account, replace(by_token, token=token))
    refund = stand_in.refund_request(paid, amount=300)
    stand_in.provider.refund(stand_in.account, refund)
    started = stand_in.daily(timedelta(0), token=token)
    eventually(
        lambda: stand_in.look_up_subscription(started.subscription_id).renewals,
        lambda renewals: any(renewal.state is ChargeState.SUCCEEDED for renewal in renewals),
    )
    lines = _today(stand_in)
    assert [(line.kind, line.amount, line.currency, line.state) for line in lines] == [
        ("charge", 1000, "EUR", "succeeded"),
        ("charge", 500, "EUR", "succeeded"),
        ("charge", 700, "EUR", "succeeded"),
        ("refund", 300, "EUR", "succeeded"),
        ("charge", 990, "EUR", "succeeded"),
    ]
    assert lines[0].reference == paid.attempt_id
    assert lines[0].provider_reference == paid.provider_reference
    assert (lines[3].reference, lines[4].reference) == (refund.refund_id, None)
    assert [line.at for line in lines] == sorted(line.at for line in lines)
    assert stand_in.provider.report(stand_in.account, date(2020, 1, 1)) == ()
    for other in stand_in.accounts()[1:]:
        assert stand_in.provider.report(other, stand_in.now().date()) == ()


@pytest.mark.parametrize("own_stand_in", ["external", "sandbox"], indirect=True)
def test_it_is_wrong_where_a_switch_says_so(own_stand_in: StandIn):
    for _ in range(4):
        own_stand_in.paid()
    right = _today(own_stand_in)
    own_stand_in.disturb(report_omits=1, report_extra=1, report_wrong_amount=1, report_wrong_state=1)
    wrong = {line.provider_reference: line for line in _today(own_stand_in)}
    assert right[0].provider_reference not in wrong
    assert wrong.pop(right[1].provider_reference) == right[1]
    assert wrong.pop(right[2].provider_reference).state == "pending"
    assert wrong.pop(right[3].provider_reference).amount == right[3].amount + 100
    assert all(line.reference not in {one.reference for one in right} for line in wrong.values())
    assert wrong
    own_stand_in.disturb()
    assert _today(own_stand_in) == right
