"""Experiments: what came of the two offers that a rule tries, and whether one can be said to be better."""

from __future__ import annotations

from flask_admin import expose

from admin.base import HubView
from admin.experiment_page import lay_out, money
from app.services.errors import NotFound
from app.services.experiment_runs import REMEMBERED
from app.services.experiments import list_experiments


class ExperimentsView(HubView):
    permission = "rules.view"

    @expose("/")
    def index(self) -> str:
        """Every experiment that runs or ended lately."""
        pages = [lay_out(figures) for figures in list_experiments()]
        return self.render("backoffice/experiments.html", pages=pages, days=REMEMBERED.days)

    @expose("/<rule_id>")
    def rule(self, rule_id: str) -> str:
        """The experiments of one rule, the running one first."""
        pages = [lay_out(figures) for figures in list_experiments(rule_id)]
        if not pages:
            raise NotFound("experiment of the rule", rule_id)
        return self.render("backoffice/experiment.html", pages=pages, money=money)
