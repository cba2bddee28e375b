"""Money: integers in minor units beside an ISO 4217 currency, shown and read in a person's locale."""

from __future__ import annotations

import re
from copy import copy
from decimal import Decimal, InvalidOperation

from babel import Locale

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
MAX_AMOUNT = 10**12  # minor units; well inside 64 bits, so sums of millions of payments stay exact too


def to_decimal(amount: int, currency: str) -> Decimal:
    """Return `amount` minor units in the currency's major unit. Raises KeyError for an unknown currency."""
    return Decimal(amount).scaleb(-DECIMALS[currency])


def from_decimal(text: str, currency: str) -> int:
    """Read a major-unit amount such as "129.90" as minor units.

    Raises ValueError when it is no plain number or has more decimals than the currency.
    """
    try:
        scaled = Decimal(text).scaleb(DECIMALS[currency])
    except InvalidOperation as error:
        raise ValueError(f"{text!r} is not an amount.") from error
    if not scaled.is_finite() or scaled != scaled.to_integral_value() or abs(scaled) > MAX_AMOUNT:
        raise ValueError(f"{text!r} is not an amount in {currency}, which has {DECIMALS[currency]} decimals.")
    return int(scaled)


def format_money(amount: int, currency: str, locale: str) -> str:
    """Return e.g. "129,90 €" for (12990, "EUR", "de"), with the decimals that ISO 4217 gives the currency."""
    known = Locale.parse(locale, sep="-" if "-" in locale else "_")
    pattern = copy(known.currency_formats["standard"])
    pattern.frac_prec = (DECIMALS[currency], DECIMALS[currency])  # the locale data round some currencies
    text = pattern.apply(to_decimal(amount, currency), known, currency=currency, currency_digits=False)
    return re.sub(r"(?<=[A-Za-z])(?=\d)", "\xa0", str(text))  # "KWD 1.000", not "KWD1.000"
