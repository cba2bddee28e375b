"""One item validated by itself, each problem's path turned into the field of the form that has to be mended."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from admin.builder.model import ADJUSTMENT, DEFAULT, RULE, ItemForm
from admin.builder.operations import at
from admin.builder.surroundings import Surroundings
from admin.builder.writing import write
from rules import Adjustment, InvalidRuleSet, Offer, Operator, Problem, Rule, RuleSet, from_json, validate

LISTS = {RULE: "rules", ADJUSTMENT: "adjustments"}
WHOLE = ""  # the field of a problem that lies in no field

# A path in the JSON form, turned into a field's name step by step.
_STEPS = (
    (re.compile(r"^(rules|adjustments)\[0\]\.?|^default\.?"), ""),
    (re.compile(r"\.(?:all|any|none)\[(\d+)\]"), r".\1"),
    (re.compile(r"\.value\[1\]$"), ".high"),  # the second of two, or of a list, which has one field
    (re.compile(r"\.value\b.*$"), ".value"),
    (re.compile(r"^experiment\.share$"), "share"),
    (re.compile(r"^experiment\.offer"), "other"),
    (re.compile(r"^methods"), "offer.methods"),  # the default offer is nothing else
    (re.compile(r"^(offer|other)\.methods\[(\d+)\]"), r"\1.\2"),
    (re.compile(r"^(offer|other)\.methods$"), r"\1.new"),
    (re.compile(r"^actions\[(\d+)\]"), r"actions.\1"),
    (re.compile(r"^actions$"), "new"),
    (re.compile(r"^(actions\.\d+)\.(?:providers|method)\b"), r"\1.plan.\g<0>"),
    (re.compile(r"\.plan\.actions\.\d+\."), ".plan."),
    (re.compile(r"\.providers\.accounts\[(\d+)\]"), r".\1"),
    (re.compile(r"\.providers\b.*$"), ".new"),
    (re.compile(r"^(actions\.\d+)\.methods\b.*$"), r"\1.value"),
)
_FIELDS = re.compile(
    r"name|valid_from|valid_until|share|new|(offer|other)\.new|(offer|other)\.\d+\.(new|method)|"
    r"(offer|other)\.\d+\.\d+\.(account|weight)|when(\.\d+)*\.(new|attribute|operator|value|high)|"
    r"actions\.\d+\.(value|type|notices\.\d+\.text|notices|plan\.(new|method)|plan\.\d+\.(account|weight))"
)


@dataclass(frozen=True)
class Checked:
    """The item in its JSON form and what is wrong with it: a message by field, in the order of the form."""

    data: dict[str, Any]
    messages: dict[str, str]
    sentence: str


def check(form: ItemForm, known: Surroundings, *, strictly: bool) -> Checked:
    """Return the form as an item; unless `strictly`, only what stands in a field and cannot be read is told."""
    written = write(form, known)
    messages = written.messages
    ruleset: RuleSet | None = None
    try:
        ruleset = from_json(alone(form.kind, written.data))
        problems = validate(ruleset, known.catalogue, known.methods, known.accounts) if strictly else ()
    except InvalidRuleSet as invalid:
        problems = invalid.problems
    if not strictly:
        messages = {name: text for name, text in messages.items() if name in written.typed}
    for problem in problems:
        if form.kind == DEFAULT or not problem.path.startswith("default"):
            messages.setdefault(field_of(problem.path, form), _fix(problem))
    sentence = "" if ruleset is None else known.describer.describe(item_of(form.kind, ruleset))
    return Checked(written.data, messages, sentence)


def alone(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return a rule set in JSON form that holds nothing but this item."""
    if kind == DEFAULT:
        return {"rules": [], "adjustments": [], "default": data}
    return {"rules": [], "adjustments": [], "default": {"methods": []}} | {LISTS[kind]: [data]}


def item_of(kind: str, ruleset: RuleSet) -> Rule | Adjustment | Offer:
    """Return the one item of the rule set that `alone` made."""
    if kind == DEFAULT:
        return ruleset.default
    return ruleset.rules[0] if kind == RULE else ruleset.adjustments[0]


def titled(kind: str, data: dict[str, Any], known: Surroundings) -> str:
    """Return an item of a draft in words, with its name and whether it is switched off, to compare it with another."""
    item = item_of(kind, from_json(alone(kind, data)))
    sentence = known.describer.describe(item)
    if isinstance(item, Offer):
        return sentence
    return f"“{item.name}”{'' if item.enabled else ' (switched off)'}: {sentence}"


def field_of(path: str, form: ItemForm) -> str:
    """Return the field that a path in the JSON form of one item belongs to; WHOLE where there is none."""
    for pattern, replacement in _STEPS:
        path = pattern.sub(replacement, path)
    text = re.fullmatch(r"actions\.(\d+)\.text(?:\.(.+))?", path)
    if text is not None:
        notices = form.actions[int(text[1])].notices
        rows = [row for row, notice in enumerate(notices) if notice.language[:20] == text[2]]
        path = f"actions.{text[1]}.notices" + (f".{rows[0]}.text" if rows else "")
    elif path.endswith(".high"):
        test = at(form, path.removesuffix(".high"))
        path = path if getattr(test, "operator", "") == Operator.BETWEEN else path.removesuffix("high") + "value"
    elif re.fullmatch(r"when(\.\d+)*", path):
        path = f"{path}.new"  # a whole group
    return path if _FIELDS.fullmatch(path) else WHOLE


def _fix(problem: Problem) -> str:
    """Return what has to be done, without the rule and the condition beside which it will stand."""
    text = problem.message
    if problem.rule is not None:
        _, _, text = text.rpartition(f"“{problem.rule[:120]}”") if problem.condition is None else ("", "", text)
    if problem.condition is not None:
        _, _, text = text.partition(f", the condition “{problem.condition}”")
    text = re.sub(r"^[^:]*: ", "", text or problem.message)
    text = re.sub(r"^for [^,]{1,80}, ", "", text)
    return text[:1].upper() + text[1:]
