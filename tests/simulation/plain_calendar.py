"""When periods are due, computed as a person with a wall calendar would: no library that hub or sandbox counts with."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

HOUR = 9  # renewals are due at nine in the morning of the merchant


def day_of(anchor: date, unit: str, count: int, number: int) -> date:
    """The day of period `number` (from 1), found by walking: day by day, or month by month along the calendar."""
    steps = count * (number - 1)
    if unit in ("day", "week"):
        return date.fromordinal(anchor.toordinal() + steps * (7 if unit == "week" else 1))
    year, month = anchor.year, anchor.month
    for _ in range(steps * (12 if unit == "year" else 1)):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return date(year, month, min(anchor.day, monthrange(year, month)[1]))


def moment_of(day: date, zone: str) -> datetime:
    """Nine o'clock of that day in that zone, found by trying every quarter of an hour around it."""
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=15)
    for _ in range(4 * 40):
        local = moment.astimezone(ZoneInfo(zone))
        if (local.date(), local.hour, local.minute) == (day, HOUR, 0):
            return moment
        moment += timedelta(minutes=15)
    raise AssertionError(f"nine o'clock never comes on {day} in {zone}")


def due_dates(
    anchor: date, unit: str, count: int, zone: str, *, until: datetime, total: int | None, ends_on: date | None
) -> dict[int, datetime]:
    """Every period after the first that falls due by `until`, by its number."""
    found: dict[int, datetime] = {}
    number = 2
    while (total is None or number <= total) and (day := day_of(anchor, unit, count, number)) is not None:
        moment = moment_of(day, zone)
        if moment > until or (ends_on is not None and day > ends_on):
            break
        found[number] = moment
        number += 1
    return found
