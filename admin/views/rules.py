"""Rules: the active version with what became of it, every version that there was, and the way back to one."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose

from admin.base import HubView, needs
from admin.draft_forms import person
from admin.overview import overview
from admin.rule_cards import cards, slice_of
from admin.tracing import Tracer
from admin.version_page import version_page
from app.services import rule_files, rule_sets
from app.services.errors import NoActiveRules

VERSIONS = 100
EVENTS = 20


class RulesView(HubView):
    permission = "rules.view"

    @expose("/")
    def index(self) -> str:
        try:
            return self.render("backoffice/rules.html", page=overview(request.args.get("page", "1")))
        except NoActiveRules:
            return self.render("backoffice/rules_none.html")

    @expose("/versions/")
    def versions(self) -> str:
        return self.render(
            "backoffice/versions.html",
            rows=rule_sets.list_versions(VERSIONS),
            active=rule_sets.newest_activation(),
            events=rule_sets.list_events(EVENTS),
        )

    @expose("/versions/<int(max=2147483647):number>")
    def version(self, number: int) -> str:
        ruleset = rule_sets.ruleset_of(number)
        part, tracer = slice_of(len(ruleset.rules), request.args.get("page", "1")), Tracer({})
        return self.render(
            "backoffice/version.html",
            page=version_page(number, request.args.get("since", "")),
            rules=cards(ruleset.rules, tracer, part=part),
            adjustments=cards(ruleset.adjustments, tracer),
            default=tracer.sentence(ruleset.default),
            part=part,
        )

    @expose("/versions/<int(max=2147483647):number>/file")
    def file(self, number: int) -> Response:
        text = rule_files.text_of(rule_sets.ruleset_of(number))
        name = f'attachment; filename="rules-{number}.json"'
        return Response(text, content_type="application/json", headers={"Content-Disposition": name})

    @expose("/versions/<int(max=2147483647):number>/activate", methods=("POST",))
    @needs("rules.publish")
    def activate(self, number: int) -> ResponseReturnValue:
        rule_sets.activate_version(number, actor=person())
        flash(f"Version {number} is active: from now on it decides for every customer.", "good")
        return redirect(url_for(".index"))
