"""What people type is read strictly, and what cannot be read is answered by the fix."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin.builder.typed import (
    Mistyped,
    labels,
    not_known,
    read_amount,
    read_day,
    read_names,
    read_number,
    shown_amount,
    split_list,
)
from rules import AttributeType
from rules.facts import MAX_INTEGER
from rules.money import DECIMALS

COUNTRY, CURRENCY = AttributeType.COUNTRY, AttributeType.CURRENCY


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("500", "EUR", 50_000),
        ("500.00", "EUR", 50_000),
        ("500,00", "EUR", 50_000),
        (" 0.5 ", "EUR", 50),
        ("1 234,5", "EUR", 123_450),
        ("1\u202f234\u202f567", "EUR", 123_456_700),
        ("0", "EUR", 0),
        ("500", "JPY", 500),
        ("1.234", "KWD", 1_234),
        ("1,234.56", "EUR", 123_456),
        ("1.234,56", "EUR", 123_456),
        ("1.234.567,8", "EUR", 123_456_780),
        ("92233720368547758.07", "EUR", MAX_INTEGER),
    ],
)
def test_amounts(text: str, currency: str, amount: int) -> None:
    assert read_amount(text, currency) == amount


@pytest.mark.parametrize(
    ("text", "currency", "said"),
    [
        ("12,5x", "EUR", "Write the amount as in 1250.00: use digits only."),
        ("", "EUR", "digits only"),
        ("-1", "EUR", "digits only"),
        ("1e5", "EUR", "digits only"),
        (".5", "EUR", "digits only"),
        ("١٢", "EUR", "digits only"),
        ("1,23.45", "EUR", "leave out the signs between thousands"),
        ("1,234,56", "EUR", "leave out the signs between thousands"),
        ("1,234.567", "EUR", "EUR has 2 decimals"),
        ("1,234", "KWD", "with a point before the decimals, as in 125.000"),
        ("1.234.567", "EUR", "leave out the signs between thousands"),
        ("1,234", "EUR", "EUR has 2 decimals. Write the amount as in 1250.00, without a sign between thousands."),
        ("1 23,4", "EUR", "digits only"),
        ("1000.50", "JPY", "JPY has no decimals. Write the amount as in 125000"),
        ("5", "XXX", "Choose the currency."),
        ("92233720368547758.08", "EUR", "too large"),
        ("9" * 5000, "EUR", "digits only"),
    ],
)
def test_amounts_that_cannot_be_read(text: str, currency: str, said: str) -> None:
    with pytest.raises(Mistyped, match=said):
        read_amount(text, currency)


@given(st.integers(0, MAX_INTEGER), st.sampled_from(sorted(DECIMALS)))
def test_an_amount_is_read_back_as_it_is_shown(amount: int, currency: str) -> None:
    assert read_amount(shown_amount(amount, currency), currency) == amount


@given(st.text(max_size=12), st.sampled_from(("EUR", "JPY", "KWD")))
def test_any_text_is_an_amount_or_refused(text: str, currency: str) -> None:
    with contextlib.suppress(Mistyped):
        assert 0 <= read_amount(text, currency) <= MAX_INTEGER


def test_numbers_and_days() -> None:
    assert [read_number(text) for text in ("3", " -3 ", "+3", "007")] == [3, -3, 3, 7]
    for text in ("", "3.0", "3,5", "1 000", "٣", "1e3", "9" * 31):
        with pytest.raises(Mistyped):
            read_number(text)
    assert read_day(" 2026-02-28 ") == "2026-02-28"
    for text in ("", "2026-02-30", "28.02.2026", "20260228", "2026-2-8"):
        with pytest.raises(Mistyped):
            read_day(text)


def test_lists() -> None:
    assert split_list('a, b,, "c, d" ,e f\n g') == ["a", "b", "c, d", "e f", "g"]
    assert split_list(" , ,") == []
    assert split_list('"never ends, here') == ["never ends, here"]
    assert split_list("x" * 300_000) == ["x" * 300_000]


@pytest.mark.parametrize("type_", [COUNTRY, CURRENCY])
def test_every_name_and_code_is_known(type_: AttributeType) -> None:
    for code, label in labels(type_).items():
        for text in (code, code.lower(), label, label.upper(), f'"{label}"'):
            assert read_names(text, type_) == ([code], []), text


def test_names_in_the_languages_of_merchants() -> None:
    assert read_names("Italia, germania, Osterreich, Suisse, IT", COUNTRY) == (["IT", "DE", "AT", "CH"], [])
    assert read_names("Cote d'Ivoire", COUNTRY) == (["CI"], [])
    assert read_names("euro, dollaro statunitense, CHF", CURRENCY) == (["EUR", "USD", "CHF"], [])


def test_a_name_that_is_nearly_right_is_suggested() -> None:
    assert read_names("Itly, ES", COUNTRY) == (["ES"], ["Itly"])
    assert not_known(["Itly"], COUNTRY) == "There is no country “Itly”. Did you mean Italy?"
    assert not_known(["Swizerland"], COUNTRY).endswith("Did you mean Switzerland?")
    assert not_known(["EURO0"], CURRENCY).endswith("Did you mean Euro?")
    assert not_known(["qqqqqqq"], COUNTRY).endswith("Write its name or its code, such as Italy or IT.")
    assert len(not_known(["q" * 100_000], COUNTRY)) < 200
