"""Who subscribes in a simulation, to what, and what they or the merchant change their minds about later."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta

ZONES = ("Europe/Rome", "America/New_York", "Australia/Sydney")
# (unit, count, how many of a hundred); short intervals end early, or they would fill the whole simulation
INTERVALS = (
    ("day", 1, 3), ("day", 3, 4), ("day", 10, 5), ("day", 45, 8), ("week", 1, 5), ("week", 2, 7), ("week", 6, 8),
    ("month", 1, 28), ("month", 2, 8), ("month", 3, 10), ("month", 6, 6), ("year", 1, 8),
)  # fmt: skip
SHORT = {("day", 1): 45, ("day", 3): 60, ("day", 10): 60, ("week", 1): 60}
DAYS_OF = {"day": 1, "week": 7, "month": 31, "year": 366}
AWKWARD_DAYS = (1, 28, 29, 30, 31)
ACTS = ("cancel", "cancel", "withdraw", "amount", "amount", "link", "nothing", "nothing", "nothing", "nothing")


@dataclass(frozen=True)
class Plan:
    """One subscriber: starts at `starts_at`, in the zone of their merchant; `acts` are (when, what), in order."""

    number: int
    starts_at: datetime
    zone: str
    unit: str
    count: int
    total: int | None
    ends_on: date | None
    collection: str
    method: str
    amount: int
    has_email: bool
    acts: tuple[tuple[datetime, str], ...]


def cast(size: int, start: datetime, length: timedelta, chance: random.Random) -> list[Plan]:
    """`size` subscribers, many of whom begin on the last days of a month, in order of when they do."""
    known = [(unit, count, weight) for unit, count, weight in INTERVALS if count * DAYS_OF[unit] <= length.days]
    kinds, weights = [(unit, count) for unit, count, _ in known], [weight for _, _, weight in known]
    days = [start + timedelta(days=n) for n in range(min(430, max(length.days // 3, 1)))]
    awkward = [day for day in days if day.day in AWKWARD_DAYS]
    plans = []
    for number in range(size):
        begins = chance.choice(awkward if chance.random() < 0.6 else days)
        begins += timedelta(minutes=chance.randrange(60 * 24))
        unit, count = chance.choices(kinds, weights)[0]
        total = chance.randint(2, 40) if chance.random() < 0.3 else None
        total = min(total or 10**6, SHORT[unit, count]) if (unit, count) in SHORT else total
        ends_on = (begins + length * chance.uniform(0.1, 1)).date() if chance.random() < 0.2 else None
        plans.append(
            Plan(
                number,
                begins,
                chance.choice(ZONES),
                unit,
                count,
                total,
                ends_on,
                chance.choice(("manual", "automatic")),
                chance.choice(("card", "paypal", "sepa_debit")),
                chance.randrange(100, 50_000),
                chance.random() < 0.5,
                _acts(begins, start + length, chance),
            )
        )
    return sorted(plans, key=lambda plan: plan.starts_at)


def _acts(begins: datetime, end: datetime, chance: random.Random) -> tuple[tuple[datetime, str], ...]:
    """At most two changes of mind; a cancellation may be withdrawn again a little later."""
    acts: list[tuple[datetime, str]] = []
    for _ in range(2):
        moment = begins + (end - begins) * chance.uniform(0.05, 1)
        act = chance.choice(ACTS)
        if act == "withdraw":
            acts += [(moment, "cancel"), (moment + timedelta(hours=chance.randrange(1, 60)), "withdraw")]
        elif act != "nothing":
            acts.append((moment, act))
    return tuple(sorted(acts))
