"""When a subscription's periods begin: counted from its anchor, a day that a month lacks being its last day."""

from calendar import monthrange
from datetime import UTC, datetime, timedelta

DAYS = {"day": 1, "week": 7}


def period_start(anchor: int, unit: str, count: int, number: int, day: int | None = None) -> int:
    """The beginning of the period that is `number` periods after the anchor; `day` is the day of the month meant."""
    start = datetime.fromtimestamp(anchor, UTC)
    if unit in DAYS:
        return int((start + timedelta(days=DAYS[unit] * count * number)).timestamp())
    months = start.year * 12 + start.month - 1 + number * count * (12 if unit == "year" else 1)
    year, month = months // 12, months % 12 + 1
    return int(start.replace(year=year, month=month, day=_clipped(year, month, day or start.day)).timestamp())


def next_occurrence(now: int, config: dict[str, int]) -> int:
    """The first time after `now` that a `billing_cycle_anchor_config` means."""
    at = datetime.fromtimestamp(now, UTC)
    time = {name: config.get(name, getattr(at, name)) for name in ("hour", "minute", "second")}
    for months in range(at.year * 12 + at.month - 1, (at.year + 9) * 12):
        year, month = months // 12, months % 12 + 1
        if config.get("month", month) == month:
            found = datetime(year, month, _clipped(year, month, config["day_of_month"]), tzinfo=UTC).replace(**time)
            if found > at:
                return int(found.timestamp())
    raise AssertionError("every month comes again")


def _clipped(year: int, month: int, day: int) -> int:
    return min(day, monthrange(year, month)[1])
