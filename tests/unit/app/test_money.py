"""Money: exact in both directions, for every currency, in every locale asked for."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.money import DECIMALS, MAX_AMOUNT, format_money, from_decimal, to_decimal


@given(st.integers(-MAX_AMOUNT, MAX_AMOUNT), st.sampled_from(sorted(DECIMALS)))
def test_there_and_back_changes_nothing(amount: int, currency: str) -> None:
    assert from_decimal(str(to_decimal(amount, currency)), currency) == amount


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "shown"),
    [
        (12990, "EUR", "en", "€129.90"),
        (12990, "EUR", "de", "129,90\xa0€"),
        (12990, "EUR", "it", "129,90\xa0€"),
        (1500, "JPY", "en", "¥1,500"),
        (1234567, "KWD", "en", "KWD\xa01,234.567"),
        (123456789, "CHF", "de_CH", "CHF\xa01’234’567.89"),
    ],
)
def test_formats_as_the_locale_writes_it(amount: int, currency: str, locale: str, shown: str) -> None:
    assert format_money(amount, currency, locale) == shown


def test_every_currency_can_be_formatted_without_losing_a_digit() -> None:
    for currency, decimals in DECIMALS.items():
        digits = "".join(c for c in format_money(1234567, currency, "en") if c.isdigit())
        assert digits == "1234567", (currency, decimals)


@pytest.mark.parametrize("text", ["", "1,5", "NaN", "Infinity", "1e99", "0.001", "abc", "1.999"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        from_decimal(text, "EUR")


def test_decimals_are_exact() -> None:
    assert to_decimal(10, "EUR") == Decimal("0.10")
    assert from_decimal("0.10", "EUR") == 10
    assert from_decimal("5", "JPY") == 5
