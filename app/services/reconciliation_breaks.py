"""Breaks: kept from one comparison to the next, and resolved by a person with a note or by what no longer differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from app.domain.ids import new_id
from app.models import ReconciliationBreak, ReconciliationRun, db, utc_now
from app.services import notes, payments, refund_settling
from app.services.alerts import close_alert, raise_alert
from app.services.comparison import SUCCEEDED, Comparison, differs
from app.services.errors import NotFound, Refusal
from app.services.movements import CHARGE, REFUND, of_id
from app.services.transaction import transaction
from providers.truths import ReportLine

BREAKS, NO_REPORT = "reconciliation_breaks", "report_missing"  # kinds of alerts, about a run
GONE = "A later comparison no longer finds it."


@dataclass
class AlreadyResolved(Refusal):
    who: str
    at: datetime
    code = "already_resolved"

    @property
    def message(self) -> str:
        return f"{self.who} resolved this at {self.at:%Y-%m-%d %H:%M} UTC. What you entered was not recorded."


class NothingToAsk(Refusal):
    """Asking settles only what we do not hold for succeeded, and refunds that came back."""

    code = "nothing_to_ask"

    @property
    def message(self) -> str:
        return "There is nothing of ours that the provider could be asked about. Resolve it with a note."


def get_break(break_id: str) -> ReconciliationBreak:
    """Return a break. Raises NotFound."""
    found = db.session.get(ReconciliationBreak, break_id)
    if found is None:
        raise NotFound("break", break_id)
    return found


def keep(run_id: str, found: Comparison, *, theirs: int, ours: int) -> None:
    """Store what a comparison found: new breaks are added, open ones brought up to date, those that are gone resolved.

    What a person resolved stays resolved, with the note. The run has one alert for as long as a break is open.
    """
    now = utc_now()
    with transaction():
        run = db.session.get_one(ReconciliationRun, run_id, with_for_update=True, populate_existing=True)
        rows = db.session.scalars(select(ReconciliationBreak).where(ReconciliationBreak.run_id == run_id))
        known = {(row.kind, row.reference): row for row in rows}
        added: list[dict[str, Any]] = []
        for difference in found.differences:
            sides = {"theirs": _told(difference.theirs), "ours": _told(difference.ours)}
            row = known.pop((difference.kind.value, difference.reference), None)
            if row is None:
                same = {"run_id": run_id, "kind": difference.kind.value, "reference": difference.reference}
                added.append({"id": new_id("brk"), "created_at": now, "note": "", **same, **sides})
            elif row.resolved_by in (None, "system"):
                row.theirs, row.ours = sides["theirs"], sides["ours"]
                row.resolved_at, row.resolved_by, row.note = None, None, ""
        for row in known.values():
            if row.resolved_at is None:
                row.resolved_at, row.resolved_by, row.note = now, "system", GONE
        if added:
            db.session.execute(insert(ReconciliationBreak), added)
        run.compared_at, run.error = now, ""
        run.theirs, run.ours, run.matched = theirs, ours, found.matched
        close_alert(NO_REPORT, run_id, note="The provider has reported.")
        _tell(run)


def resolve(break_id: str, *, note: str, by: str) -> ReconciliationBreak:
    """Resolve a break in a person's name (`by`, an address or api:<key id>).

    Raises NotFound, FieldRefused for a note that says nothing, AlreadyResolved when somebody was faster.
    """
    text = notes.read(note)
    run_id = get_break(break_id).run_id
    with transaction():
        run = db.session.get_one(ReconciliationRun, run_id, with_for_update=True, populate_existing=True)
        resolved = (
            update(ReconciliationBreak)
            .where(ReconciliationBreak.id == break_id, ReconciliationBreak.resolved_at.is_(None))
            .values(resolved_at=utc_now(), resolved_by=by[:254], note=text)
            .returning(ReconciliationBreak.id)
            .execution_options(synchronize_session=False)
        )
        lost = db.session.execute(resolved).first() is None
        row = db.session.get_one(ReconciliationBreak, break_id, populate_existing=True)
        if lost:
            raise AlreadyResolved(str(row.resolved_by), row.resolved_at or utc_now())
        _tell(run)
    return row


def can_ask(row: ReconciliationBreak) -> bool:
    """Tell whether the provider can be asked about our side of an open break.

    What succeeded here is settled, but for a refund that a bank may have sent back since.
    """
    if row.resolved_at is not None or row.ours is None:
        return False
    if row.ours["status"] != SUCCEEDED:
        return True
    return row.ours["kind"] == REFUND and row.theirs is not None and row.theirs["state"] != SUCCEEDED


def ask(break_id: str, *, by: str) -> ReconciliationBreak:
    """Ask the provider what became of our side of a break and settle it; resolve the break when that ends it.

    Raises NotFound, NothingToAsk, Busy.
    """
    row = get_break(break_id)
    if not can_ask(row) or row.ours is None or row.theirs is None:
        raise NothingToAsk
    ours, line = row.ours, _line(row.theirs)
    if ours["kind"] == CHARGE:
        payments.settle(ours["id"], actor=f"user:{by}"[:100])
    else:
        refund_settling.settle(ours["id"])
    now_ours = of_id(ours["kind"], ours["id"])
    if differs(line, now_ours) is None:
        return resolve(break_id, note="The provider was asked: both books agree now.", by=by)
    with transaction():
        row = db.session.get_one(ReconciliationBreak, break_id, populate_existing=True)
        row.ours = _told(now_ours)
    return row


def open_counts(run_ids: Sequence[str]) -> dict[str, int]:
    """Return how many breaks of each run nobody has resolved; a run without any is left out."""
    waiting = (ReconciliationBreak.run_id.in_(run_ids), ReconciliationBreak.resolved_at.is_(None))
    counted = select(ReconciliationBreak.run_id, func.count()).where(*waiting).group_by(ReconciliationBreak.run_id)
    return dict(db.session.execute(counted).tuples().all())


def _tell(run: ReconciliationRun) -> None:
    db.session.flush()
    if open_counts([run.id]):
        said = f"The books of {run.account.label} and ours differ on {run.day.day} {run.day:%B %Y}."
        raise_alert(BREAKS, run.id, said)
    else:
        close_alert(BREAKS, run.id, note="Every difference is resolved.")


def _told(side: Any) -> dict[str, Any] | None:
    """Return a side of a difference ready for JSON: times in ISO 8601."""
    if side is None:
        return None
    told = asdict(side)
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in told.items()}


def _line(told: dict[str, Any]) -> ReportLine:
    return ReportLine(**{**told, "at": datetime.fromisoformat(told["at"])})
