"""The days of a replay: facts as if it were another day, and the changed rules that no day of it could meet."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from rules.attributes import WEEKDAYS
from rules.difference import by_key, marks, removed
from rules.facts import Facts
from rules.spec import Rule, RuleSet


def as_on(day: date, facts: Facts) -> Facts:
    """The facts as they would be on that day, at the same hour."""
    return {**facts, "date": day.isoformat(), "weekday": WEEKDAYS[day.weekday()]}


@dataclass(frozen=True)
class Unmet:
    """A rule that certain days could not meet: it `begins` after the last of them or has `ended` before the first."""

    id: str
    name: str
    begins: date | None = None
    ended: date | None = None


def unmet(old: RuleSet, new: RuleSet, first: date, last: date) -> tuple[Unmet, ...]:
    """The rules that differ and are valid on no day from `first` to `last`: what changed in them, no such day shows.

    Each as the new set has it, or as the old one had it if only that one is so. What is off is not there.
    """
    found = []
    for versions in _differing(old, new):
        told = [_told(rule, first, last) for rule in versions if rule.enabled]
        found += [one for one in told if one is not None][:1]
    return tuple(found)


def _differing(old: RuleSet, new: RuleSet) -> Iterator[list[Rule]]:
    """Both versions of each rule that was moved or changed, the new one first; the only one of any other."""
    before, marked = by_key(old.rules), marks(old, new)
    for key, rule in by_key(new.rules).items():
        if ("rule", key) in marked:
            yield [rule, before[key]] if key in before else [rule]
    yield from ([rule] for rule in removed(old.rules, new.rules))


def _told(rule: Rule, first: date, last: date) -> Unmet | None:
    if rule.valid_from is not None and rule.valid_from > last:
        return Unmet(rule.id, rule.name, begins=rule.valid_from)
    if rule.valid_until is not None and rule.valid_until < first:
        return Unmet(rule.id, rule.name, ended=rule.valid_until)
    return None
