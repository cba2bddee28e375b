"""When the provider misbehaves: what is not certain is `OutcomeUnknown`, and a look-up finds the truth."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from providers.interface import AccountConfig, ChargeState, FailureKind, OutcomeUnknown, ProviderError, ProviderRefused
from tests.contract.stand_in import LOST_REPLIES, StandIn


@pytest.mark.parametrize("fault", LOST_REPLIES)
def test_a_charge_whose_reply_is_lost_is_unknown_and_then_found(stand_in: StandIn, fault: str):
    request = stand_in.request()
    stand_in.disturb(**{fault: 1})
    with pytest.raises(OutcomeUnknown):
        stand_in.provider.charge(stand_in.account, request)
    found = stand_in.look_up(request.attempt_id)
    stand_in.disturb()
    assert stand_in.provider.charge(stand_in.account, request) == found
    assert sum(row["reference"] == request.attempt_id for row in stand_in.charges()) == 1


@pytest.mark.parametrize("fault", LOST_REPLIES)
def test_a_refund_whose_reply_is_lost_is_unknown_and_then_found(stand_in: StandIn, fault: str):
    refund = stand_in.refund_request(stand_in.paid())
    stand_in.disturb(**{fault: 1})
    with pytest.raises(OutcomeUnknown):
        stand_in.provider.refund(stand_in.account, refund)
    found = stand_in.provider.look_up_refund(stand_in.account, refund.refund_id)
    assert found is not None
    stand_in.disturb()
    assert stand_in.provider.refund(stand_in.account, refund) == found


@pytest.mark.parametrize("fault", LOST_REPLIES)
def test_a_cancellation_whose_reply_is_lost_is_unknown(stand_in: StandIn, fault: str):
    charge = stand_in.charge()
    stand_in.disturb(**{fault: 1})
    with pytest.raises(OutcomeUnknown):
        stand_in.provider.cancel(stand_in.account, charge.attempt_id)


@pytest.mark.parametrize("fault", LOST_REPLIES)
def test_a_charge_by_token_whose_reply_is_lost_is_unknown_and_then_found(stand_in: StandIn, fault: str):
    request = stand_in.request(token=stand_in.token())
    stand_in.disturb(**{fault: 1})
    with pytest.raises(OutcomeUnknown):
        stand_in.provider.charge(stand_in.account, request)
    found = stand_in.look_up(request.attempt_id)
    assert found.state is ChargeState.SUCCEEDED
    stand_in.disturb()
    assert stand_in.provider.charge(stand_in.account, request) == found
    assert sum(row["reference"] == request.attempt_id for row in stand_in.charges()) == 1


@pytest.mark.parametrize("fault", LOST_REPLIES)
def test_a_subscription_whose_reply_is_lost_is_unknown_and_then_found(stand_in: StandIn, fault: str):
    request = stand_in.subscription_request()
    stand_in.disturb(**{fault: {"times": 1}})
    with pytest.raises(OutcomeUnknown):
        stand_in.provider.start_subscription(stand_in.account, request)
    found = stand_in.look_up_subscription(request.subscription_id)
    assert stand_in.provider.start_subscription(stand_in.account, request) == found
    stand_in.disturb(**{fault: {"times": 1}})
    with pytest.raises(OutcomeUnknown):
        stand_in.provider.adjust_subscription(stand_in.account, request.subscription_id, amount=1490, ends_at=None)
    assert stand_in.look_up_subscription(request.subscription_id) == replace(found, amount=1490)


def test_a_500_before_the_work_is_unknown_and_the_truth_is_that_nothing_happened(stand_in: StandIn):
    request = stand_in.request()
    stand_in.disturb(error_500=1)
    with pytest.raises(OutcomeUnknown):
        stand_in.provider.charge(stand_in.account, request)
    assert stand_in.provider.look_up(stand_in.account, request.attempt_id) is None


def test_a_refusal_is_definite(stand_in: StandIn):
    request = stand_in.request()
    stand_in.disturb(refuse=1)
    with pytest.raises(ProviderRefused) as refused:
        stand_in.provider.charge(stand_in.account, request)
    assert refused.value.failure.kind is stand_in.refusal
    assert stand_in.provider.look_up(stand_in.account, request.attempt_id) is None


def test_a_charge_that_exists_is_not_refused_when_it_is_repeated(stand_in: StandIn):
    request = stand_in.request()
    first = stand_in.provider.charge(stand_in.account, request)
    stand_in.disturb(refuse=1)
    assert stand_in.provider.charge(stand_in.account, request) == first


def _read_verbs(stand_in: StandIn, account: AccountConfig) -> list[Callable[[], object]]:
    return [
        lambda: stand_in.provider.look_up(account, "att_any"),
        lambda: stand_in.provider.cancel(account, "att_any"),
        lambda: stand_in.provider.look_up_refund(account, "re_any"),
        lambda: stand_in.provider.look_up_subscription(account, "sub_any"),
        lambda: stand_in.provider.report(account, date(2026, 1, 31)),
    ]


def _looking_verbs(stand_in: StandIn, account: AccountConfig) -> list[Callable[[], object]]:
    """Those that look before they write: without an answer they say no more than that."""
    adjust = stand_in.provider.adjust_subscription
    return [
        lambda: adjust(account, "sub_any", amount=1, ends_at=None),
        *([lambda: _subscribe(stand_in, account)] if stand_in.looks_before_subscribing else []),
    ]


def _subscribe(stand_in: StandIn, account: AccountConfig) -> object:
    return stand_in.provider.start_subscription(account, stand_in.subscription_request(token="tok_any"))


def _write_verbs(stand_in: StandIn, account: AccountConfig) -> list[Callable[[], object]]:
    charge = stand_in.charge()
    return [
        lambda: stand_in.provider.charge(account, stand_in.request()),
        lambda: stand_in.provider.charge(account, stand_in.request(token="tok_any")),
        *([] if stand_in.looks_before_subscribing else [lambda: _subscribe(stand_in, account)]),
        lambda: stand_in.provider.refund(account, stand_in.refund_request(charge)),
    ]


def test_in_an_outage_nothing_is_known(stand_in: StandIn):
    writes, reads = _write_verbs(stand_in, stand_in.account), _read_verbs(stand_in, stand_in.account)
    looks = _looking_verbs(stand_in, stand_in.account)
    stand_in.disturb(outage=1)
    for verb in [*writes, *reads, *looks]:
        with pytest.raises(OutcomeUnknown):
            verb()


def test_nobody_listening_is_a_definite_no_to_writing_and_no_answer_to_reading(own_stand_in: StandIn):
    writes, reads = _write_verbs(own_stand_in, own_stand_in.account), _read_verbs(own_stand_in, own_stand_in.account)
    looks = _looking_verbs(own_stand_in, own_stand_in.account)
    own_stand_in.kill()
    for verb in writes:
        with pytest.raises(ProviderRefused) as refused:
            verb()
        assert refused.value.failure.kind is FailureKind.TECHNICAL
    for verb in [*reads, *looks]:
        with pytest.raises(OutcomeUnknown):
            verb()


def test_a_wrong_key_is_a_definite_no_to_writing_and_no_answer_to_reading(stand_in: StandIn):
    account = replace(stand_in.account, secrets=dict.fromkeys(stand_in.account.secrets, "wrong"))
    for verb in _write_verbs(stand_in, account):
        with pytest.raises(ProviderRefused) as refused:
            verb()
        assert refused.value.failure.kind is FailureKind.TECHNICAL
    for verb in [*_read_verbs(stand_in, account), *_looking_verbs(stand_in, account)]:
        with pytest.raises(OutcomeUnknown):
            verb()


HOSTILE = (
    "",
    "not an address",
    "http://[",
    "http://\x00",
    "ftp://x",
    "x\r\ny: z",
    "ключ",
    "http://a:b",
    "http://127.0.0.1:1",
)


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("part", ["settings", "secrets"])
def test_hostile_settings_raise_nothing_but_provider_errors(stand_in: StandIn, part: str, value: str):
    usual = stand_in.account
    account = replace(usual, **{part: dict.fromkeys(getattr(usual, part), value)})
    if account == usual:  # a provider whose accounts have no settings
        return
    stand_in.provider.capabilities(account)
    stand_in.provider.page_origins(account)
    for verb in _write_verbs(stand_in, account):
        with pytest.raises(ProviderRefused):
            verb()
    for verb in _read_verbs(stand_in, account):
        with pytest.raises(OutcomeUnknown):
            verb()
    for verb in _looking_verbs(stand_in, account):
        with pytest.raises(ProviderError):
            verb()
