"""Stripe's calendar held to ours: Stripe's own rule is counted out here, period by period, from what it is told."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.domain import billing
from providers.interface import SubscriptionRequest
from providers.stripe.calendar import LONGEST, Calendar
from providers.stripe.subscription_params import creation

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ZONES = st.sampled_from([
    "Europe/Rome", "America/Sao_Paulo", "America/Los_Angeles", "Pacific/Honolulu", "Asia/Kolkata", "Pacific/Auckland",
    "Pacific/Kiritimati", "Australia/Lord_Howe", "UTC",
])  # fmt: skip
ENDS_OF_MONTHS = st.builds(
    lambda year, month, day: date(year, month, min(day, monthrange(year, month)[1])),
    st.integers(2025, 2036), st.integers(1, 12), st.sampled_from([1, 15, 28, 29, 30, 31]),
)  # fmt: skip
TIMES = st.sampled_from([billing.LOCAL_TIME, time(0, 30), time(12, 15, 30), time(23, 45)])
INTERVALS = st.tuples(st.sampled_from(sorted(LONGEST)), st.sampled_from([1, 2, 3, 6, 12, 24, 36])).map(
    lambda interval: (interval[0], min(interval[1], LONGEST[interval[0]]))
)


def request(
    anchor: date, unit: str, count: int, zone: str, at: time, first: int = 2, **more: Any
) -> SubscriptionRequest:
    first_due_at = billing.due_at(anchor, first, unit, count, zone, at)
    return SubscriptionRequest(
        subscription_id="sub_1", token="cus_1/pm_1", method="card", amount=990, currency="EUR", interval_unit=unit,
        interval_count=count, anchor_on=anchor, timezone=zone, first_number=first, first_due_at=first_due_at, **more,
    )  # fmt: skip


def billed_by_stripe(params: Any, unit: str, count: int, periods: int, year: int) -> list[datetime]:
    """The moments of the first invoices by the rule that Stripe documents: in UTC, from the anchor, month ends kept."""
    config = params.get("billing_cycle_anchor_config")
    if config is None:
        anchor = datetime.fromtimestamp(params["billing_cycle_anchor"], UTC)
        day, at, month = anchor.day, anchor.time(), anchor.month
    else:
        day, month = config["day_of_month"], config["month"]
        at = time(config["hour"], config["minute"], config["second"])
    if unit in ("day", "week"):
        return [anchor + k * count * (7 if unit == "week" else 1) * DAY for k in range(periods)]
    step = count * (12 if unit == "year" else 1)
    moments = []
    for k in range(periods):
        years, index = divmod(month - 1 + k * step, 12)
        last = monthrange(year + years, index + 1)[1]
        moments.append(datetime.combine(date(year + years, index + 1, min(day, last)), at, UTC))
    return moments


@given(ENDS_OF_MONTHS, INTERVALS, ZONES, TIMES, st.integers(2, 5))
@example(date(2026, 1, 31), ("month", 1), "Europe/Rome", billing.LOCAL_TIME, 2)
@example(date(2028, 2, 29), ("year", 1), "Pacific/Auckland", billing.LOCAL_TIME, 2)
def test_stripe_bills_every_period_on_our_day_and_we_know_its_number(
    anchor: date, interval: tuple[str, int], zone: str, at: time, first: int
) -> None:
    unit, count = interval
    wanted = request(anchor, unit, count, zone, at, first)
    calendar = Calendar.of_request(wanted)
    try:
        params: Any = creation(wanted, calendar)
    except ValueError:
        assert unit in ("month", "year")  # a long period that begins on the last day of a short month
        assert calendar.months() > 12
        return
    begins_in = billing.due_on(anchor, first, unit, count).year
    for number, billed_at in enumerate(billed_by_stripe(params, unit, count, 14, begins_in), start=first):
        due_at = billing.due_at(anchor, number, unit, count, zone, at)
        assert billed_at == calendar.billed_at(number)
        assert billed_at.date() == billing.due_on(anchor, number, unit, count)
        assert abs(billed_at - due_at) < DAY
        assert due_at == calendar.due_at(number)
        assert {calendar.number_of(billed_at + off) for off in (-HOUR, timedelta(0), HOUR)} == {number}
    assert Calendar.of_metadata(calendar.metadata()) == calendar


@given(ENDS_OF_MONTHS, INTERVALS, ZONES, TIMES, st.integers(0, 400), st.integers(-1, 1), st.integers(2, 30))
def test_nothing_is_billed_that_is_due_at_the_end_or_later_and_all_that_is_due_before(
    anchor: date, interval: tuple[str, int], zone: str, at: time, days: int, off: int, last: int
) -> None:
    calendar = Calendar.of_request(request(anchor, *interval, zone, at, last_number=last))
    near = calendar.due_at(2 + days % 7)
    for ends_at in (near + off * timedelta(seconds=1), near + days * DAY, None):
        stops_at = calendar.stops_at(ends_at)
        assert stops_at is not None
        for number in {2, 3, last - 1, last, last + 1, 2 + days % 7, 3 + days % 7} - {1}:
            should = number <= last and (ends_at is None or calendar.due_at(number) < ends_at)
            assert (calendar.billed_at(number) < stops_at) == should


@pytest.mark.parametrize(
    "change",
    [{"timezone": "Europe/Atlantis"}, {"timezone": "../etc/passwd"}, {"interval_unit": "decade"}, {"last_number": 1},
     {"interval_count": 0}, {"interval_count": 37}, {"first_number": 1}, {"anchor_on": date(2026, 1, 30)}],
)  # fmt: skip
def test_a_calendar_that_nobody_can_keep_is_refused(change: dict[str, Any]) -> None:
    wanted = request(date(2026, 1, 31), "month", 1, "Europe/Rome", billing.LOCAL_TIME, 3)
    with pytest.raises(ValueError, match=r"\w"):
        Calendar.of_request(SubscriptionRequest(**{f: getattr(wanted, f) for f in wanted.__slots__} | change))
