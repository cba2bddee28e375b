"""Where an item stands in a draft's document, and the document with the item put in; nothing else of it changes."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from admin.builder.checking import LISTS
from admin.builder.model import DEFAULT, RULE
from app.services.errors import Refusal
from rules.limits import MAX_ID

Json = dict[str, Any]
PREFIXES = {"rule": "rule", "adjustment": "adj"}


@dataclass
class IdUsedTwice(Refusal):
    """Two items of the draft have the same id, so that neither can be told from the other."""

    kind: str
    code = "id_used_twice"

    @property
    def message(self) -> str:
        """A sentence with the way out."""
        return (
            f"The draft has this {self.kind} twice under one id. Duplicate the one you want to keep, delete both "
            "others, then edit the copy."
        )


def find(document: Mapping[str, Any], kind: str, item_id: str) -> Json | None:
    """Return an item of the document; None when it has none of that id. Raises IdUsedTwice."""
    if kind == DEFAULT:
        default: Json = document["default"]
        return default
    found = [item for item in document.get(LISTS[kind], ()) if item["id"] == item_id]
    if len(found) > 1:
        raise IdUsedTwice(kind)
    return found[0] if found else None


def digest(item: Json | None) -> str:
    """Return what tells whether an item is still the one that was loaded; empty for none."""
    if item is None:
        return ""
    return hashlib.sha256(json.dumps(item, sort_keys=True).encode()).hexdigest()


def new_mark() -> str:
    """Return what tells a new item from every other, in any version: what came of a deleted rule is not its own."""
    return secrets.token_hex(4)


def new_id(document: Mapping[str, Any], kind: str, name: str, mark: str) -> str:
    """Return the id of a new item, made of its name and its form's mark: "rule_large_baskets_5f0c9a1e".

    A form that was saved before, by a second click or after going back, has the id it got then.
    """
    saved = (item["id"] for item in document.get(LISTS[kind], ()) if item["id"].endswith(f"_{mark}"))
    if (known := next(saved, None)) is not None:
        return str(known)
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    slug = "_".join(re.findall(r"[a-z0-9]+", plain))[: MAX_ID - 16].strip("_")
    return f"{PREFIXES[kind]}_{slug or 'new'}_{mark}"


def put(document: Mapping[str, Any], kind: str, item: Json, position: str) -> Json:
    """Return the document with the item in the place of the one with its id, or else at the position.

    `position` is "first", "last" or "after:" and an id; one that is no longer there means last.
    """
    if kind == DEFAULT:
        return {**document, "default": item}
    items = list(document.get(LISTS[kind], ()))
    ids = [one["id"] for one in items]
    if item["id"] in ids:
        items[ids.index(item["id"])] = item
    else:
        after = position.partition(":")[2]
        place = 0 if position == "first" else ids.index(after) + 1 if after in ids else len(items)
        items.insert(place, item)
    return {**document, LISTS[kind]: items}


def what_was_done(kind: str, name: str, *, is_new: bool) -> str:
    """Return the change in words, for whoever may want to take it back."""
    if kind == DEFAULT:
        return "changed the default offer"
    what = "rule" if kind == RULE else "adjustment"
    return f"{'added' if is_new else 'changed'} the {what} “{name}”"
