"""When a period of a subscription is due: counted from the anchor, at the same time of day in the merchant's zone."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def due_at(anchor_on: date, unit: str, count: int, number: int, at: time, zone: ZoneInfo) -> float | None:
    """Epoch seconds of period `number` (from 1), which is `number` - 1 times `count` units after the anchor.

    A day that a month lacks is its last day; a time that the zone skips is as much later; of one that it has twice
    the first counts. None beyond the last year there is.
    """
    steps = (number - 1) * count
    try:
        day = anchor_on + _days(steps, unit) if unit in ("day", "week") else _months(anchor_on, steps, unit)
        return datetime.combine(day, at, zone).astimezone(UTC).timestamp()
    except (OverflowError, ValueError):
        return None


def _days(steps: int, unit: str) -> timedelta:
    return timedelta(weeks=steps) if unit == "week" else timedelta(days=steps)


def _months(anchor_on: date, steps: int, unit: str) -> date:
    years, month = divmod(anchor_on.month - 1 + steps * (12 if unit == "year" else 1), 12)
    year = anchor_on.year + years
    return date(year, month + 1, min(anchor_on.day, monthrange(year, month + 1)[1]))
