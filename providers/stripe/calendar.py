"""Our billing days in Stripe's calendar, which counts in UTC, and the numbers of the periods that it charges."""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil.relativedelta import relativedelta

from providers.interface import SubscriptionRequest

LONGEST = {"day": 1095, "week": 156, "month": 36, "year": 3}  # of one period, as Stripe allows
DAYS = {"day": 1, "week": 7, "month": 28, "year": 365}  # at least, of one unit
KEYS = ("anchor_on", "timezone", "unit", "count", "first_number", "first_due_at", "last_number")


@dataclass(frozen=True, slots=True)
class Calendar:
    """When periods fall due for us and when Stripe bills them: on the same calendar day, less than a day apart.

    We follow the clocks of the merchant's zone, Stripe counts days in UTC. So that a period is billed on the calendar
    day that is ours, and months end where ours end, Stripe bills at the time in UTC at which the first period falls
    due, or, where that is another day in UTC, at the end of our day that is nearer. All moments are aware and in UTC.
    """

    anchor_on: date
    timezone: str
    unit: str
    count: int
    first_number: int
    first_due_at: datetime
    last_number: int | None = None

    @classmethod
    def of_request(cls, request: SubscriptionRequest) -> Self:
        """The calendar that is asked for. Raises ValueError, in words, when Stripe cannot keep it, or nobody can."""
        if request.interval_unit not in LONGEST or not 1 <= request.interval_count <= LONGEST[request.interval_unit]:
            raise ValueError(f"Stripe does not charge every {request.interval_count} {request.interval_unit}.")
        calendar = cls(
            anchor_on=request.anchor_on,
            timezone=request.timezone,
            unit=request.interval_unit,
            count=request.interval_count,
            first_number=request.first_number,
            first_due_at=request.first_due_at.astimezone(UTC).replace(microsecond=0),
            last_number=request.last_number,
        )
        try:
            calendar._zone()
        except ZoneInfoNotFoundError as unknown:
            raise ValueError("The time zone is unknown.") from unknown
        if request.first_number < 2 or (request.last_number or request.first_number) < request.first_number:
            raise ValueError("No period is left that Stripe could charge.")
        if calendar.due_at(request.first_number) != calendar.first_due_at:
            raise ValueError("The first period does not fall due on a day of this calendar.")
        return calendar

    @classmethod
    def of_metadata(cls, metadata: Mapping[str, str]) -> Self:
        """The calendar that a subscription at Stripe was started with. Raises KeyError, ValueError."""
        given = {key: metadata[f"junction_{key}"] for key in KEYS}
        return cls(
            anchor_on=date.fromisoformat(given["anchor_on"]),
            timezone=given["timezone"],
            unit=given["unit"],
            count=int(given["count"]),
            first_number=int(given["first_number"]),
            first_due_at=datetime.fromisoformat(given["first_due_at"]),
            last_number=int(given["last_number"]) if given["last_number"] != "none" else None,
        )

    def metadata(self) -> dict[str, str]:
        """What `of_metadata` reads."""
        return {
            "junction_anchor_on": self.anchor_on.isoformat(),
            "junction_timezone": self.timezone,
            "junction_unit": self.unit,
            "junction_count": str(self.count),
            "junction_first_number": str(self.first_number),
            "junction_first_due_at": self.first_due_at.isoformat(),
            "junction_last_number": str(self.last_number or "none"),  # an empty value would be no value at Stripe
        }

    def months(self) -> int:
        """How many months a period has; 0 when it is counted in days."""
        return {"month": 1, "year": 12}.get(self.unit, 0) * self.count

    def day_of(self, number: int) -> date:
        """The day of period `number`; one that a month lacks is its last day, for that month only."""
        steps = self.count * (number - 1)
        if self.unit in ("day", "week"):
            return self.anchor_on + timedelta(days=steps * DAYS[self.unit])
        return self.anchor_on + relativedelta(months=steps * (12 if self.unit == "year" else 1))

    def due_at(self, number: int) -> datetime:
        """When period `number` falls due by our calendar."""
        zone = self._zone()
        at = self.first_due_at.astimezone(zone).time().replace(fold=0)
        return datetime.combine(self.day_of(number), at, zone).astimezone(UTC)

    def billed_at(self, number: int) -> datetime:
        """When Stripe makes the invoice of period `number`."""
        local, here = self.first_due_at.astimezone(self._zone()).date(), self.first_due_at.date()
        at = self.first_due_at.time() if here == local else time() if here < local else time(23, 59, 59)
        return datetime.combine(self.day_of(number), at, UTC)

    def number_of(self, moment: datetime) -> int:
        """The period whose billing is nearest to `moment`."""
        later = self._first_after(moment, self.billed_at)
        earlier = max(later - 1, self.first_number)
        return later if self.billed_at(later) - moment < moment - self.billed_at(earlier) else earlier

    def stops_at(self, ends_at: datetime | None) -> datetime | None:
        """When Stripe has to end, so that it bills no period due at or after `ends_at`, nor one after the last.

        It is always the moment of a billing: Stripe gives back a part of a period that it ends in.
        """
        after_last = [] if self.last_number is None else [self.last_number + 1]
        from_end = [] if ends_at is None else [self._first_after(ends_at, self.due_at)]
        return min((self.billed_at(number) for number in (*after_last, *from_end)), default=None)

    def _first_after(self, moment: datetime, when: Callable[[int], datetime]) -> int:
        """The first of Stripe's periods that is at or after `moment`."""
        days = max((moment - self.first_due_at).days, 0)
        numbers = range(self.first_number, self.first_number + days // (DAYS[self.unit] * self.count) + 3)
        return numbers[min(bisect_left(numbers, moment, key=when), len(numbers) - 1)]

    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)
