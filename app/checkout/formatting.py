"""Amounts and dates as the customer's locale writes them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from flask import current_app

from app.checkout.languages import format_locale
from app.domain.money import format_money


def money(amount: int, currency: str) -> str:
    """Return minor units of a currency, e.g. "129,90 €" for a German."""
    return format_money(amount, currency, str(format_locale()))


def moment(at: datetime) -> str:
    """Return a time in the merchant's zone, which it names: the one that the order and the bank statement use."""
    zone = ZoneInfo(current_app.config["JUNCTION"].merchant_timezone)
    local = at.astimezone(zone)
    return format_datetime(local, "long", locale=str(format_locale()))


def first_instalment(amount: int, count: int) -> int:
    """Return the largest of `count` payments that together make `amount`, so that no hint promises too little."""
    return -(-amount // count)
