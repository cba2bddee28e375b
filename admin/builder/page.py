"""What the form's templates ask: labels, choices, hints, and which field has a message or the focus."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from admin import formats
from admin.builder import words
from admin.builder.checking import WHOLE
from admin.builder.model import (
    AccountForm,
    ActionForm,
    ConditionForm,
    GroupForm,
    ItemForm,
    MethodForm,
    OfferForm,
    conditions,
    groups,
)
from admin.builder.operations import at, depth_of
from admin.builder.posted import escaped
from admin.builder.surroundings import Surroundings, Widget
from admin.builder.typed import labels
from rules import Attribute, AttributeType
from rules.limits import MAX_CONDITIONS, MAX_DEPTH, MAX_GROUPS
from rules.money import DECIMALS

SECTIONS = ("name", "position", "valid_from", "valid_until", "when", "actions", "new", "offer", "share", "other")


@dataclass(frozen=True)
class Conflict:
    """Somebody else changed the draft since the form was opened; `theirs` is the item as it is now, if it differs."""

    who: str
    at: datetime
    yours: str
    theirs: str = ""
    removed: bool = False


@dataclass(frozen=True)
class Page:
    """The form as it is shown; `focus` is the field where the person goes on, `positions` the places of a new item."""

    form: ItemForm
    known: Surroundings
    messages: dict[str, str] = field(default_factory=dict)
    sentence: str = ""
    focus: str = ""
    conflict: Conflict | None = None
    positions: dict[str, str] = field(default_factory=dict)
    unsaved: bool = False

    words = words
    Widget = Widget

    def summary(self) -> list[tuple[str, str, str]]:
        """Return each message with its field and what the field belongs to, in the order of the form."""
        names = sorted(self.messages, key=_place)
        return [(name, self.subject(name), self.messages[name]) for name in names]

    def subject(self, name: str) -> str:
        """Return what a field belongs to: the label of an attribute or a method, or nothing."""
        path, account = name, ""
        while "." in path:
            path = path.rpartition(".")[0]
            part = at(self.form, path)
            if isinstance(part, ConditionForm):
                return self.label(part)
            if isinstance(part, AccountForm):
                account = f", {self.account(part.account)}"
            if isinstance(part, MethodForm) and part.method:
                return self.method(part.method) + account
            if isinstance(part, ActionForm):
                return words.ACTIONS.get(part.type, "")
        return {"valid_from": "First day", "valid_until": "Last day", "share": "Share", "name": "Name"}.get(name, "")

    def attribute(self, test: ConditionForm) -> Attribute | None:
        """Return the attribute that is tested; None when it is not in the catalogue."""
        return self.known.catalogue.get(test.attribute)

    def label(self, test: ConditionForm) -> str:
        """Return the attribute's label."""
        attribute = self.attribute(test)
        return attribute.label if attribute else test.attribute[:80]

    def operators(self, test: ConditionForm) -> dict[str, str]:
        """Return the operators to choose from, in words."""
        attribute = self.attribute(test)
        suited = attribute.operators if attribute else ()
        return words.operator_labels(attribute.type if attribute else None, suited, test.operator)

    def hint(self, test: ConditionForm) -> str:
        """Return what to know about a test: what its attribute is, when it holds without one, that it is retired."""
        attribute = self.attribute(test)
        if attribute is None:
            return ""
        said = [attribute.help] if attribute.help else []
        if attribute.retired:
            said.append("Retired: no new condition can test it.")
        if attribute.type is AttributeType.MONEY and not words.is_presence(test.operator):
            said.append("Compared only with sessions in this currency.")
        if words.holds_when_missing(test.operator):
            said.append("Also holds when it is not known.")
        return " ".join(said)

    def chips(self, test: ConditionForm) -> list[tuple[str, str, bool]]:
        """Return the values to choose from as value, label and whether it is chosen; chosen ones are never lost."""
        choices = self.known.choices(test.attribute)
        if choices is None:
            return [(escaped(value), self.value_label(test, value), True) for value in test.picks]
        more = {value: f"{value[:80]} (no choice any more)" for value in test.picks if value not in choices}
        return [(escaped(value), label, value in test.picks) for value, label in (choices | more).items()]

    def value_label(self, test: ConditionForm, value: str) -> str:
        """Return how a chosen value is shown."""
        attribute = self.attribute(test)
        if attribute and attribute.type is AttributeType.COUNTRY:
            return labels(AttributeType.COUNTRY).get(value, value[:80])
        return value[:80] if value.strip() else f"“{value[:80]}”"

    def was(self, picks: list[str]) -> str:
        """Return the chosen values in their order, for a hidden field."""
        return json.dumps(picks)

    def names_of(self, test: ConditionForm) -> str:
        """Return which list of suggestions suits a field of names: countries, currencies or none."""
        attribute = self.attribute(test)
        known = {AttributeType.COUNTRY: "countries", AttributeType.CURRENCY: "currencies"}
        return known.get(attribute.type, "") if attribute else ""

    def suggestions(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield the lists of suggestions that the form needs, by name."""
        needed = {self.names_of(test) for test in conditions(self.form.when)}
        for name, type_ in (("countries", AttributeType.COUNTRY), ("currencies", AttributeType.CURRENCY)):
            if name in needed:
                yield name, dict(labels(type_))

    def currencies(self, chosen: str) -> list[str]:
        """Return the currencies to choose from, the hub's own first."""
        own = [self.known.currency]
        return [*own, *([chosen] if chosen not in DECIMALS else []), *sorted(set(DECIMALS) - set(own))]

    def place(self, path: str) -> str:
        """Return where a group lies, in words: "group 1.2"; "the conditions" for the outermost."""
        numbers = [str(int(part) + 1) for part in path.split(".")[1:]]
        return f"group {'.'.join(numbers)}" if numbers else "the conditions"

    def may_nest(self, path: str) -> bool:
        """Tell whether a group may be put into the one at this path."""
        return depth_of(path) < MAX_DEPTH and sum(1 for _ in groups(self.form.when)) < MAX_GROUPS

    def may_add_condition(self) -> bool:
        """Tell whether there may be another condition."""
        return sum(1 for _ in conditions(self.form.when)) < MAX_CONDITIONS

    def is_group(self, part: Any) -> bool:
        """Tell a group from a condition."""
        return isinstance(part, GroupForm)

    def method(self, key: str) -> str:
        """Return a method's label."""
        return self.known.methods.get(key, key[:80])

    def methods_left(self, taken: OfferForm | list[str]) -> dict[str, str]:
        """Return the methods that are not named yet."""
        named = set(taken) if isinstance(taken, list) else {one.method for one in taken.methods}
        return {key: label for key, label in self.known.methods.items() if key not in named}

    def method_chips(self, picks: list[str]) -> list[tuple[str, str, bool]]:
        """Return every method as value, label and whether it is chosen."""
        more = {key: f"{key[:80]} (no method any more)" for key in picks if key not in self.known.methods}
        return [(escaped(key), label, key in picks) for key, label in (dict(self.known.methods) | more).items()]

    def method_options(self, chosen: str) -> dict[str, str]:
        """Return every method to choose one from; the one chosen is among them even when it is none any more."""
        return ({} if chosen in self.known.methods else {chosen: self.method(chosen)}) | dict(self.known.methods)

    def escaped(self, value: str) -> str:
        """Return a value as it stands in a hidden field."""
        return escaped(value)

    def account(self, key: str) -> str:
        """Return an account's label."""
        return self.known.account_labels.get(key, key[:80])

    def accounts_left(self, plan: MethodForm) -> dict[str, str]:
        """Return the accounts that the plan does not name, with what keeps them from carrying the method."""
        named = {one.account for one in plan.accounts}
        hints = {key: self.account_hint(plan.method, key) for key in self.known.accounts if key not in named}
        return {key: self.account(key) + (f" ({hint})" if hint else "") for key, hint in hints.items()}

    def account_hint(self, method: str, key: str) -> str:
        """Return why an account cannot carry a method at present; empty when it can."""
        limits = self.known.accounts.get(key)
        if limits is None:
            return "no such provider any more"
        if method in self.known.methods and method not in limits.methods:
            return f"does not take {self.method(method)}"
        if not limits.enabled:
            return "switched off"
        if method in limits.methods_off:
            return f"{self.method(method)} is switched off there"
        return "in outage" if limits.in_outage else ""

    def language(self, code: str) -> str:
        """Return a language's name."""
        return formats.language(code)


def _place(name: str) -> tuple[int, list[tuple[int, str]]]:
    """Return a key that sorts fields as the form shows them."""
    first, *rest = name.split(".")
    last = {"attribute": "0", "operator": "1", "value": "2", "high": "3"}  # as they stand from left to right
    parts = [(int(part), "") if re.fullmatch(r"[0-9]+", part) else (10_000, last.get(part, part)) for part in rest]
    return (SECTIONS.index(first) if first in SECTIONS and name != WHOLE else -1), parts
