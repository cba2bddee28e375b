"""The draft of the rules: its two lists, the small changes of them, undo, giving it up, files, and its check."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from werkzeug.exceptions import BadRequest

from admin import draft_forms, formats
from admin.base import HubView, needs
from admin.check_page import check_page
from admin.draft_page import draft_page
from admin.reading import locale
from admin.rule_cards import draft_address
from admin.tracing import Tracer
from app.services import draft_checks, draft_edits, draft_steps, drafts, rule_files
from app.services.errors import DraftChanged, FieldRefused, NotFound, NothingToUndo
from rules import InvalidRuleSet, from_json
from rules.edits import Edit


class DraftView(HubView):
    permission = "rules.view"

    @expose("/")
    def index(self) -> str:
        return self.render("backoffice/draft.html", page=draft_page(request.args.get("page", "1")))

    @expose("/change", methods=("POST",))
    @needs("rules.edit")
    def change(self) -> ResponseReturnValue:
        wanted = draft_forms.read_edit(request.form)
        try:
            edited = draft_edits.edit_draft(wanted, revision=draft_forms.revision(), author=draft_forms.person())
        except DraftChanged as refusal:
            return self._stale(refusal, wanted)
        except NotFound:
            raise BadRequest("There is no such rule in the draft.") from None
        flash(f"{edited.what[:1].upper()}{edited.what[1:]}.", "good")
        nth = wanted.nth if edited.id == wanted.id else 0
        return redirect(draft_address(wanted.subject, edited.id, nth, edited.place))

    @expose("/undo", methods=("POST",))
    @needs("rules.edit")
    def undo(self) -> ResponseReturnValue:
        step = draft_steps.last()
        try:
            drafts.undo(revision=draft_forms.revision(), actor=draft_forms.person())
        except DraftChanged as refusal:
            return self._stale(refusal)
        except NothingToUndo as refusal:
            flash(refusal.message, "warn")
        else:
            flash(f"Taken back: {step.what if step and step.what else 'the last change'}.", "good")
        return redirect(url_for(".index"))

    @expose("/discard", methods=("GET", "POST"))
    @needs("rules.edit")
    def discard(self) -> ResponseReturnValue:
        if request.method == "GET":
            draft, changes = drafts.draft_changes(locale())
            return self.render("backoffice/draft_discard.html", draft=draft, changes=changes)
        try:
            drafts.discard_draft(revision=draft_forms.revision(), actor=draft_forms.person())
        except DraftChanged as refusal:
            return self._stale(refusal)
        flash("The draft is given up: it is the same as the active version again. Undo brings it back.", "good")
        return redirect(url_for(".index"))

    @expose("/check")
    @needs("rules.view")
    def check(self) -> str:
        draft, checked = draft_checks.check_now()
        return self.render("backoffice/draft_check.html", page=check_page(draft, checked))

    @expose("/file")
    def file(self) -> Response:
        text = rule_files.text_of(from_json(drafts.get_draft().document))
        name = 'attachment; filename="rules-draft.json"'
        return Response(text, content_type="application/json", headers={"Content-Disposition": name})

    @expose("/import", methods=("GET", "POST"))
    @needs("rules.edit")
    def import_file(self) -> ResponseReturnValue:
        if request.method == "GET":
            return self._import_form(drafts.get_draft().revision)
        try:
            document = rule_files.read(draft_forms.uploaded())
            what = f"imported the file “{draft_forms.file_name()}”"
            drafts.save_draft(document, revision=draft_forms.revision(), author=draft_forms.person(), what=what)
        except DraftChanged as refusal:
            return self._stale(refusal)
        except FieldRefused as refusal:
            return self._import_form(draft_forms.revision(), refusal=refusal), 422
        except InvalidRuleSet as invalid:
            return self._import_form(draft_forms.revision(), invalid=invalid), 422
        flash("The file is in the draft. This is what the check says about it.", "good")
        return redirect(url_for(".check"))

    def _import_form(
        self, revision: int, refusal: FieldRefused | None = None, invalid: InvalidRuleSet | None = None
    ) -> str:
        return self.render(
            "backoffice/draft_import.html",
            revision=revision,
            wrong=refusal.reason if refusal else "",
            problems=invalid.problems if invalid else (),
        )

    def _stale(self, refusal: DraftChanged, wanted: Edit | None = None) -> ResponseReturnValue:
        """Answer somebody who looked at an earlier revision: who was first, and what they asked for, to ask again."""
        draft, edited = (None, None) if wanted is None else draft_edits.preview(wanted)
        now = None
        if wanted is not None and draft is not None and edited is not None:
            now = draft_forms.target(from_json(draft.document), wanted)
        step = draft_steps.last()
        page = self.render(
            "backoffice/draft_stale.html",
            who=formats.actor(refusal.who),
            at=refusal.at,
            did=step.what if step is not None else "",
            wanted=wanted,
            revision=draft.revision if draft else None,
            now=now,
            sentence=Tracer({}).sentence(now[1]) if now else "",
            edited=edited,
        )
        return page, 409
