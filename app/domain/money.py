"""Money: integers in minor units beside an ISO 4217 currency, and how a person writes and reads them."""

from __future__ import annotations

from decimal import Decimal

from rules.money import DECIMALS
from rules.money import local_money as format_money
from rules.money import major_units as to_decimal

__all__ = ["DECIMALS", "MAX_AMOUNT", "format_money", "from_decimal", "to_decimal"]

MAX_AMOUNT = 10**12  # minor units; well inside 64 bits, so sums of millions of payments stay exact too


def from_decimal(text: str, currency: str) -> int:
    """Read a major-unit amount such as "129.90" as minor units.

    Raises ValueError when it is no plain number or has more decimals than the currency.
    """
    try:
        scaled = Decimal(text).scaleb(DECIMALS[currency])
    except ArithmeticError as error:
        raise ValueError(f"{text!r} is not an amount.") from error
    if not scaled.is_finite() or scaled != scaled.to_integral_value() or abs(scaled) > MAX_AMOUNT:
        raise ValueError(f"{text!r} is not an amount in {currency}, which has {DECIMALS[currency]} decimals.")
    return int(scaled)
