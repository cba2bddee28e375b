"""Amounts and dates as the customer's locale writes them."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, get_timezone_name
from flask import current_app

from app.checkout.languages import format_locale
from app.domain.money import format_money


def money(amount: int, currency: str) -> str:
    """Return minor units of a currency, e.g. "129,90 €" for a German."""
    return format_money(amount, currency, str(format_locale()))


def moment(at: datetime) -> str:
    """Return a time in the merchant's zone, which it names: the one that the order and the bank statement use."""
    local = at.astimezone(ZoneInfo(current_app.config["JUNCTION"].merchant_timezone))
    locale = str(format_locale())
    zone = get_timezone_name(local, "short", locale=locale)
    if zone[:1] in "+-":  # the locale has no letters for it; "CET" says more than "+0100"
        zone = local.tzname() or zone
    return f"{format_date(local, 'long', locale=locale)}, {format_time(local, 'short', locale=locale)} ({zone})"


def day(on: date) -> str:
    """Return a day in words, e.g. "23 dicembre 2026"."""
    return str(format_date(on, "long", locale=str(format_locale())))


def first_instalment(amount: int, count: int) -> int:
    """Return the largest of `count` payments that together make `amount`, so that no hint promises too little."""
    return -(-amount // count)
