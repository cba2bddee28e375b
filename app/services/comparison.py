"""Compares the lines of a provider's report with our own movements: pure, so that it can be held to a plain count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from providers.truths import ReportLine

SUCCEEDED = "succeeded"  # the only state in which money moved, in their words and in ours
LONGEST = 200  # characters of a reference


class BreakKind(StrEnum):
    """How two books can differ about one movement."""

    MISSING_HERE = "missing_here"
    MISSING_THERE = "missing_there"
    AMOUNT_DIFFERS = "amount_differs"
    STATE_DIFFERS = "state_differs"


@dataclass(frozen=True, slots=True)
class Movement:
    """A charge or a refund as we have it. `kind` is charge or refund; `id` is the attempt's or the refund's.

    It ended `at`; `on_day` tells whether that was on the day that is compared, by our clock. `amount` in minor units.
    """

    kind: str
    id: str
    payment_id: str
    provider_reference: str | None
    status: str
    amount: int
    currency: str
    at: datetime | None
    on_day: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """One break: `reference` is our id where we have one, else the provider's."""

    kind: BreakKind
    reference: str
    theirs: ReportLine | None
    ours: Movement | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What agrees, counted, and what does not, in the order of the report, then of our own movements."""

    matched: int
    differences: tuple[Difference, ...]


def compare(lines: Iterable[ReportLine], ours: Iterable[Movement]) -> Comparison:
    """Match each line with the movement of ours that it names, by our id or else by the provider's reference.

    Lines in which no money moved agree with movements in which none did, and with none at all. A second line in which
    money moved, about the same movement, is money that we know nothing of. Our movements of the day that no line names
    are missing there.
    """
    by_id, by_theirs = {}, {}
    for movement in ours:
        by_id[movement.kind, movement.id] = movement
        if movement.provider_reference is not None:
            by_theirs[movement.kind, movement.provider_reference] = movement
    named: set[tuple[str, str]] = set()
    found: list[Difference] = []
    seen: Counter[tuple[BreakKind, str]] = Counter()
    matched = 0
    for line in sorted(lines, key=lambda line: line.state != SUCCEEDED):  # where money moved comes first
        own = by_id.get((line.kind, line.reference or "")) or by_theirs.get((line.kind, line.provider_reference))
        if own is not None and (own.kind, own.id) in named:
            own = None
        elif own is not None:
            named.add((own.kind, own.id))
        kind = differs(line, own)
        if kind is None:
            matched += own is not None
        else:
            found.append(_difference(seen, kind, own.id if own else line.provider_reference, line, own))
    for key, movement in by_id.items():
        if movement.on_day and movement.status == SUCCEEDED and key not in named:
            found.append(_difference(seen, BreakKind.MISSING_THERE, movement.id, None, movement))
    return Comparison(matched, tuple(found))


def differs(line: ReportLine, own: Movement | None) -> BreakKind | None:
    """Return how a line differs from what it is about; None when it does not."""
    if own is None:
        return BreakKind.MISSING_HERE if line.state == SUCCEEDED else None
    if (line.state == SUCCEEDED) != (own.status == SUCCEEDED):
        return BreakKind.STATE_DIFFERS
    if (line.amount, line.currency) != (own.amount, own.currency) and line.state == SUCCEEDED:
        return BreakKind.AMOUNT_DIFFERS
    return None


def _difference(
    seen: Counter[tuple[BreakKind, str]],
    kind: BreakKind,
    reference: str,
    theirs: ReportLine | None,
    ours: Movement | None,
) -> Difference:
    """Return a difference under a reference of its own: what is booked three times is seen three times."""
    reference = reference[:LONGEST]
    seen[kind, reference] += 1
    again = seen[kind, reference]
    while again > 1 and seen[kind, f"{reference}+{again}"]:  # theirs may look like that, too
        again += 1
    if again > 1:
        reference = f"{reference}+{again}"
        seen[kind, reference] += 1
    return Difference(kind, reference, theirs, ours)
