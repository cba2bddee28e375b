"""A provider that is killed and started again has lost nothing: charges, refunds, and the webhooks it owed."""

from concurrent.futures import ThreadPoolExecutor

from providers.interface import ChargeRequest, ChargeState, ProviderError
from tests.contract.conftest import eventually
from tests.contract.stand_in import StandIn


def test_charges_and_refunds_survive(own_stand_in: StandIn):
    stand_in = own_stand_in
    paid, waiting = stand_in.paid(), stand_in.charge()
    refund = stand_in.refund_request(paid, amount=1000)
    refunded = stand_in.provider.refund(stand_in.account, refund)
    stand_in.kill()
    stand_in.start()
    assert stand_in.look_up(paid.attempt_id) == paid
    assert stand_in.look_up(waiting.attempt_id) == waiting
    assert stand_in.provider.look_up_refund(stand_in.account, refund.refund_id) == refunded
    stand_in.customer(waiting, "approve")
    assert stand_in.look_up(waiting.attempt_id).state is ChargeState.SUCCEEDED


def test_a_pending_charge_settles_after_the_restart(own_stand_in: StandIn):
    charge = own_stand_in.charge(method=own_stand_in.slow_method)
    own_stand_in.customer(charge, "pending")
    own_stand_in.kill()
    own_stand_in.start()
    eventually(lambda: own_stand_in.look_up(charge.attempt_id).state, lambda state: state is ChargeState.SUCCEEDED)


def test_webhooks_that_were_owed_are_delivered_after_the_restart(own_stand_in: StandIn):
    own_stand_in.disturb(hold_webhooks=1)
    attempts = {own_stand_in.paid().attempt_id for _ in range(3)}
    own_stand_in.kill()
    own_stand_in.start()
    own_stand_in.disturb()
    own_stand_in.sink.wait_for(
        lambda all_: all(any(attempt.encode() in delivery.body for delivery in all_) for attempt in attempts)
    )


def test_killed_in_the_middle_of_charging_every_attempt_is_one_charge_or_none(own_stand_in: StandIn):
    stand_in = own_stand_in
    requests = [stand_in.request() for _ in range(40)]

    def charge(request: ChargeRequest) -> bool:
        try:
            stand_in.provider.charge(stand_in.account, request)
        except ProviderError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        answers = []
        for number, answer in enumerate(pool.map(charge, requests)):
            answers.append(answer)
            if number == 10:
                stand_in.kill()
    stand_in.start()
    for request, answered in zip(requests, answers, strict=True):
        found = stand_in.provider.look_up(stand_in.account, request.attempt_id)
        assert found is not None or not answered
        again = stand_in.provider.charge(stand_in.account, request)
        assert found is None or found.provider_reference == again.provider_reference
    references = [row["reference"] for row in stand_in.charges()]
    assert sorted(references) == sorted(request.attempt_id for request in requests)
    assert not all(answers)
