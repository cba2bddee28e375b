"""Rules and facts as people read them: sentences, and for each condition a tick or a cross with the actual value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from admin import formats
from admin.reading import describer
from app.services.catalogue import catalogue
from rules import Adjustment, AttributeType, GroupKind, Offer, Rule
from rules.explain import ConditionTrace, GroupTrace, RuleTrace

MISSING = "Not known"


@dataclass(frozen=True)
class Line:
    """One condition, or the heading of a group, as it came out; `depth` indents it, a heading has no `actual`."""

    text: str
    held: bool
    depth: int
    actual: str | None = None


@dataclass(frozen=True)
class Traced:
    """One rule or adjustment: its place from 1, its sentence, whether it matched, and why or why not."""

    number: int
    name: str
    sentence: str
    matched: bool
    note: str
    lines: list[Line]


class Tracer:
    """Lays out the rules of one decision, whose facts it knows."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._facts = facts
        self._catalogue = catalogue()
        self._describer = describer()

    def sentence(self, item: Rule | Adjustment | Offer) -> str:
        """Return the item as one sentence."""
        return f"{self._describer.describe(item)}."

    def lay_out(self, number: int, item: Rule | Adjustment, trace: RuleTrace) -> Traced:
        """Return a rule with the result of each of its conditions."""
        note = "" if trace.in_force else "Not valid on that day"
        return Traced(
            number=number,
            name=item.name,
            sentence=self.sentence(item),
            matched=trace.matched,
            note=note if trace.enabled else "Switched off",
            lines=list(self._lines(trace.when, 0)),
        )

    def line(self, trace: ConditionTrace, depth: int = 0) -> Line:
        """Return one condition with its result, in the reader's language."""
        key = trace.condition.attribute
        actual = self._describer.fact(key, trace.actual, self._facts.get("currency"))
        return Line(self._describer.describe(trace.condition), trace.result, depth, actual)

    def facts(self) -> Iterator[tuple[str, str]]:
        """Yield the label and the value of every fact, in the catalogue's order."""
        for attribute in self._catalogue:
            if attribute.key in self._facts:
                yield attribute.label, self.value(attribute.key, self._facts[attribute.key])
        for key, value in self._facts.items():
            if self._catalogue.get(key) is None:
                yield key, self.value(key, value)

    def value(self, key: str, value: Any) -> str:
        """Return what a session had for an attribute, in words."""
        attribute = self._catalogue.get(key)
        if value is None:
            return MISSING
        if attribute is None:
            return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        match attribute.type:
            case AttributeType.MONEY:
                return formats.money(value, str(self._facts.get("currency", "")))
            case AttributeType.COUNTRY:
                return formats.country(value)
            case AttributeType.BOOLEAN:
                return "Yes" if value else "No"
            case AttributeType.STRING_LIST:
                return ", ".join(self._item(key, item) for item in value) or "None"
        if key == "locale":
            return formats.language(value)
        return _label(str(value)) if attribute.choices else str(value)

    def _item(self, key: str, item: str) -> str:
        match key:
            case "failed_methods":
                return formats.method(item)
            case "failed_accounts":
                return formats.account(item)
            case _:
                return _label(item)

    def _lines(self, group: GroupTrace, depth: int, nested: bool = False) -> Iterator[Line]:
        if nested or (group.kind is not GroupKind.ALL and group.children):
            yield Line(self._describer.heading(group.kind), group.result, depth)
            depth += 1
        for child in group.children:
            if isinstance(child, GroupTrace):
                yield from self._lines(child, depth, nested=True)
            else:
                yield self.line(child, depth)


def _label(value: str) -> str:
    """Return one of an attribute's choices as a label; "VIP" stays as the merchant wrote it."""
    text = value.replace("_", " ")
    return text[:1].upper() + text[1:]
