"""Subscriptions that the provider charges: started once, each period charged once, ended when they shall be."""

from datetime import timedelta

import pytest

from providers.interface import ChargeState, FailureKind, ProviderRefused, ProviderSubscription
from providers.interface import ProviderSubscriptionState as State
from tests.contract.conftest import at_once, eventually
from tests.contract.stand_in import StandIn

DAY = timedelta(days=1)


def _once(stand_in: StandIn, subscription: ProviderSubscription, renewals: int) -> ProviderSubscription:
    """The subscription once it has so many renewals, none of them waiting for anything."""
    return eventually(
        lambda: stand_in.look_up_subscription(subscription.subscription_id),
        lambda found: (
            len(found.renewals) >= renewals
            and all(renewal.state is not ChargeState.PENDING for renewal in found.renewals)
        ),
    )


def test_started_it_waits_for_its_first_period(stand_in: StandIn):
    request = stand_in.subscription_request()
    started = stand_in.provider.start_subscription(stand_in.account, request)
    assert (started.subscription_id, started.state) == (request.subscription_id, State.ACTIVE)
    assert (started.amount, started.currency, started.ends_at, started.renewals) == (990, "EUR", None, ())
    assert stand_in.look_up_subscription(request.subscription_id) == started
    assert stand_in.provider.start_subscription(stand_in.account, request) == started


def test_sixteen_at_once_are_one_subscription(stand_in: StandIn):
    request = stand_in.subscription_request()
    started = at_once(16, lambda: stand_in.provider.start_subscription(stand_in.account, request))
    assert set(started) == {stand_in.look_up_subscription(request.subscription_id)}


def test_every_period_is_charged_once_however_late(stand_in: StandIn):
    started = stand_in.daily(timedelta(days=3, hours=1))
    found = _once(stand_in, started, 4)
    first = found.renewals[0].due_at
    assert [renewal.number for renewal in found.renewals] == [2, 3, 4, 5]
    assert [renewal.due_at - first for renewal in found.renewals] == [DAY * n for n in range(4)]
    assert {(renewal.state, renewal.amount, renewal.failure) for renewal in found.renewals} == {
        (ChargeState.SUCCEEDED, 990, None)
    }
    charges = [row for row in stand_in.charges() if row["id"] in {one.provider_reference for one in found.renewals}]
    assert len(charges) == 4
    later = stand_in.provider.look_up_subscription(stand_in.account, started.subscription_id, from_number=4)
    assert later is not None
    assert [renewal.number for renewal in later.renewals] == [4, 5]


def test_a_renewal_is_told_and_can_be_refunded(stand_in: StandIn):
    started = stand_in.daily(timedelta(hours=1))
    renewal = _once(stand_in, started, 1).renewals[0]
    words = (f'"{stand_in.renewal_told}"'.encode(), started.subscription_id.encode())
    told = stand_in.sink.wait_for(lambda all_: any(all(word in one.body for word in words) for one in all_))
    delivery = next(one for one in told if all(word in one.body for word in words))
    event = stand_in.provider.parse_webhook(stand_in.account, delivery.headers, delivery.body, stand_in.now())
    assert (event.subscription_id, event.attempt_id, event.refund_id) == (started.subscription_id, None, None)
    assert event.kind == stand_in.renewal_told
    charge = stand_in.paid()
    refund = stand_in.refund_request(charge, provider_reference=renewal.provider_reference, amount=990)
    assert stand_in.provider.refund(stand_in.account, refund).failure is None


def test_a_soft_decline_is_tried_again_later_and_a_hard_one_ends_it(stand_in: StandIn):
    token = stand_in.token()
    stand_in.disturb(decline_tokens_soft=1)
    soft = _once(stand_in, stand_in.daily(timedelta(hours=1), token=token), 1)
    stand_in.disturb(decline_tokens_hard=1)
    declined = stand_in.daily(timedelta(days=2), token=token)
    stand_in.pass_time(stand_in.gives_up_after)
    hard = _once(stand_in, declined, 1)
    assert (soft.state, soft.renewals[0].state) == (State.ACTIVE, ChargeState.FAILED)
    assert soft.renewals[0].failure is not None
    assert soft.renewals[0].failure.kind is FailureKind.SOFT_DECLINE
    assert soft.renewals[0].next_try_at is not None
    assert soft.renewals[0].next_try_at > soft.renewals[0].due_at
    assert (hard.state, {renewal.next_try_at for renewal in hard.renewals}) == (State.ENDED, {None})
    assert len(hard.renewals) == 1 or stand_in.gives_up_after  # one that insists goes on with the next ones meanwhile
    assert hard.renewals[0].failure is not None
    assert hard.renewals[0].failure.kind is FailureKind.HARD_DECLINE


