"""Small changes of a rule set's two lists: move, duplicate, switch on or off, delete; each told in a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from rules.difference import MAX_SHOWN, by_key
from rules.limits import MAX_ID, MAX_NAME
from rules.spec import Adjustment, Rule, RuleSet

AnItem = TypeVar("AnItem", Rule, Adjustment)


class EditKind(StrEnum):
    """What is done to one rule or adjustment."""

    UP = "up"
    DOWN = "down"
    MOVE = "move"
    DUPLICATE = "duplicate"
    ON = "on"
    OFF = "off"
    DELETE = "delete"


@dataclass(frozen=True)
class Edit:
    """What to do to the rule or adjustment (`subject`) with this id; `to` is the place from 1 to move it to.

    A draft may give one id twice: `nth` counts, from 0, those before it that have the same id. A copy's id ends in
    `mark`, which its caller takes care never to use again: what came of a deleted rule is not the copy's.
    """

    kind: EditKind
    subject: str
    id: str
    nth: int = 0
    to: int = 0
    mark: str = "copy"


@dataclass(frozen=True)
class Edited:
    """The rules after an edit, what was done, in words without a full stop, and the id and place to look at next.

    `place` counts from 1; it is 0 when the list is empty.
    """

    ruleset: RuleSet
    what: str
    id: str
    place: int


class NothingToEdit(LookupError):
    """The rule or adjustment is not there."""


def edit(ruleset: RuleSet, wanted: Edit) -> Edited:
    """Return the rules with the edit made; a move beyond an end stops there. Raises NothingToEdit."""
    if wanted.subject == "adjustment":
        adjustments, what, place = _edit(ruleset.adjustments, wanted)
        next_id = adjustments[place - 1].id if place else ""
        return Edited(replace(ruleset, adjustments=adjustments), what, next_id, place)
    rules, what, place = _edit(ruleset.rules, wanted)
    return Edited(replace(ruleset, rules=rules), what, rules[place - 1].id if place else "", place)


def _edit(items: Sequence[AnItem], wanted: Edit) -> tuple[tuple[AnItem, ...], str, int]:
    """The list with the edit made, what was done, and the place to look at next."""
    place = place_of(items, wanted.id, wanted.nth)
    edited, item = list(items), items[place - 1]
    quoted = f"“{item.name[:MAX_SHOWN]}”"
    match wanted.kind:
        case EditKind.DELETE:
            del edited[place - 1]
            return tuple(edited), f"deleted {quoted}", min(place, len(edited))
        case EditKind.DUPLICATE:
            edited.insert(place, _copy(item, items, wanted.mark))
            return tuple(edited), f"duplicated {quoted}", place + 1
        case EditKind.ON | EditKind.OFF:
            edited[place - 1] = replace(item, enabled=wanted.kind is EditKind.ON)
            return tuple(edited), f"switched {quoted} {wanted.kind}", place
    steps = {EditKind.UP: place - 1, EditKind.DOWN: place + 1}
    to = min(max(steps.get(wanted.kind, wanted.to), 1), len(edited))
    edited.insert(to - 1, edited.pop(place - 1))
    return tuple(edited), f"moved {quoted}{f' {wanted.kind}' if wanted.kind in steps else f' to place {to}'}", to


def place_of(items: Sequence[Rule] | Sequence[Adjustment], id_: str, nth: int = 0) -> int:
    """Return the place, from 1, of the item with this id, the `nth` of them. Raises NothingToEdit."""
    for place, key in enumerate(by_key(items), 1):
        if key == (id_, nth):
            return place
    raise NothingToEdit(id_)


def _copy(item: AnItem, items: Sequence[AnItem], mark: str) -> AnItem:
    """Return a copy, switched off so that nothing happens twice, with an id and a name of its own."""
    taken = {other.id for other in items}
    ids = (f"{item.id[: MAX_ID - 16]}_{mark}{number or ''}" for number in range(len(taken) + 1))
    id_ = next(each for each in ids if each not in taken)
    return replace(item, id=id_, name=f"{item.name[: MAX_NAME - 7]} (copy)", enabled=False)
