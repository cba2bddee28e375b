"""Money in words: every currency with the decimals that ISO 4217 gives it, as a locale writes it."""

import re
from copy import copy
from decimal import Decimal

from babel import Locale
from babel.numbers import format_decimal

# Active ISO 4217 currencies (list one, without funds, metals and testing codes) by number of decimals.
_TWO = """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP
CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR
JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN
NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SYP SZL
THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"""
DECIMALS: dict[str, int] = (
    dict.fromkeys(_TWO.split(), 2)
    | dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    )
    | dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3)
)


def major_units(amount: int, currency: str) -> Decimal:
    """Minor units to the currency's main unit: 1050 EUR is 10.50, 1050 JPY is 1050. KeyError for no currency."""
    return Decimal(amount).scaleb(-DECIMALS[currency])


def plain_money(amount: int, currency: str) -> str:
    """An amount with its code, the same in every language: "1,000.00 EUR"."""
    digits = DECIMALS[currency]
    pattern = "#,##0." + "0" * digits if digits else "#,##0"
    return f"{format_decimal(major_units(amount, currency), format=pattern, locale='en')} {currency}"


def local_money(amount: int, currency: str, locale: str) -> str:
    """An amount as that locale writes it: "129,90 €" for (12990, "EUR", "de")."""
    known = Locale.parse(locale, sep="-" if "-" in locale else "_")
    pattern = copy(known.currency_formats["standard"])
    pattern.frac_prec = (DECIMALS[currency], DECIMALS[currency])  # the locale data round some currencies
    text = pattern.apply(major_units(amount, currency), known, currency=currency, currency_digits=False)
    return re.sub(r"(?<=[A-Za-z])(?=\d)", "\xa0", str(text))  # "KWD 1.000", not "KWD1.000"
