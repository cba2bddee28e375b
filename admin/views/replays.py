"""Replays of the draft: started, looked at while they run, cancelled, and what they found."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose

from admin.base import HubView, needs
from admin.draft_forms import person
from admin.replay_page import PILLS, amounts, headline, replay_page
from app.services import drafts, replays
from app.services.errors import FieldRefused, Refusal
from rules import InvalidRuleSet, TrialFailed
from rules.facts import is_iso_date
from rules.replay_figures import Figures

LABELS = {"days": "Sessions of the last", "as_of": "As if it were"}
DAYS = {1: "day", 7: "7 days", 14: "14 days", 30: "30 days", 90: "90 days"}


class ReplaysView(HubView):
    permission = "rules.view"

    @expose("/")
    def index(self) -> str:
        rows = [
            (replay, replays.status_of(replay), headline(Figures.from_json(replay.figures)))
            for replay in replays.list_replays()
        ]
        wanted = request.args.get("as_of", "")
        return self.render(
            "backoffice/replays.html",
            rows=rows,
            pills=PILLS,
            days=DAYS,
            draft=drafts.get_draft(),
            as_of=wanted if is_iso_date(wanted) else "",
        )

    @expose("/draft/start", methods=("POST",))
    @needs("rules.edit")
    def start(self) -> ResponseReturnValue:
        days = request.form.get("days", "")
        try:
            replay = replays.start(
                days=int(days[:9]) if days.isascii() and days.isdecimal() else 0,
                as_of=_day(request.form.get("as_of", "")),
                actor=person(),
            )
        except InvalidRuleSet:
            flash("The draft has problems that keep it from being replayed. Mend them first.", "bad")
            return redirect(url_for("admin_draft.check"))
        except TrialFailed as refused:
            flash(f"{refused.reason} Nothing was replayed.", "bad")
        except FieldRefused as refused:
            flash(f"{LABELS[refused.field]}: {refused.reason}", "bad")
        except Refusal as refused:
            flash(refused.message, "bad")
        else:
            return redirect(url_for(".details", replay_id=replay.id))
        return redirect(url_for(".index"))

    @expose("/<replay_id>")
    def details(self, replay_id: str) -> str:
        page = replay_page(replays.get_replay(replay_id))
        return self.render("backoffice/replay.html", page=page, pills=PILLS, amounts=amounts)

    @expose("/<replay_id>/cancel", methods=("POST",))
    @needs("rules.edit")
    def cancel(self, replay_id: str) -> ResponseReturnValue:
        replays.cancel(replay_id, actor=person())
        return redirect(url_for(".details", replay_id=replay_id))


def _day(text: str) -> date | None:
    """Return the day that was typed, None where there is none. Raises FieldRefused."""
    if text and not is_iso_date(text):
        raise FieldRefused("as_of", "must be a day such as 2026-12-24; leave it empty for each session's own.")
    return date.fromisoformat(text) if text else None
