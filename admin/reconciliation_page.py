"""The days of reconciliation as a grid, and the two sides of a break as rows that say where they differ."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import url_for
from sqlalchemy import select

from admin import formats
from admin.filters import FIRST_DAY
from admin.subjects import url_of
from app.models import Job, ProviderAccount, ReconciliationBreak, ReconciliationRun, db, utc_now
from app.services import reconciliation, reconciliation_breaks
from rules.facts import is_iso_date

DAYS = 14  # on a page

KINDS: dict[str, tuple[str, str]] = {
    "missing_here": ("Missing here", "The provider moved this money, and we know nothing of it."),
    "missing_there": (
        "Missing there",
        "We hold it for done, but no report has it: not this day's, nor those around it.",
    ),
    "amount_differs": ("Amounts differ", "Both know of it, with different amounts."),
    "state_differs": ("States differ", "One side holds it for done, the other does not."),
}
WORDS = {"charge": "Charge", "refund": "Refund"}


@dataclass(frozen=True)
class Cell:
    """One account on one day: the run's address, and its badge."""

    url: str | None
    word: str
    tone: str
    icon: str
    detail: str = ""


@dataclass(frozen=True)
class Grid:
    """`rows` are (day, a cell for each account), the latest day first."""

    accounts: list[ProviderAccount]
    rows: list[tuple[date, list[Cell]]]
    newer: date | None
    older: date


@dataclass(frozen=True)
class Side:
    """One line of a break: what it compares, their value and ours."""

    label: str
    theirs: str
    ours: str
    differs: bool


@dataclass(frozen=True)
class BreakCard:
    """A break in words; `url` is the page of our payment."""

    row: ReconciliationBreak
    title: str
    text: str
    amount: str
    sides: list[Side]
    url: str | None
    can_ask: bool


def grid(until: str) -> Grid:
    """Return the days up to `until` (YYYY-MM-DD in UTC, today when it is none) of every account that has reports."""
    today = utc_now().date()
    last = max(min(date.fromisoformat(until), today), FIRST_DAY) if is_iso_date(until) else today
    days = [last - timedelta(days=back) for back in range(DAYS)]
    accounts = reconciliation.reporting_accounts()
    query = select(ReconciliationRun).where(ReconciliationRun.day.in_(days))
    runs = {(run.account_id, run.day): run for run in db.session.scalars(query)}
    ids = [run.id for run in runs.values()]
    counts = reconciliation_breaks.open_counts(ids)
    is_waiting = (Job.kind == reconciliation.COMPARE, Job.done_at.is_(None), Job.quarantined_at.is_(None))
    waiting = set(db.session.scalars(select(Job.subject_id).where(*is_waiting, Job.subject_id.in_(ids))))
    rows = [(day, [_cell(runs.get((account.id, day)), counts, waiting) for account in accounts]) for day in days]
    newer = min(last + timedelta(days=DAYS), today) if last < today else None
    return Grid(accounts, rows, newer, last - timedelta(days=DAYS))


def state_of(run: ReconciliationRun) -> Cell:
    """Return how a run stands."""
    is_waiting = (Job.kind == reconciliation.COMPARE, Job.done_at.is_(None), Job.quarantined_at.is_(None))
    waiting = set(db.session.scalars(select(Job.subject_id).where(*is_waiting, Job.subject_id == run.id)))
    return _cell(run, reconciliation_breaks.open_counts([run.id]), waiting)


def card_of(row: ReconciliationBreak) -> BreakCard:
    """Return a break as its page shows it."""
    title, text = KINDS[row.kind]
    theirs, ours = row.theirs or {}, row.ours or {}
    known = theirs or ours
    return BreakCard(
        row=row,
        title=title,
        text=text,
        amount=formats.money(known["amount"], known["currency"]),
        sides=list(_sides(theirs, ours)),
        url=url_of(ours["payment_id"]) if ours else None,
        can_ask=reconciliation_breaks.can_ask(row),
    )


def _cell(run: ReconciliationRun | None, counts: dict[str, int], waiting: set[str]) -> Cell:
    if run is None:
        return Cell(None, "Not compared", "quiet", "circle")
    url = url_for("admin_reconciliation.details", run_id=run.id)
    if run.error:
        return Cell(url, "No report", "bad", "warning", "asked again by itself")
    if run.compared_at is None:
        return Cell(url, "Being compared" if run.id in waiting else "Not compared", "wait", "clock")
    matched = f"{formats.count(run.matched)} agree" if run.theirs or run.ours else "nothing moved"
    if number := counts.get(run.id, 0):
        return Cell(
            url, "1 difference" if number == 1 else f"{formats.count(number)} differences", "warn", "warning", matched
        )
    return Cell(url, "Agrees", "good", "check", matched)


def _sides(theirs: dict[str, Any], ours: dict[str, Any]) -> list[Side]:
    both = bool(theirs and ours)
    state = ours.get("status", "")
    moved_there, moved_here = theirs.get("state") == "succeeded", state == "succeeded"
    return [
        Side("What", WORDS.get(theirs.get("kind", ""), ""), WORDS.get(ours.get("kind", ""), ""), False),
        Side("Amount", _money(theirs), _money(ours), both and _money(theirs) != _money(ours)),
        Side("State", formats.words(theirs.get("state", "")), formats.words(state), both and moved_there != moved_here),
        Side("When", _moment(theirs.get("at")), _moment(ours.get("at")), False),
        Side("Our id", theirs.get("reference") or "", ours.get("id", ""), False),
        Side("Provider's id", theirs.get("provider_reference", ""), ours.get("provider_reference") or "", False),
    ]


def _money(side: dict[str, Any]) -> str:
    return formats.money(side["amount"], side["currency"]) if side else ""


def _moment(text: str | None) -> str:
    return f"{formats.moment(datetime.fromisoformat(text))}" if text else ""