def test_a_renewal_may_take_its_time(stand_in: StandIn):
    token = stand_in.token()
    stand_in.disturb(tokens_pending=1)
    started = stand_in.daily(timedelta(hours=1), token=token)
    eventually(lambda: stand_in.look_up_subscription(started.subscription_id).renewals, bool)
    assert _once(stand_in, started, 1).renewals[0].state is ChargeState.SUCCEEDED


def test_it_ends_after_its_last_period(stand_in: StandIn):
    found = _once(stand_in, stand_in.daily(5 * DAY, last_number=3), 2)
    assert (found.state, [renewal.number for renewal in found.renewals]) == (State.ENDED, [2, 3])


def test_adjusted_it_asks_for_the_new_amount_and_ends_in_time(stand_in: StandIn):
    started = stand_in.daily(-stand_in.soon)
    ends_at = stand_in.now().replace(microsecond=0) + timedelta(days=20)
    change = {"amount": 1490, "ends_at": ends_at}
    adjusted = stand_in.provider.adjust_subscription(stand_in.account, started.subscription_id, **change)
    assert (adjusted.amount, adjusted.ends_at, adjusted.state) == (1490, ends_at, State.ACTIVE)
    assert stand_in.provider.adjust_subscription(stand_in.account, started.subscription_id, **change) == adjusted
    stand_in.pass_time(stand_in.soon + stand_in.billed_after)
    assert _once(stand_in, started, 1).renewals[0].amount == 1490
    again = stand_in.provider.adjust_subscription(stand_in.account, started.subscription_id, amount=990, ends_at=None)
    assert (again.amount, again.ends_at, again.state) == (990, None, State.ACTIVE)


def test_no_period_is_charged_that_is_due_when_it_ends_or_later(stand_in: StandIn):
    due_at = stand_in.now().replace(microsecond=0) + stand_in.soon
    started = stand_in.subscribed(first_due_at=due_at, anchor_on=(due_at - timedelta(weeks=1)).date())
    stand_in.provider.adjust_subscription(stand_in.account, started.subscription_id, amount=990, ends_at=due_at)
    stand_in.pass_time(stand_in.soon + stand_in.billed_after)
    ended = eventually(
        lambda: stand_in.look_up_subscription(started.subscription_id), lambda found: found.state is State.ENDED
    )
    assert ended.renewals == ()
    back = stand_in.provider.adjust_subscription(stand_in.account, started.subscription_id, amount=990, ends_at=None)
    assert back.state is State.ENDED


def test_an_end_that_has_passed_is_now(stand_in: StandIn):
    started = stand_in.subscribed()
    now = stand_in.now()
    for _ in range(2):
        ended = stand_in.provider.adjust_subscription(
            stand_in.account, started.subscription_id, amount=990, ends_at=now
        )
        assert ended.state is State.ENDED


@pytest.mark.parametrize(
    "change",
    [{"token": "tok_nobody"}, {"method": "in_store_terminal"}, {"currency": "XTS"}, {"amount": 0},
     {"interval_count": 0}, {"interval_unit": "decade"}, {"timezone": "Europe/Atlantis"},
     {"timezone": "../etc/passwd"}, {"last_number": 1}],
)  # fmt: skip
def test_what_is_not_supported_is_refused_and_nothing_is_started(stand_in: StandIn, change: dict[str, object]):
    request = stand_in.subscription_request(**change)
    with pytest.raises(ProviderRefused):
        stand_in.provider.start_subscription(stand_in.account, request)
    assert stand_in.provider.look_up_subscription(stand_in.account, request.subscription_id) is None


def test_what_was_never_started_is_none_and_cannot_be_adjusted(stand_in: StandIn):
    assert stand_in.provider.look_up_subscription(stand_in.account, "sub_never") is None
    with pytest.raises(ProviderRefused):
        stand_in.provider.adjust_subscription(stand_in.account, "sub_never", amount=1, ends_at=None)


def test_accounts_do_not_see_each_others_subscriptions(stand_in: StandIn):
    started = stand_in.subscribed()
    for other in stand_in.accounts()[1:]:
        assert stand_in.provider.look_up_subscription(other, started.subscription_id) is None


def test_killed_it_catches_up_and_charges_nothing_twice(own_stand_in: StandIn):
    before = own_stand_in.daily(timedelta(days=1, hours=1))
    _once(own_stand_in, before, 2)
    due_at = own_stand_in.now().replace(microsecond=0) + own_stand_in.soon
    during = own_stand_in.subscribed(first_due_at=due_at, anchor_on=(due_at - timedelta(weeks=1)).date())
    own_stand_in.kill()
    own_stand_in.start()
    own_stand_in.pass_time(own_stand_in.soon + own_stand_in.billed_after)
    assert len(_once(own_stand_in, during, 1).renewals) == 1
    found = own_stand_in.look_up_subscription(before.subscription_id)
    assert [renewal.number for renewal in found.renewals] == [2, 3]
    assert len(own_stand_in.charges()) == 5  # two tokens' first payments and three renewals
