"""Amounts in words: minor units to a plain or a localised text."""

from decimal import Decimal

from babel.numbers import format_currency, format_decimal, get_currency_precision


def major_units(amount: int, currency: str) -> Decimal:
    """Minor units to the currency's main unit: 1050 EUR is 10.50, 1050 JPY is 1050."""
    return Decimal(amount).scaleb(-get_currency_precision(currency))


def plain_money(amount: int, currency: str) -> str:
    """An amount with its code, the same in every language: "1,000.00 EUR"."""
    digits = get_currency_precision(currency)
    pattern = "#,##0." + "0" * digits if digits else "#,##0"
    return f"{format_decimal(major_units(amount, currency), format=pattern, locale='en')} {currency}"


def local_money(amount: int, currency: str, locale: str) -> str:
    """An amount as that locale writes it: "€500.00" in English."""
    text: str = format_currency(major_units(amount, currency), currency, locale=locale)
    return text
