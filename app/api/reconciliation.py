"""Reconciliation: what each day's comparison with a provider's report found, and a note that resolves a break."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE
from sqlalchemy import select

from app.api.auth import actor
from app.api.paging import page_of
from app.api.schemas import PageQuerySchema
from app.api.schemas_reconciliation import (
    BreakSchema,
    ResolveBreakSchema,
    RunBreaksSchema,
    RunPageSchema,
    RunQuerySchema,
    RunSchema,
)
from app.api.spec import new_blueprint, refusals
from app.models import ReconciliationBreak, ReconciliationRun
from app.services import reconciliation, reconciliation_breaks

blueprint = new_blueprint(
    "reconciliation",
    "Each day, every account whose provider reports what it moved is compared with our own charges and refunds.",
)


@blueprint.route("/reconciliation/runs")
@blueprint.doc(**refusals(422))
@blueprint.arguments(RunQuerySchema, location="query", unknown=RAISE)
@blueprint.response(200, RunPageSchema)
def list_runs(query: dict[str, Any]) -> dict[str, Any]:
    """List comparisons, the newest first. `next_cursor` goes on where this page ends; null at the end."""
    wanted = select(ReconciliationRun)
    if account := query.get("account"):
        wanted = wanted.where(ReconciliationRun.account_id == account)
    if day := query.get("day"):
        wanted = wanted.where(ReconciliationRun.day == day)
    page, cursor = page_of(wanted, ReconciliationRun, "recon", query)
    counts = reconciliation_breaks.open_counts([run.id for run in page])
    return {"data": [_told(run, counts.get(run.id, 0)) for run in page], "next_cursor": cursor}


@blueprint.route("/reconciliation/runs/<run_id>")
@blueprint.doc(**refusals(404, 422))
@blueprint.arguments(PageQuerySchema, location="query", unknown=RAISE)
@blueprint.response(200, RunBreaksSchema)
def get_run(query: dict[str, Any], run_id: str) -> dict[str, Any]:
    """Read one comparison with its breaks, open and resolved, page by page."""
    run = reconciliation.get_run(run_id)
    of_run = select(ReconciliationBreak).where(ReconciliationBreak.run_id == run_id)
    page, cursor = page_of(of_run, ReconciliationBreak, "brk", query)
    counts = reconciliation_breaks.open_counts([run_id])
    return {**_told(run, counts.get(run_id, 0)), "breaks": page, "next_cursor": cursor}


@blueprint.route("/reconciliation/breaks/<break_id>/resolve", methods=["POST"])
@blueprint.doc(**refusals(404, 409, 413, 415, 422))
@blueprint.arguments(ResolveBreakSchema)
@blueprint.response(200, BreakSchema)
def resolve_break(body: dict[str, Any], break_id: str) -> ReconciliationBreak:
    """Resolve a break with a note. It stays resolved when the day is compared again."""
    return reconciliation_breaks.resolve(break_id, note=body["note"], by=actor())


def _told(run: ReconciliationRun, open_breaks: int) -> dict[str, Any]:
    own = {field.attribute or name for name, field in RunSchema().fields.items() if name != "open_breaks"}
    return {**{name: getattr(run, name) for name in own}, "open_breaks": open_breaks}
