"""Rules: the active version and every earlier one, as plain sentences."""

from __future__ import annotations

from flask import request
from flask_admin import expose
from sqlalchemy import select

from admin.base import HubView
from admin.tracing import Tracer
from app.models import RuleSetActivation, RuleSetVersion, db
from app.services import rule_sets
from app.services.errors import NoActiveRules

SHOWN = 100  # rules a page
VERSIONS = 100


class RulesView(HubView):
    permission = "rules.view"

    @expose("/")
    def index(self) -> str:
        try:
            number = rule_sets.active_number()
        except NoActiveRules:
            return self.render("backoffice/rules_none.html")
        return self._version(number)

    @expose("/versions/")
    def versions(self) -> str:
        columns = (RuleSetVersion.number, RuleSetVersion.author, RuleSetVersion.note, RuleSetVersion.created_at)
        rows = db.session.execute(select(*columns).order_by(RuleSetVersion.number.desc()).limit(VERSIONS)).all()
        return self.render("backoffice/versions.html", rows=rows, active=_active())

    @expose("/versions/<int(max=2147483647):number>")
    def version(self, number: int) -> str:
        return self._version(number)

    def _version(self, number: int) -> str:
        version = rule_sets.get_version(number)
        ruleset = rule_sets.ruleset_of(number)
        tracer = Tracer({})
        page = request.args.get("page", "1")
        first = (int(page) - 1) * SHOWN if page.isdecimal() and 0 < int(page[:6]) <= len(ruleset.rules) else 0
        return self.render(
            "backoffice/rules.html",
            version=version,
            active=_active(),
            rules=[
                (number, rule, tracer.sentence(rule))
                for number, rule in enumerate(ruleset.rules[first : first + SHOWN], first + 1)
            ],
            total=len(ruleset.rules),
            first=first,
            shown=SHOWN,
            adjustments=[(item, tracer.sentence(item)) for item in ruleset.adjustments],
            default=tracer.sentence(ruleset.default),
        )


def _active() -> RuleSetActivation | None:
    """Return the activation in force: its version, who made it active and when."""
    newest = select(RuleSetActivation).order_by(RuleSetActivation.id.desc()).limit(1)
    found: RuleSetActivation | None = db.session.scalar(newest)
    return found
