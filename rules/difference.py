"""What changed from one rule set to another, as sentences that a person can approve or refuse."""

from bisect import bisect, bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from rules.phrases_changes import CHANGES
from rules.sentences import Describer
from rules.spec import Adjustment, Offer, Rule, RuleSet

MAX_SHOWN = 120  # characters of a name
MAX_SENTENCE = 4_000  # characters: longer than any rule that a person reads


class ChangeKind(StrEnum):
    """What happened to a rule, an adjustment or the default offer."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    RENAMED = "renamed"
    SWITCHED = "switched"
    CHANGED = "changed"


@dataclass(frozen=True)
class Change:
    """One change; `subject` is rule, adjustment or default, which has no id; `before` and `after` are sentences."""

    kind: ChangeKind
    subject: str
    id: str | None
    message: str
    before: str | None = None
    after: str | None = None


Item = Rule | Adjustment
OneKind = TypeVar("OneKind", bound=Item)
Key = tuple[str, int]  # an id, and which of its bearers: a draft may give one id twice


def difference(old: RuleSet, new: RuleSet, describer: Describer) -> tuple[Change, ...]:
    """Every change, rules first, in the order of the new set; empty exactly when the sets are equal."""
    return (
        *_listed("rule", old.rules, new.rules, describer),
        *_listed("adjustment", old.adjustments, new.adjustments, describer),
        *_default(old, new, describer),
    )


def marks(old: RuleSet, new: RuleSet) -> Mapping[tuple[str, Key], tuple[ChangeKind, ...]]:
    """What happened to each rule and adjustment of the new set, by subject and key; those left as they were lack."""
    marked: dict[tuple[str, Key], tuple[ChangeKind, ...]] = {}
    lists: tuple[tuple[str, Sequence[Item], Sequence[Item]], ...] = (
        ("rule", old.rules, new.rules),
        ("adjustment", old.adjustments, new.adjustments),
    )
    for subject, olds, news in lists:
        before, after = by_key(olds), by_key(news)
        places = {key: place for place, key in enumerate(before, 1)}
        moved = _moved([places[key] for key in after if key in before])
        for key, item in after.items():
            if key not in before:
                marked[subject, key] = (ChangeKind.ADDED,)
                continue
            kinds = [ChangeKind.MOVED] if places[key] in moved else []
            kinds += [ChangeKind.CHANGED] if before[key] != item else []
            if kinds:
                marked[subject, key] = tuple(kinds)
    return marked


def removed(old: Sequence[OneKind], new: Sequence[Item]) -> tuple[OneKind, ...]:
    """The items of the old list that the new one lacks."""
    after = by_key(new)
    return tuple(item for key, item in by_key(old).items() if key not in after)


def _listed(subject: str, old: Sequence[Item], new: Sequence[Item], describer: Describer) -> Iterator[Change]:
    words = CHANGES[describer.language]
    before, after = by_key(old), by_key(new)
    places = {key: place for place, key in enumerate(before, 1)}
    moved = _moved([places[key] for key in after if key in before])
    still = [key for key in after if key in before and places[key] not in moved]
    stood = [places[key] for key in still]
    above = 0  # how many of these come before this place
    for place, (key, item) in enumerate(after.items(), 1):
        if key not in before:
            sentence = _sentence(item, describer)
            said = words.added.format(named=_named(subject, item, describer), place=place, sentence=sentence)
            said += "" if item.enabled else words.switched_off
            yield Change(ChangeKind.ADDED, subject, item.id, said, after=sentence)
            continue
        if places[key] in moved:
            # Places shift when others come and go: a move is told by what it passed, which is never nothing.
            upwards = above < bisect(stood, places[key])
            other = _named(subject, before[still[above if upwards else above - 1]], describer)
            named = _named(subject, before[key], describer)
            said = (words.up if upwards else words.down).format(named=named, place=place, other=other)
            yield Change(ChangeKind.MOVED, subject, item.id, said)
        else:
            above += 1
        yield from _within(subject, before[key], item, describer)
    for key, item in before.items():
        if key not in after:
            sentence = _sentence(item, describer)
            said = words.removed.format(named=_named(subject, item, describer), sentence=sentence)
            yield Change(ChangeKind.REMOVED, subject, item.id, said, before=sentence)


def _within(subject: str, old: Item, new: Item, describer: Describer) -> Iterator[Change]:
    words, named = CHANGES[describer.language], _named(subject, new, describer)
    if old.name != new.name:
        said = words.renamed.format(named=_named(subject, old, describer), name=new.name[:MAX_SHOWN])
        yield Change(ChangeKind.RENAMED, subject, new.id, said, old.name, new.name)
    if old.enabled != new.enabled:
        said = (words.on if new.enabled else words.off).format(named=named)
        yield Change(ChangeKind.SWITCHED, subject, new.id, said)
    if replace(old, name=new.name, enabled=new.enabled) != new:
        yield _changed(subject, new.id, named, _sentence(old, describer), _sentence(new, describer), describer)


def _default(old: RuleSet, new: RuleSet, describer: Describer) -> Iterator[Change]:
    if old.default != new.default:
        before, after = _sentence(old.default, describer), _sentence(new.default, describer)
        named = CHANGES[describer.language].subjects["default"]
        yield _changed("default", None, named, before, after, describer)


def _changed(subject: str, id_: str | None, named: str, before: str, after: str, describer: Describer) -> Change:
    words = CHANGES[describer.language]  # a long list is cut in sentences, and only one language of a notice is shown
    said = (words.unseen if before == after else words.changed).format(named=named, before=before, after=after)
    return Change(ChangeKind.CHANGED, subject, id_, said, before, after)


def _sentence(item: Item | Offer, describer: Describer) -> str:
    sentence = describer.describe(item)
    return sentence if len(sentence) <= MAX_SENTENCE else sentence[: MAX_SENTENCE - 1] + "…"


def _named(subject: str, item: Item, describer: Describer) -> str:
    return CHANGES[describer.language].subjects[subject].format(name=item.name[:MAX_SHOWN])


def by_key(items: Iterable[OneKind]) -> Mapping[Key, OneKind]:
    """The items in order, each under its id and how many before it have the same id."""
    seen: Counter[str] = Counter()
    keyed = {}
    for item in items:
        keyed[item.id, seen[item.id]] = item
        seen[item.id] += 1
    return keyed


def _moved(places: Sequence[int]) -> frozenset[int]:
    """The fewest old places that have to move for the rest to stand in order: all but a longest rising run."""
    ends: list[int] = []  # the smallest last place of a rising run of each length
    lengths = []
    for place in places:
        length = bisect_left(ends, place)
        ends[length : length + 1] = [place]
        lengths.append(length)
    kept, wanted = set(), len(ends) - 1
    for place, length in zip(reversed(places), reversed(lengths), strict=True):
        if length == wanted:
            kept.add(place)
            wanted -= 1
    return frozenset(places) - kept
