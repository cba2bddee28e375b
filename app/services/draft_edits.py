"""Small changes of the draft's lists: one rule or adjustment moved, duplicated, switched or deleted."""

from __future__ import annotations

import secrets
from dataclasses import replace

from app.models import RuleSetDraft
from app.services import drafts
from app.services.errors import NotFound
from rules import from_json, to_json
from rules.edits import Edit, Edited, NothingToEdit, edit


def edit_draft(wanted: Edit, *, revision: int, author: str) -> Edited:
    """Make one edit in the draft at `revision`; one that changes nothing leaves the draft as it is.

    Raises DraftChanged, NotFound.
    """
    draft = drafts.get_draft()
    if draft.revision != revision:
        raise drafts.changed(draft)
    before = from_json(draft.document)
    try:
        edited = edit(before, replace(wanted, mark=secrets.token_hex(4)))
    except NothingToEdit as missing:
        raise NotFound(wanted.subject, wanted.id) from missing
    if edited.ruleset != before:
        drafts.save_draft(to_json(edited.ruleset), revision=revision, author=author, what=edited.what)
    return edited


def preview(wanted: Edit) -> tuple[RuleSetDraft, Edited | None]:
    """Return the draft and what the edit would make of it now; None where there is nothing to edit any more."""
    draft = drafts.get_draft()
    try:
        return draft, edit(from_json(draft.document), wanted)
    except NothingToEdit:
        return draft, None
