"""Amounts and times as people write them, and instalments that never promise too little."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app.checkout.formatting import first_instalment, moment, money
from app.checkout.languages import init_languages, speak

NOON = datetime(2026, 7, 14, 12, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def pages() -> Flask:
    app = Flask(__name__)
    app.config["JUNCTION"] = SimpleNamespace(merchant_timezone="Europe/Rome")
    init_languages(app)
    return app


@pytest.mark.parametrize(
    ("locale", "amount", "currency", "written"),
    [
        ("en", 12990, "EUR", "€129.90"),
        ("it", 123456, "EUR", "1.234,56 €"),
        ("de-AT", 12990, "EUR", "€ 129,90"),
        ("de-CH", 123456, "CHF", "CHF 1’234.56"),
        ("ja", 5689, "JPY", "¥5,689"),
        ("en", 12990, "KWD", "KWD 12.990"),
        ("nonsense", 100, "USD", "$1.00"),
    ],
)
def test_money(pages: Flask, locale: str, amount: int, currency: str, written: str) -> None:
    with pages.test_request_context("/shop"):
        speak(locale)
        assert money(amount, currency).replace("\xa0", " ").replace("￥", "¥") == written


@pytest.mark.parametrize(
    ("locale", "written"),
    [
        ("en", "July 14, 2026, 2:05 PM (CEST)"),
        ("it", "14 luglio 2026, 14:05 (CEST)"),
        ("de", "14. Juli 2026, 14:05 (MESZ)"),
    ],
)
def test_a_moment_is_told_in_the_merchants_zone_and_names_it(pages: Flask, locale: str, written: str) -> None:
    with pages.test_request_context("/shop"):
        speak(locale)
        assert moment(NOON).replace("\u202f", " ") == written


@given(st.integers(1, 10**12), st.integers(1, 12))
def test_instalments_cover_the_amount_with_less_than_a_cent_each_to_spare(amount: int, count: int) -> None:
    part = first_instalment(amount, count)
    assert amount <= part * count < amount + count
