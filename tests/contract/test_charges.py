"""Charging: every outcome, every currency, and the promise that one attempt is at most one charge."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from providers.interface import ChargeStage, ChargeState, FailureKind, ProviderRefused
from rules.money import DECIMALS
from tests.contract.conftest import at_once, eventually
from tests.contract.stand_in import StandIn

CURRENCIES = ("EUR", "USD", "GBP", "CHF", "SEK", "JPY", "KWD", "PLN")


def test_a_new_charge_waits_for_its_customer(stand_in: StandIn):
    request = stand_in.request()
    charge = stand_in.provider.charge(stand_in.account, request)
    assert (charge.state, charge.stage) == (ChargeState.PENDING, ChargeStage.AWAITING_CUSTOMER)
    assert (charge.attempt_id, charge.amount, charge.currency) == (request.attempt_id, 4990, "EUR")
    assert charge.redirect_url
    assert charge.failure is None
    assert stand_in.look_up(request.attempt_id) == charge


def test_approved(stand_in: StandIn):
    charge = stand_in.paid()
    assert charge.state is ChargeState.SUCCEEDED
    assert (charge.stage, charge.failure, charge.redirect_url) == (None, None, None)


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [("decline", FailureKind.SOFT_DECLINE), ("cancel", FailureKind.CUSTOMER_CANCELLED)],
)
def test_not_paid(stand_in: StandIn, outcome: str, kind: FailureKind):
    charge = stand_in.charge()
    stand_in.customer(charge, outcome)
    stand_in.give_up(charge)
    after = stand_in.look_up(charge.attempt_id)
    assert (after.state, after.stage) == (ChargeState.FAILED, None)
    assert after.failure is not None
    assert after.failure.kind is kind
    assert after.failure.code
    assert after.failure.message


def test_left_pending_it_succeeds_later(stand_in: StandIn):
    charge = stand_in.charge(method=stand_in.slow_method)
    stand_in.customer(charge, "pending")
    waiting = stand_in.look_up(charge.attempt_id)
    assert (waiting.state, waiting.stage) == (ChargeState.PENDING, ChargeStage.PROCESSING)
    eventually(lambda: stand_in.look_up(charge.attempt_id).state, lambda state: state is ChargeState.SUCCEEDED)


def test_left_pending_it_may_fail_later(stand_in: StandIn):
    charge = stand_in.charge(method=stand_in.slow_method)
    stand_in.disturb(fail_settlement={"times": 1})
    stand_in.customer(charge, "pending")
    after = eventually(
        lambda: stand_in.look_up(charge.attempt_id), lambda found: found.state is not ChargeState.PENDING
    )
    assert after.state is ChargeState.FAILED
    assert after.failure is not None


def test_expires_when_nobody_pays(stand_in: StandIn):
    charge = stand_in.charge(expires_at=stand_in.now() + stand_in.shortest)
    stand_in.pass_time(stand_in.shortest + timedelta(minutes=10))
    after = eventually(
        lambda: stand_in.look_up(charge.attempt_id), lambda found: found.state is not ChargeState.PENDING
    )
    assert after.state is ChargeState.FAILED
    assert after.failure is not None
    assert after.failure.kind is FailureKind.EXPIRED


@pytest.mark.parametrize("currency", CURRENCIES)
@pytest.mark.parametrize("amount", [1, 1230, 999_999_990])
def test_amounts_are_minor_units_of_every_currency(stand_in: StandIn, currency: str, amount: int):
    provider = stand_in.provider
    takers = [
        account
        for account in stand_in.accounts()
        if currency in (provider.capabilities(account).methods["card"].currencies or {currency})
    ]
    assert takers
    for account in takers:
        request = stand_in.request(currency=currency, amount=amount)
        if not stand_in.takes(amount, currency):
            with pytest.raises(ProviderRefused):
                provider.charge(account, request)
            continue
        charge = provider.charge(account, request)
        stand_in.customer(charge, "approve")
        after = provider.look_up(account, request.attempt_id)
        assert after is not None
        assert (after.state, after.amount, after.currency) == (ChargeState.SUCCEEDED, amount, currency)


def test_every_currency_is_charged_in_its_own_minor_units(stand_in: StandIn):
    """12,300 of them: exact with none, two or three decimals, and where a provider counts in other units than ISO."""
    for account in stand_in.accounts():
        for currency in sorted(stand_in.provider.capabilities(account).methods["card"].currencies or DECIMALS):
            request = stand_in.request(currency=currency, amount=12_300)
            if stand_in.takes(12_300, currency):
                charge = stand_in.provider.charge(account, request)
                assert (charge.amount, charge.currency) == (12_300, currency)
            else:
                with pytest.raises(ProviderRefused):
                    stand_in.provider.charge(account, request)


def test_every_declared_method_can_be_charged(stand_in: StandIn):
    for account in stand_in.accounts():
        for name, method in stand_in.provider.capabilities(account).methods.items():
            currency = min(method.currencies or {"EUR"})
            charge = stand_in.provider.charge(
                account,
                stand_in.request(
                    method=name,
                    currency=currency,
                    amount=method.min_amount.get(currency, 1000),
                    country=min(method.countries or {"IT"}),
                ),
            )
            assert charge.state is ChargeState.PENDING


def test_repeating_an_attempt_returns_the_same_charge(stand_in: StandIn):
    request = stand_in.request()
    first = stand_in.provider.charge(stand_in.account, request)
    assert stand_in.provider.charge(stand_in.account, request) == first
    stand_in.customer(first, "approve")
    again = stand_in.provider.charge(stand_in.account, request)
    assert again.state is ChargeState.SUCCEEDED
    assert again == stand_in.look_up(request.attempt_id)


@pytest.mark.parametrize("change", [{"amount": 5000}, {"currency": "USD"}, {"method": "paypal"}])
def test_repeating_an_attempt_with_something_else_is_refused(stand_in: StandIn, change: dict[str, object]):
    request = stand_in.request()
    first = stand_in.provider.charge(stand_in.account, request)
    with pytest.raises(ProviderRefused) as refused:
        stand_in.provider.charge(stand_in.account, stand_in.request(attempt_id=request.attempt_id, **change))
    assert refused.value.failure.kind is FailureKind.TECHNICAL
    assert stand_in.look_up(request.attempt_id) == first


def test_sixteen_at_once_are_one_charge(stand_in: StandIn):
    request = stand_in.request()
    charges = at_once(16, lambda: stand_in.provider.charge(stand_in.account, request))
    assert {charge.provider_reference for charge in charges} == {
        stand_in.look_up(request.attempt_id).provider_reference
    }
    assert sum(row["reference"] == request.attempt_id for row in stand_in.charges()) == 1


def test_accounts_do_not_see_each_others_charges(stand_in: StandIn):
    charge = stand_in.charge()
    for other in stand_in.accounts()[1:]:
        assert stand_in.provider.look_up(other, charge.attempt_id) is None
        assert stand_in.provider.cancel(other, charge.attempt_id) is None


def test_an_unknown_attempt_is_none(stand_in: StandIn):
    assert stand_in.provider.look_up(stand_in.account, "att_never") is None
    assert stand_in.provider.cancel(stand_in.account, "att_never") is None


def test_cancelled_it_can_no_longer_be_paid(stand_in: StandIn):
    charge = stand_in.charge()
    cancelled = stand_in.provider.cancel(stand_in.account, charge.attempt_id)
    assert cancelled is not None
    assert cancelled.state is ChargeState.FAILED
    assert cancelled.failure is not None
    assert cancelled.failure.kind is FailureKind.CUSTOMER_CANCELLED
    stand_in.customer(charge, "approve")
    assert stand_in.look_up(charge.attempt_id) == cancelled


def test_cancelling_too_late_returns_the_truth(stand_in: StandIn):
    paid = stand_in.paid()
    assert stand_in.provider.cancel(stand_in.account, paid.attempt_id) == paid
    waiting = stand_in.charge(method=stand_in.slow_method)
    stand_in.customer(waiting, "pending")
    after = stand_in.provider.cancel(stand_in.account, waiting.attempt_id)
    assert after is not None
    assert after.state in (ChargeState.PENDING, ChargeState.SUCCEEDED)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"method": "barter"}, "unsupported_method"),
        ({"currency": "XTS"}, "unsupported_currency"),
        ({"amount": 0}, None),
        ({"amount": -5}, None),
        ({"amount": 10**30}, None),
        ({"return_url": "javascript:alert(1)"}, None),
        ({"return_url": "https://user@evil.example/; script-src *"}, None),
        ({"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "expired"),
    ],
)
def test_what_is_not_supported_is_refused_and_nothing_is_charged(
    stand_in: StandIn, change: dict[str, object], code: str | None
):
    request = stand_in.request(**change)
    with pytest.raises(ProviderRefused) as refused:
        stand_in.provider.charge(stand_in.account, request)
    assert code in (None, refused.value.failure.code)
    assert stand_in.provider.look_up(stand_in.account, request.attempt_id) is None


def test_limits_of_methods_are_kept(stand_in: StandIn):
    for account in stand_in.accounts():
        for name, method in stand_in.provider.capabilities(account).methods.items():
            outside = [(currency, most + 1) for currency, most in method.max_amount.items()]
            outside += [(currency, least - 1) for currency, least in method.min_amount.items()]
            for currency, amount in outside:
                request = stand_in.request(
                    method=name, currency=currency, amount=amount, country=min(method.countries or {"IT"})
                )
                with pytest.raises(ProviderRefused):
                    stand_in.provider.charge(account, request)
                limit = amount - 1 if amount > method.max_amount.get(currency, amount) else amount + 1
                assert stand_in.provider.charge(account, replace(request, amount=limit)).amount == limit
