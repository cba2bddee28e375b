"""From the draft to customers: review, approve, publish now or later, and when another version was faster."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose

from admin import draft_forms, formats
from admin.base import HubView, keeps_work, needs
from admin.publish_form import PublishForm, read_form
from admin.reading import locale
from admin.review_page import review_page
from app.services import draft_publishing, drafts, rule_sets
from app.services.errors import DraftChanged, DraftOutdated, FieldRefused, Refusal
from rules import InvalidRuleSet, RuleSet, TrialFailed


class ReviewView(HubView):
    permission = "rules.view"

    @expose("/")
    def index(self) -> str:
        return self._review(PublishForm())

    @expose("/approve", methods=("POST",))
    @needs("rules.approve")
    def approve(self) -> ResponseReturnValue:
        try:
            drafts.approve(revision=draft_forms.revision(), approver=draft_forms.person())
        except (Refusal, InvalidRuleSet) as refused:
            return _told(refused)
        flash("The draft is approved as it stands. It can be published now.", "good")
        return redirect(url_for(".index", _anchor="publish"))

    @expose("/publish", methods=("POST",))
    @needs("rules.publish")
    @keeps_work
    def publish(self) -> ResponseReturnValue:
        form = read_form(request.form)
        if form.wrong or request.form.get("do") == "restore":
            return self._review(form), 422 if form.wrong else 200
        revision, actor = draft_forms.revision(), draft_forms.person()
        try:
            if form.at is None:
                version = draft_publishing.publish(revision=revision, actor=actor, note=form.note)
            else:
                draft_publishing.schedule(revision=revision, actor=actor, note=form.note, at=form.at)
        except FieldRefused as refused:
            form.wrong["at"] = refused.reason
            return self._review(form), 422
        except (Refusal, InvalidRuleSet, TrialFailed) as refused:
            return _told(refused)
        if form.at is not None:
            flash(f"The draft will be published on {formats.moment(form.at)}, unless it is changed before.", "good")
            return redirect(url_for(".index"))
        flash(f"Version {version.number} is published: from now on it decides for every customer.", "good")
        return redirect(url_for("admin_rules.index"))

    @expose("/cancel", methods=("POST",))
    @needs("rules.publish")
    def cancel(self) -> ResponseReturnValue:
        try:
            draft_publishing.cancel(revision=draft_forms.revision(), actor=draft_forms.person())
        except DraftChanged as refused:
            return _told(refused)
        flash("The plan is cancelled. The draft stays approved.", "good")
        return redirect(url_for(".index"))

    @expose("/outdated", methods=("GET", "POST"))
    @needs("rules.edit")
    def outdated(self) -> ResponseReturnValue:
        draft, changes = drafts.draft_changes(locale())
        newest = rule_sets.newest_activation()
        if draft.author is None or newest is None or draft.based_on == newest.version:
            return redirect(url_for(".index"))
        if request.method == "POST":
            revision, version = draft_forms.revision(), draft_forms.version()
            try:
                drafts.save_draft(draft.document, revision=revision, author=draft_forms.person(), based_on=version)
            except (DraftChanged, FieldRefused) as refused:
                return _told(refused)
            flash(f"The draft is based on version {version} now. Check it, then have it approved.", "good")
            return redirect(url_for(".index"))
        began = RuleSet() if draft.based_on is None else rule_sets.ruleset_of(draft.based_on)
        theirs = rule_sets.changes(began, rule_sets.ruleset_of(newest.version), locale())
        return self.render("backoffice/draft_outdated.html", draft=draft, newest=newest, theirs=theirs, changes=changes)

    def _review(self, form: PublishForm) -> str:
        return self.render("backoffice/review.html", page=review_page(), form=form)


def _told(refused: Exception) -> ResponseReturnValue:
    """Say why nothing happened, on the page that shows how things stand."""
    match refused:
        case DraftChanged():
            who, at = formats.actor(refused.who), formats.second(refused.at)
            flash(f"{who} changed the draft on {at}, after you opened your page. Look at it again, then decide.", "bad")
        case DraftOutdated():
            flash(f"Version {refused.active} went live meanwhile, so nothing was done.", "bad")
        case InvalidRuleSet():
            flash("The draft has problems that keep it from going live. Mend them first.", "bad")
            return redirect(url_for("admin_draft.check"))
        case TrialFailed():
            flash(f"{refused.reason} Nothing was published.", "bad")
        case _:
            flash(str(refused), "bad")
    return redirect(url_for("admin_review.index"))
