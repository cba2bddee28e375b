"""Billing dates: when each period of a subscription falls due, from the day it began and never from the last date."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

UNITS = ("day", "week", "month", "year")
# Renewals fall due in the morning: what fails is seen, and a customer can answer, on the same day; banks are awake;
# and no zone in use changes its clocks at nine.
LOCAL_TIME = time(9)


def due_on(anchor_on: date, number: int, unit: str, count: int) -> date:
    """Return the day in the merchant's zone on which period `number` (from 1) begins: `number` - 1 intervals after
    `anchor_on`. A day that a month lacks is its last day, for that month only: 31 January, 28 February, 31 March.

    Raises OverflowError or ValueError beyond the year 9999.
    """
    return anchor_on + relativedelta(**{f"{unit}s": count * (number - 1)})  # type: ignore[arg-type]  # whole numbers


def due_at(anchor_on: date, number: int, unit: str, count: int, timezone: str, at: time = LOCAL_TIME) -> datetime:
    """Return the moment in UTC at which period `number` falls due: at `at`, local time, of its day.

    A time that the clocks skip that day is as much later as they skip; of one that they show twice it is the first.
    """
    local = datetime.combine(due_on(anchor_on, number, unit, count), at.replace(fold=0), ZoneInfo(timezone))
    return local.astimezone(UTC)  # the zone's rules for fold=0 are exactly these two


def local_day(moment: datetime, timezone: str) -> date:
    """Return the day in the zone at `moment`."""
    return moment.astimezone(ZoneInfo(timezone)).date()


def last_number(
    anchor_on: date, unit: str, count: int, *, total_payments: int | None, ends_on: date | None
) -> int | None:
    """Return the number of the last period, or None when there is none: at most `total_payments` periods, none of
    which begins after `ends_on`. The first is always there: it was paid for."""
    by_date = None if ends_on is None else max(1, number_on(anchor_on, ends_on, unit, count))
    limits = [limit for limit in (total_payments, by_date) if limit is not None]
    return min(limits) if limits else None


def number_on(anchor_on: date, day: date, unit: str, count: int) -> int:
    """Return the number of the period that is running on `day`; 0 before the first."""
    if day < anchor_on:
        return 0
    if unit in ("day", "week"):
        return (day - anchor_on).days // (count * (7 if unit == "week" else 1)) + 1
    months = (day.year - anchor_on.year) * 12 + day.month - anchor_on.month
    number = months // (count * (12 if unit == "year" else 1)) + 1
    return number if due_on(anchor_on, number, unit, count) <= day else number - 1
