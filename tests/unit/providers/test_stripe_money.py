"""Stripe's minor units: every currency both ways and exactly, and a definite no to what cannot be said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.interface import FailureKind, OutcomeUnknown, ProviderRefused
from providers.stripe.methods import METHODS, method_of
from providers.stripe.money import CURRENCIES, LEAST, from_stripe, to_stripe
from rules.money import DECIMALS

MAJOR = sorted(CURRENCIES)


@pytest.mark.parametrize(
    ("amount", "currency", "theirs"),
    [
        (1234, "EUR", 1234),
        (500, "JPY", 500),
        (5, "ISK", 500),
        (7, "UGX", 700),
        (5120, "KWD", 5120),
        (300, "MGA", 3),
        (17550, "HUF", 17550),
    ],
)
def test_units_where_they_differ(amount: int, currency: str, theirs: int):
    assert to_stripe(amount, currency) == theirs
    assert from_stripe(theirs, currency.lower()) == (amount, currency)


@given(st.sampled_from(MAJOR), st.integers(1, 10**9))
def test_ten_units_of_every_currency_come_back_as_they_went(currency: str, tens: int):
    amount = tens * 10 ** max(DECIMALS[currency], 1)
    assert from_stripe(to_stripe(amount, currency), currency.lower()) == (amount, currency)


STEPS = {"MGA": 100, **dict.fromkeys(("BHD", "JOD", "KWD", "OMR", "TND"), 10)}


@given(st.sampled_from(MAJOR), st.integers(-(10**6), 10**9))
def test_what_is_said_is_exact_or_refused(currency: str, amount: int):
    if amount > 0 and amount % STEPS.get(currency, 1) == 0:
        assert from_stripe(to_stripe(amount, currency), currency.lower()) == (amount, currency)
        return
    with pytest.raises(ProviderRefused) as refused:
        to_stripe(amount, currency)
    assert refused.value.failure.kind is FailureKind.TECHNICAL


@pytest.mark.parametrize(("amount", "currency"), [(5123, "KWD"), (250, "MGA"), (0, "EUR"), (100, "XTS"), (100, "eur")])
def test_what_stripe_has_no_word_for_is_refused(amount: int, currency: str):
    with pytest.raises(ProviderRefused):
        to_stripe(amount, currency)


@pytest.mark.parametrize(("amount", "currency"), [(505, "isk"), (100, "xts"), (100, "")])
def test_what_we_have_no_word_for_leaves_the_outcome_unknown(amount: int, currency: str):
    with pytest.raises(OutcomeUnknown):
        from_stripe(amount, currency)


def test_every_currency_is_one_of_the_hubs():
    assert DECIMALS.keys() >= CURRENCIES
    assert LEAST.keys() <= CURRENCIES


def test_the_limits_of_every_method_are_amounts_that_stripe_can_be_told():
    for name, method in METHODS.items():
        for currency in method.can.currencies or ():
            least = method.can.min_amount.get(currency, 1000)
            assert to_stripe(least, currency) > 0
            assert method_of(name, least, currency) is method
        for currency, most in method.can.max_amount.items():
            with pytest.raises(ProviderRefused):
                method_of(name, most + 1, currency)
