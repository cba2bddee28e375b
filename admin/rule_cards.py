"""Rules, adjustments and the default offer as cards of a page: sentence, marks and warnings."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from flask import url_for

from admin import formats
from admin.tracing import Tracer
from rules import Adjustment, Finding, Rule

SHOWN = 100  # rules a page
Marks = Mapping[tuple[str, tuple[str, int]], Iterable[str]]


@dataclass(frozen=True)
class Card:
    """One rule or adjustment; `nth` tells apart, from 0, those whose id is the same; `place` counts from 1.

    `over` tells that its last day has passed.
    """

    subject: str
    id: str
    nth: int
    place: int
    name: str
    sentence: str
    enabled: bool
    valid_from: date | None = None
    valid_until: date | None = None
    over: bool = False
    marks: tuple[str, ...] = ()
    findings: list[Finding] = field(default_factory=list)

    @property
    def anchor(self) -> str:
        """The id of the card in its page."""
        return anchor(self.id, self.nth)

    @property
    def edit_address(self) -> str:
        """Where the card's item is edited."""
        return edit_address(self.subject, self.id)


@dataclass(frozen=True)
class Slice:
    """Which of `total` items a page shows: from `first` (from 0), and the pages before and after it, if any."""

    total: int
    first: int

    @property
    def last(self) -> int:
        return min(self.first + SHOWN, self.total)

    @property
    def earlier(self) -> int | None:
        return self.first // SHOWN or None

    @property
    def later(self) -> int | None:
        return self.first // SHOWN + 2 if self.last < self.total else None


def slice_of(total: int, page: str) -> Slice:
    """Return the part that `page`, as an address has it, asks for; the first one when that is nothing sensible."""
    number = int(page) if page.isdecimal() and len(page) < 7 else 1
    first = (number - 1) * SHOWN
    return Slice(total, first if 0 < first < total else 0)


def cards(
    items: Sequence[Rule | Adjustment],
    tracer: Tracer,
    *,
    part: Slice | None = None,
    marks: Marks | None = None,
    findings: Iterable[Finding] = (),
) -> list[Card]:
    """Return the cards of the items, or of that part of them; only those are put into words."""
    about: dict[str | None, list[Finding]] = defaultdict(list)
    for finding in findings:
        about[finding.rule_id].append(finding)
    shown = range(part.first, part.last) if part else range(len(items))
    seen: Counter[str] = Counter()
    made = []
    for index, item in enumerate(items):
        nth = seen[item.id]
        seen[item.id] += 1
        if index in shown:
            made.append(_card(item, nth, index + 1, tracer, marks or {}, about.get(item.id, [])))
    return made


def _card(item: Rule | Adjustment, nth: int, place: int, tracer: Tracer, marks: Marks, findings: list[Finding]) -> Card:
    subject = "rule" if isinstance(item, Rule) else "adjustment"
    return Card(
        subject=subject,
        id=item.id,
        nth=nth,
        place=place,
        name=item.name,
        sentence=tracer.sentence(item),
        enabled=item.enabled,
        valid_from=item.valid_from if isinstance(item, Rule) else None,
        valid_until=item.valid_until if isinstance(item, Rule) else None,
        over=isinstance(item, Rule) and item.valid_until is not None and item.valid_until < formats.today(),
        marks=tuple(marks.get((subject, (item.id, nth)), ())),
        findings=findings,
    )


def anchor(id_: str, nth: int = 0) -> str:
    """Return the id of an item's card in its page."""
    return f"rule-{id_}~{nth}" if nth else f"rule-{id_}"


def draft_address(subject: str, id_: str, nth: int = 0, place: int = 1) -> str:
    """Return where in the pages of the draft the card of an item at `place` is; without an id, its list."""
    page = (place - 1) // SHOWN + 1 if subject == "rule" else 1
    spot = anchor(id_, nth) if id_ else subject if subject == "default" else f"{subject}s"
    return url_for("admin_draft.index", page=page if page > 1 else None, _anchor=spot)


def edit_address(subject: str, id_: str = "") -> str:
    """Return where an item, or the default offer, is edited."""
    return url_for(f"admin_builder.{subject}", item_id=id_) if id_ else url_for("admin_builder.default")
