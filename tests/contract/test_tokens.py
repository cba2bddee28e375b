"""Charging a customer who is not there: only by a token they left behind, decided at once, at most once."""

import pytest

from providers.interface import Charge, ChargeStage, ChargeState, Failure, FailureKind, ProviderRefused
from tests.contract.conftest import at_once, eventually
from tests.contract.stand_in import StandIn


def _charge(stand_in: StandIn, **changes: object) -> Charge:
    return stand_in.provider.charge(stand_in.account, stand_in.request(**changes))


def _failure(charge: Charge) -> Failure:
    assert charge.state is ChargeState.FAILED
    assert charge.failure is not None
    return charge.failure


def test_a_token_is_left_behind_by_a_paid_charge_whose_customer_agreed(stand_in: StandIn):
    waiting = stand_in.charge(save_for_later=True)
    assert waiting.token is None
    stand_in.customer(waiting, "decline")
    assert stand_in.look_up(waiting.attempt_id).token is None
    assert stand_in.paid().token is None
    paid = stand_in.paid(save_for_later=True)
    assert paid.token
    assert paid.token not in repr(paid)
    assert stand_in.look_up(paid.attempt_id).token == paid.token


def test_a_charge_by_token_is_decided_at_once_and_waits_for_nobody(stand_in: StandIn):
    charge = _charge(stand_in, token=stand_in.token(), amount=1234)
    assert (charge.state, charge.amount, charge.redirect_url) == (ChargeState.SUCCEEDED, 1234, None)
    assert stand_in.look_up(charge.attempt_id) == charge
    assert stand_in.provider.refund(stand_in.account, stand_in.refund_request(charge)).failure is None


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("decline_tokens_soft", FailureKind.SOFT_DECLINE),
        ("decline_tokens_hard", FailureKind.HARD_DECLINE),
        ("authentication_required", FailureKind.NEEDS_CUSTOMER),
    ],
)
def test_it_may_be_declined(stand_in: StandIn, fault: str, kind: FailureKind):
    token = stand_in.token()
    stand_in.disturb(**{fault: 1})
    declined = _charge(stand_in, token=token)
    assert _failure(declined).kind is kind
    assert stand_in.look_up(declined.attempt_id) == declined
    stand_in.disturb()
    assert _charge(stand_in, token=token).state is ChargeState.SUCCEEDED


def test_it_may_take_its_time(stand_in: StandIn):
    token = stand_in.token()
    stand_in.disturb(tokens_pending=1)
    charge = _charge(stand_in, token=token)
    assert (charge.state, charge.stage) == (ChargeState.PENDING, ChargeStage.PROCESSING)
    assert charge.redirect_url is None
    eventually(lambda: stand_in.look_up(charge.attempt_id).state, lambda state: state is ChargeState.SUCCEEDED)


def test_a_token_of_nobody_of_another_account_or_method_is_a_hard_decline(stand_in: StandIn):
    token = stand_in.token()
    wrong = [
        (stand_in.account, stand_in.request(token="tok_nobody")),
        (stand_in.account, stand_in.request(token=token, method="sepa_debit")),
        *((other, stand_in.request(token=token)) for other in stand_in.accounts()[1:]),
    ]
    for account, request in wrong:
        try:
            failure = _failure(stand_in.provider.charge(account, request))
        except ProviderRefused as refused:
            failure = refused.failure
        assert failure.kind is FailureKind.HARD_DECLINE


def test_sixteen_at_once_are_one_charge(stand_in: StandIn):
    request = stand_in.request(token=stand_in.token())
    assert set(at_once(16, lambda: stand_in.provider.charge(stand_in.account, request))) == {
        stand_in.look_up(request.attempt_id)
    }
    assert sum(row["reference"] == request.attempt_id for row in stand_in.charges()) == 1


def test_an_attempt_is_not_charged_again_by_another_token(stand_in: StandIn):
    request = stand_in.request(token=stand_in.token())
    first = stand_in.provider.charge(stand_in.account, request)
    for token in (stand_in.token(), None):
        with pytest.raises(ProviderRefused):
            _charge(stand_in, attempt_id=request.attempt_id, token=token)
    assert stand_in.look_up(request.attempt_id) == first
