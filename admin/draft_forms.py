"""What the small forms of the draft's pages post, read and bounded; nonsense is a 400."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO

from flask import request
from flask_security import current_user
from werkzeug.exceptions import BadRequest

from app.services.errors import FieldRefused
from rules import Adjustment, Rule, RuleSet
from rules.edits import Edit, EditKind, place_of

LONGEST_ID = 1_000  # characters: longer than any id that can be published


def person() -> str:
    """Return who acts, as services write it."""
    return f"user:{current_user.email}"


def revision() -> int:
    """Return the revision of the draft that the form was made for."""
    return _number(request.form.get("revision", ""), "revision")


def version() -> int:
    """Return the number of the version that the form was made for."""
    return _number(request.form.get("version", ""), "version")


def read_edit(form: Mapping[str, str]) -> Edit:
    """Return the edit that a card's form asks for."""
    kind, subject = form.get("do", ""), form.get("subject", "")
    if kind not in tuple(EditKind) or subject not in ("rule", "adjustment"):
        raise BadRequest("The form asks for something that cannot be done.")
    to = form.get("to", "").strip()
    if kind == EditKind.MOVE and not to.isdecimal():
        raise BadRequest("Type the place to move to as a whole number.")
    nth = _number(form.get("nth", "0"), "nth")
    place = int(to[:9]) if kind == EditKind.MOVE else 0
    return Edit(EditKind(kind), subject, form.get("id", "")[:LONGEST_ID], nth, place)


def target(ruleset: RuleSet, wanted: Edit) -> tuple[int, Rule | Adjustment]:
    """Return the place, from 1, and the rule or adjustment that an edit is about. Raises NothingToEdit."""
    items = ruleset.rules if wanted.subject == "rule" else ruleset.adjustments
    place = place_of(items, wanted.id, wanted.nth)
    return place, items[place - 1]


def uploaded() -> IO[bytes]:
    """Return the file that was chosen. Raises FieldRefused when none was."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise FieldRefused("file", "Choose a file first.")
    return file.stream


def file_name() -> str:
    """Return what the chosen file is called, shortened."""
    file = request.files.get("file")
    return (file.filename or "")[-80:] if file else ""


def _number(text: str, name: str) -> int:
    if not (text.isdecimal() and text.isascii() and len(text) <= 9):
        raise BadRequest(f"The form has no sensible {name}. Load the page again.")
    return int(text)
