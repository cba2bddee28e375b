"""Refunding: in full, in parts, later, and never more than was paid."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from providers.interface import ProviderRefused, RefundRequest, RefundState
from tests.contract.conftest import eventually
from tests.contract.stand_in import StandIn


def _state(stand_in: StandIn, refund: RefundRequest) -> RefundState:
    found = stand_in.provider.look_up_refund(stand_in.account, refund.refund_id)
    assert found is not None
    return found.state


def test_in_full(stand_in: StandIn):
    refund = stand_in.refund_request(stand_in.paid(), reason="Returned goods")
    result = stand_in.provider.refund(stand_in.account, refund)
    assert (result.refund_id, result.state, result.failure) == (refund.refund_id, RefundState.SUCCEEDED, None)
    assert stand_in.provider.look_up_refund(stand_in.account, refund.refund_id) == result


def test_in_several_parts_up_to_what_was_paid(stand_in: StandIn):
    charge = stand_in.paid(amount=1000)
    for amount in (300, 300, 400):
        stand_in.provider.refund(stand_in.account, stand_in.refund_request(charge, amount=amount))
    over = stand_in.refund_request(charge, amount=1)
    with pytest.raises(ProviderRefused):
        stand_in.provider.refund(stand_in.account, over)
    assert stand_in.provider.look_up_refund(stand_in.account, over.refund_id) is None


@pytest.mark.parametrize("change", [{"amount": 4991}, {"amount": 0}, {"amount": -1}, {"currency": "USD"}])
def test_what_was_not_paid_is_refused(stand_in: StandIn, change: dict[str, object]):
    refund = stand_in.refund_request(stand_in.paid(), **change)
    with pytest.raises(ProviderRefused):
        stand_in.provider.refund(stand_in.account, refund)
    assert stand_in.provider.look_up_refund(stand_in.account, refund.refund_id) is None


def test_an_unpaid_or_unknown_charge_is_refused(stand_in: StandIn):
    unpaid = stand_in.charge()
    for changes in ({}, {"provider_reference": "ch_unknown"}):
        with pytest.raises(ProviderRefused):
            stand_in.provider.refund(stand_in.account, stand_in.refund_request(unpaid, **changes))


def test_another_accounts_charge_is_refused(stand_in: StandIn):
    refund = stand_in.refund_request(stand_in.paid())
    for other in stand_in.accounts()[1:]:
        with pytest.raises(ProviderRefused):
            stand_in.provider.refund(other, refund)


def test_repeated_it_is_one_refund(stand_in: StandIn):
    charge = stand_in.paid()
    refund = stand_in.refund_request(charge, amount=3000)
    first = stand_in.provider.refund(stand_in.account, refund)
    assert stand_in.provider.refund(stand_in.account, refund) == first
    other = stand_in.refund_request(charge, refund_id=refund.refund_id, amount=100)
    with pytest.raises(ProviderRefused):
        stand_in.provider.refund(stand_in.account, other)


def test_many_at_once_never_exceed_the_charge(stand_in: StandIn):
    charge = stand_in.paid(amount=5000)
    requests = [stand_in.refund_request(charge, amount=700) for _ in range(16)]

    def succeeds(refund: RefundRequest) -> bool:
        try:
            stand_in.provider.refund(stand_in.account, refund)
        except ProviderRefused:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(succeeds, requests)) == 7


def test_money_that_travels_by_bank_is_refunded_later(stand_in: StandIn):
    refund = stand_in.refund_request(stand_in.paid(method="sepa_debit"))
    assert stand_in.provider.refund(stand_in.account, refund).state is RefundState.PENDING
    eventually(lambda: _state(stand_in, refund), lambda state: state is RefundState.SUCCEEDED)


def test_a_refund_that_fails_later_can_be_made_again(stand_in: StandIn):
    charge = stand_in.paid(method="sepa_debit")
    refund = stand_in.refund_request(charge)
    stand_in.disturb(fail_settlement={"times": 1})
    stand_in.provider.refund(stand_in.account, refund)
    eventually(lambda: _state(stand_in, refund), lambda state: state is RefundState.FAILED)
    result = stand_in.provider.look_up_refund(stand_in.account, refund.refund_id)
    assert result is not None
    assert result.failure is not None
    second = stand_in.provider.refund(stand_in.account, stand_in.refund_request(charge))
    assert second.state is RefundState.PENDING


def test_a_refusal_is_definite(stand_in: StandIn):
    refund = stand_in.refund_request(stand_in.paid())
    stand_in.disturb(refuse_refunds=1)
    with pytest.raises(ProviderRefused) as refused:
        stand_in.provider.refund(stand_in.account, refund)
    assert refused.value.failure.kind is stand_in.refusal
    assert stand_in.provider.look_up_refund(stand_in.account, refund.refund_id) is None


def test_an_unknown_refund_is_none(stand_in: StandIn):
    assert stand_in.provider.look_up_refund(stand_in.account, "re_never") is None
