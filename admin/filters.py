"""Filters of a list: read from the address, refused politely when they make no sense, shown as chips."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Select

from admin import formats

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2999, 12, 31)  # beyond these a zone has no sensible UTC moment


@dataclass(frozen=True)
class Choice:
    """A filter that takes one of a few values: `choices` maps each to its label."""

    key: str
    label: str
    choices: Mapping[str, str]
    where: Callable[[str], ColumnElement[bool]]

    def read(self, text: str) -> tuple[ColumnElement[bool], str]:
        """Return the condition and the value's label. Raises ValueError for a value that is not a choice."""
        if text not in self.choices:
            raise ValueError(f"“{text[:40]}” is not one of the choices.")
        return self.where(text), self.choices[text]


@dataclass(frozen=True)
class Day:
    """A filter by day in the merchant's zone: from the day's beginning, or until its end."""

    key: str
    label: str
    column: Any
    until: bool = False
    choices: None = None

    def read(self, text: str) -> tuple[ColumnElement[bool], str]:
        """Return the condition and the day in words. Raises ValueError for what is no day."""
        try:
            day = date.fromisoformat(text)
        except ValueError as error:
            raise ValueError(f"“{text[:40]}” is not a day such as 2026-01-31.") from error
        if not FIRST_DAY <= day <= LAST_DAY:
            raise ValueError(f"{day} is too far away.")
        if self.until:
            return self.column < _midnight(day + timedelta(days=1)), formats.day(day)
        return self.column >= _midnight(day), formats.day(day)


@dataclass(frozen=True)
class Linked:
    """A filter that only links from other pages set: `words` says a value, None for one that makes no sense."""

    key: str
    label: str
    where: Callable[[str], ColumnElement[bool]]
    words: Callable[[str], str | None]
    choices: None = None
    linked: bool = True

    def read(self, text: str) -> tuple[ColumnElement[bool], str]:
        """Return the condition and the value in words. Raises ValueError for a value without words."""
        words = self.words(text)
        if words is None:
            raise ValueError(f"“{text[:40]}” is not known here.")
        return self.where(text), words


Filter = Choice | Day | Linked


@dataclass(frozen=True)
class View:
    """A saved view: a chip above the list, with a count unless counting it could mean reading every row."""

    key: str
    label: str
    where: Callable[[], ColumnElement[bool]] | None = None
    counted: bool = True


@dataclass
class Filtered:
    """What the address asked for: the values in force, a chip for each, and what was ignored and why."""

    view: View
    values: dict[str, str] = field(default_factory=dict)
    chips: list[dict[str, str]] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    conditions: list[ColumnElement[bool]] = field(default_factory=list)

    def apply(self, query: Select[Any]) -> Select[Any]:
        """Return `query` narrowed to the view and the filters."""
        own = [self.view.where()] if self.view.where else []
        return query.where(*own, *self.conditions)

    def address(self, **changes: str | None) -> str:
        """Return the query string of this list with `changes`; None takes a value away."""
        wanted = {"view": self.view.key if self.view.where else None, **self.values, **changes}
        kept = {key: value for key, value in wanted.items() if value}
        return f"?{urlencode(kept)}" if kept else "?"


def read(args: Mapping[str, str], views: Iterable[View], filters: Iterable[Filter]) -> Filtered:
    """Return what `args` ask for; the first of `views` is the one without a choice."""
    known = {view.key: view for view in views}
    everything = next(iter(known.values()))
    result = Filtered(known.get(args.get("view", ""), everything))
    if args.get("view") and args["view"] not in known:
        result.ignored.append(f"View: “{args['view'][:40]}” does not exist.")
    for each in filters:
        text = args.get(each.key, "").strip()
        if not text:
            continue
        try:
            condition, label = each.read(text)
        except ValueError as error:
            result.ignored.append(f"{each.label}: {error}")
            continue
        result.values[each.key] = text
        result.conditions.append(condition)
        result.chips.append({"key": each.key, "label": each.label, "value": label})
    return result


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=formats.zone())
