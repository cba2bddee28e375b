"""Reconciliation: the days of each account, and the page of one day with each break side by side."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_security import current_user
from sqlalchemy import select

from admin import filters, formats
from admin.base import HubView, needs
from admin.keyset import count_up_to, page_of
from admin.reconciliation_page import card_of, grid, state_of
from app.models import ReconciliationBreak, utc_now
from app.services import reconciliation, reconciliation_breaks
from app.services.errors import FieldRefused, NotFound, Refusal
from rules.facts import is_iso_date

VIEWS = (
    filters.View("open", "Open", lambda: ReconciliationBreak.resolved_at.is_(None)),
    filters.View("resolved", "Resolved", lambda: ReconciliationBreak.resolved_at.is_not(None)),
)
LABELS = {"account": "Account", "day": "Day"}


class ReconciliationView(HubView):
    permission = "reconciliation.view"

    @expose("/")
    def index(self) -> str:
        shown = grid(request.args.get("until", ""))
        return self.render("backoffice/reconciliation.html", grid=shown, today=utc_now().date())

    @expose("/days/compare", methods=("POST",))
    @needs("reconciliation.resolve")
    def compare(self) -> ResponseReturnValue:
        day = request.form.get("day", "")
        try:
            if not is_iso_date(day):
                raise FieldRefused("day", "is not a day such as 2026-01-31.")
            run_id = reconciliation.request_comparison(request.form.get("account", ""), date.fromisoformat(day))
        except FieldRefused as refused:
            flash(f"{LABELS[refused.field]} {refused.reason}", "bad")
            return redirect(url_for(".index"))
        flash("It is being compared. Load the page again in a moment.", "info")
        return redirect(url_for(".details", run_id=run_id))

    @expose("/<run_id>")
    def details(self, run_id: str) -> str:
        return self._page(run_id)

    @expose("/breaks/<break_id>/resolve", methods=("POST",))
    @needs("reconciliation.resolve")
    def resolve(self, break_id: str) -> ResponseReturnValue:
        run_id, note = reconciliation_breaks.get_break(break_id).run_id, request.form.get("note", "")
        try:
            reconciliation_breaks.resolve(break_id, note=note, by=current_user.email)
        except FieldRefused as refused:
            return self._page(run_id, wrong={break_id: f"This {refused.reason}"}, typed=note), 422
        except Refusal as refused:
            flash(refused.message, "bad")
        else:
            flash("Resolved, with your name and your note.", "good")
        return redirect(url_for(".details", run_id=run_id))

    @expose("/breaks/<break_id>/ask", methods=("POST",))
    @needs("reconciliation.resolve")
    def ask(self, break_id: str) -> ResponseReturnValue:
        run_id = reconciliation_breaks.get_break(break_id).run_id
        try:
            row = reconciliation_breaks.ask(break_id, by=current_user.email)
        except NotFound:
            raise
        except Refusal as refused:
            flash(refused.message, "bad")
        else:
            if row.resolved_at is None:
                flash("The provider was asked, and the two sides differ still.", "warn")
            else:
                flash("The provider was asked: both sides agree now.", "good")
        return redirect(url_for(".details", run_id=run_id))

    def _page(self, run_id: str, *, wrong: dict[str, str] | None = None, typed: str = "") -> str:
        run = reconciliation.get_run(run_id)
        asked = filters.read(request.args, VIEWS, ())
        of_run = select(ReconciliationBreak).where(ReconciliationBreak.run_id == run_id)
        page = page_of(asked.apply(of_run), ReconciliationBreak, request.args)
        ids = select(ReconciliationBreak.id).where(ReconciliationBreak.run_id == run_id)
        return self.render(
            "backoffice/reconciliation_day.html",
            run=run,
            state=state_of(run),
            account=formats.account(run.account_id),
            page=page,
            cards=[card_of(row) for row in page.rows],
            asked=asked,
            views=VIEWS,
            counts={view.key: count_up_to(filters.Filtered(view).apply(ids)) for view in VIEWS},
            wrong=wrong or {},
            typed=typed,
        )
