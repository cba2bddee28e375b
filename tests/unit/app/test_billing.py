"""Billing dates against a plain walk over the calendar."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.billing import due_at, due_on, last_number, local_day, number_on

UNITS = st.sampled_from(["day", "week", "month", "year"])
ANCHORS = st.dates(date(2000, 1, 1), date(2100, 12, 31))
NUMBERS = st.integers(1, 400)
COUNTS = st.integers(1, 36)
ZONES = st.sampled_from(["Europe/Rome", "America/Sao_Paulo", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia"])


def plain(anchor: date, number: int, unit: str, count: int) -> date:
    """The same by counting: days one by one, months in a list, the day held to the month's length."""
    steps = (number - 1) * count
    if unit in ("day", "week"):
        return anchor + timedelta(days=steps * (7 if unit == "week" else 1))
    months = anchor.year * 12 + anchor.month - 1 + steps * (12 if unit == "year" else 1)
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(anchor.day, monthrange(year, month)[1]))


@given(ANCHORS, NUMBERS, UNITS, COUNTS)
def test_dates_follow_from_the_anchor(anchor: date, number: int, unit: str, count: int) -> None:
    count = min(count, 3) if unit == "year" else count
    assert due_on(anchor, number, unit, count) == plain(anchor, number, unit, count)


@given(ANCHORS, st.dates(date(2000, 1, 1), date(2110, 12, 31)), UNITS, COUNTS)
def test_the_period_of_a_day_is_the_last_that_began(anchor: date, day: date, unit: str, count: int) -> None:
    number = number_on(anchor, day, unit, count)
    if day < anchor:
        assert number == 0
    else:
        assert plain(anchor, number, unit, count) <= day < plain(anchor, number + 1, unit, count)


@given(ANCHORS, NUMBERS, ZONES, st.times())
def test_a_renewal_falls_due_at_the_local_time_of_its_day(anchor: date, number: int, zone: str, at: time) -> None:
    at = at.replace(second=0, microsecond=0)
    moment = due_at(anchor, number, "day", 1, zone, at)
    local = moment.astimezone(ZoneInfo(zone))
    wanted = datetime.combine(plain(anchor, number, "day", 1), at)
    assert moment.tzinfo is UTC
    if local.replace(tzinfo=None) == wanted:  # there is no earlier moment of the same local time
        earlier = (moment - timedelta(hours=1)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert earlier != wanted
    else:  # the clocks skipped it
        assert timedelta(0) < local.replace(tzinfo=None) - wanted <= timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "at", "expected"),
    [
        (date(2027, 3, 28), time(2, 30), datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),  # skipped: 03:30 in summer time
        (date(2027, 10, 31), time(2, 30), datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),  # twice: the first
        (date(2027, 10, 31), time(9), datetime(2027, 10, 31, 8, tzinfo=UTC)),
        (date(2027, 10, 30), time(9), datetime(2027, 10, 30, 7, tzinfo=UTC)),
    ],
)
def test_when_the_clocks_change(day: date, at: time, expected: datetime) -> None:
    assert due_at(day, 1, "day", 1, "Europe/Rome", at) == expected


@pytest.mark.parametrize(
    ("total_payments", "ends_on", "expected"),
    [
        (None, None, None),
        (12, None, 12),
        (None, date(2027, 4, 29), 3),
        (None, date(2027, 4, 30), 4),
        (2, date(2027, 4, 30), 2),
        (12, date(2027, 4, 30), 4),
        (None, date(2027, 1, 30), 1),  # paid after the end: what was paid for is delivered
    ],
)
def test_the_last_period(total_payments: int | None, ends_on: date | None, expected: int | None) -> None:
    anchor = date(2027, 1, 31)
    assert last_number(anchor, "month", 1, total_payments=total_payments, ends_on=ends_on) == expected


def test_a_payment_near_midnight_begins_on_the_merchants_day() -> None:
    assert local_day(datetime(2027, 1, 31, 23, 30, tzinfo=UTC), "Europe/Rome") == date(2027, 2, 1)
