"""Editing one rule, adjustment or the default offer of the draft, in a form whose state travels in the page."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose

from admin.base import HubView, keeps_work, needs
from admin.builder.checking import LISTS, Checked, check, titled
from admin.builder.loading import load
from admin.builder.model import ADJUSTMENT, DEFAULT, MAX_FIELDS, RULE, GroupForm, ItemForm, TooLarge, is_too_large
from admin.builder.operations import absorb, apply
from admin.builder.page import Conflict, Page
from admin.builder.posted import read_form
from admin.builder.saving import digest, find, new_id, new_mark, put, what_was_done
from admin.builder.surroundings import Surroundings, surroundings
from admin.draft_forms import person
from admin.rule_cards import draft_address
from app.models import RuleSetDraft
from app.services import drafts
from app.services.errors import DraftChanged, NotFound

NOUNS = {RULE: "rule", ADJUSTMENT: "adjustment"}


class BuilderView(HubView):
    permission = "rules.edit"

    @expose("/new-rule", methods=("GET", "POST"))
    @needs("rules.edit")
    @keeps_work
    def new_rule(self) -> ResponseReturnValue:
        """A rule that is not in the draft yet."""
        return self._edit(RULE, "")

    @expose("/rules/<item_id>", methods=("GET", "POST"))
    @needs("rules.edit")
    @keeps_work
    def rule(self, item_id: str) -> ResponseReturnValue:
        """A rule of the draft."""
        return self._edit(RULE, item_id)

    @expose("/new-adjustment", methods=("GET", "POST"))
    @needs("rules.edit")
    @keeps_work
    def new_adjustment(self) -> ResponseReturnValue:
        """An adjustment that is not in the draft yet."""
        return self._edit(ADJUSTMENT, "")

    @expose("/adjustments/<item_id>", methods=("GET", "POST"))
    @needs("rules.edit")
    @keeps_work
    def adjustment(self, item_id: str) -> ResponseReturnValue:
        """An adjustment of the draft."""
        return self._edit(ADJUSTMENT, item_id)

    @expose("/default", methods=("GET", "POST"))
    @needs("rules.edit")
    @keeps_work
    def default(self) -> ResponseReturnValue:
        """What is offered when no rule matches."""
        return self._edit(DEFAULT, "")

    def _edit(self, kind: str, item_id: str) -> ResponseReturnValue:
        draft, known = drafts.get_draft(), surroundings()
        if request.method == "GET":
            form = _loaded(kind, item_id, draft, known)
            return self._shown(draft, Page(form, known, sentence=check(form, known, strictly=False).sentence))
        form = _posted(kind, item_id)
        do = request.form.get("do", "")
        if do == "save":
            return self._save(form, draft, known)
        focus = apply(form, do, known)
        checked = check(form, known, strictly=False)
        focus = focus or (next(iter(checked.messages), "preview"))
        return self._shown(draft, Page(form, known, checked.messages, checked.sentence, focus, unsaved=True))

    def _save(self, form: ItemForm, draft: RuleSetDraft, known: Surroundings) -> ResponseReturnValue:
        absorb(form, known)
        is_new = not form.id and form.kind != DEFAULT
        item_id = form.id = _id_of(form, draft)
        checked = check(form, known, strictly=True)
        if is_new:
            form.id = ""
        if checked.messages:
            page = Page(form, known, checked.messages, checked.sentence, "summary", unsaved=True)
            return self._shown(draft, page), 422
        present = find(draft.document, form.kind, item_id)
        if present == checked.data:  # nothing was changed, or this is the second click
            flash("The draft has it as it is here.", "info")
            return _to_the_draft(draft.document, form.kind, item_id)
        if form.revision != draft.revision:
            return self._changed_meanwhile(form, draft, known, checked)
        if present is None and form.digest:
            raise _not_there(form.kind, item_id)  # nor was it ever: a removal would have moved the revision on
        document = put(draft.document, form.kind, checked.data, form.position)
        what = what_was_done(form.kind, form.name, is_new=is_new)
        try:
            drafts.save_draft(document, revision=form.revision, author=person(), what=what)
        except DraftChanged:
            return self._save(form, drafts.get_draft(), known)
        flash("Saved in the draft.", "good")
        return _to_the_draft(document, form.kind, item_id)

    def _changed_meanwhile(
        self, form: ItemForm, draft: RuleSetDraft, known: Surroundings, checked: Checked
    ) -> ResponseReturnValue:
        """Show the form again, for the draft as it is now; saving once more puts this item, and only it, into it."""
        present = find(draft.document, form.kind, _id_of(form, draft))
        removed = bool(form.digest) and present is None
        differs = present is not None and digest(present) != form.digest
        theirs = titled(form.kind, present, known) if present is not None and differs else ""
        form.revision, form.digest = draft.revision, digest(present)
        yours = titled(form.kind, checked.data, known)
        conflict = Conflict(draft.updated_by, draft.updated_at, yours, theirs, removed)
        page = Page(form, known, {}, checked.sentence, "conflict", conflict, unsaved=True)
        return self._shown(draft, page), 409

    def _shown(self, draft: RuleSetDraft, page: Page) -> str:
        form = page.form
        is_new = not form.id and form.kind != DEFAULT
        if is_new:
            page.positions.update(_positions(draft.document, form.kind))
        return self.render("backoffice/builder.html", page=page, is_new=is_new)


# Flask-Admin wants a view to have a first page; these are reached from the draft's page only.
BuilderView._default_view = "new_rule"


def _loaded(kind: str, item_id: str, draft: RuleSetDraft, known: Surroundings) -> ItemForm:
    """Return the form of an item of the draft, or an empty one. Raises NotFound, TooLarge."""
    if kind != DEFAULT and not item_id:
        return ItemForm(kind, when=GroupForm(), revision=draft.revision, mark=new_mark())
    item = find(draft.document, kind, item_id)
    if item is None:
        raise _not_there(kind, item_id)
    form = load(kind, item, known)
    form.revision, form.digest = draft.revision, digest(item)
    return _bounded(form)


def _id_of(form: ItemForm, draft: RuleSetDraft) -> str:
    """Return the item's id, or the one that something new will have."""
    if form.id or form.kind == DEFAULT:
        return form.id
    form.mark = form.mark or new_mark()
    return new_id(draft.document, form.kind, form.name, form.mark)


def _not_there(kind: str, item_id: str) -> NotFound:
    return NotFound(f"{NOUNS[kind]} in the draft", item_id)


def _posted(kind: str, item_id: str) -> ItemForm:
    """Return the form as it was posted. Raises TooLarge."""
    fields = list(request.form.items(multi=True))
    if len(fields) > MAX_FIELDS:
        raise TooLarge
    return _bounded(read_form(fields, kind, item_id))


def _bounded(form: ItemForm) -> ItemForm:
    if is_too_large(form):
        raise TooLarge
    return form


def _positions(document: dict[str, Any], kind: str) -> dict[str, str]:
    """Return the places that a new item can have."""
    noun = NOUNS[kind]
    after = {f"after:{item['id']}": f"After “{item['name'][:60]}”" for item in document.get(LISTS[kind], ())}
    return {"last": f"Last {noun}", "first": f"First {noun}"} | after


def _to_the_draft(document: dict[str, Any], kind: str, item_id: str) -> ResponseReturnValue:
    """Go to the item's card in the draft."""
    ids = [item["id"] for item in document.get(LISTS.get(kind, ""), ())]
    place = ids.index(item_id) + 1 if item_id in ids else 1
    return redirect(draft_address(kind, item_id, place=place), 303)
