"""Why a customer saw what they saw: each decision of a session, laid out for a page."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from admin import formats
from admin.tracing import Line, Traced, Tracer
from app.domain.methods import METHOD_IDS
from app.models import CheckoutSession, DecisionRecord
from app.services import rule_sets
from app.services.decisions import outcome_of
from rules import Adjustment, Decision, Facts, Rule, RuleSet, explain, recorded
from rules.absence import Absence, AbsenceKind, answers
from rules.absence_words import outline, outline_of_later
from rules.explain import RuleTrace

TRACED = 200  # rules shown above the one that decided: the nearest ones
IDLE = 50  # adjustments shown that did not apply
LEFT_OUT = "Left out: it cannot be asked yet"


@dataclass(frozen=True)
class Reason:
    """One reason why a method, or one account of it, is not there; the conditions to blame, and how many more."""

    text: str
    lines: list[Line]
    more: int


@dataclass(frozen=True)
class Method:
    """One payment method: the accounts that may carry it in order (none: not offered), and every reason against."""

    label: str
    accounts: list[str]
    reasons: list[Reason]
    strong: bool = False


@dataclass(frozen=True)
class Explained:
    """All there is to say about one decision; `rule` is None when the default offer was made.

    `above` are the rules that were asked first and did not match, `above_hidden` how many more there were, `below`
    how many were not reached; `idle` are adjustments that did not apply, the first few.
    """

    outcome: Decision
    rule: Traced | None
    default: str
    above: list[Traced]
    above_hidden: int
    below: int
    adjustments: list[Traced]
    idle: list[Traced]
    facts: list[tuple[str, str]]
    methods: list[Method]


@dataclass(frozen=True)
class DecisionPage(Explained):
    """A decision that was made, and its record."""

    record: DecisionRecord


def decisions_of(session: CheckoutSession) -> list[DecisionPage]:
    """Return the session's decisions, the latest first."""
    records: list[DecisionRecord] = list(reversed(session.decisions))
    rulesets = {version: rule_sets.ruleset_of(version) for version in {record.version for record in records}}
    return [
        DecisionPage(record=record, **vars(explained(rulesets[record.version], outcome_of(record), record.facts)))
        for record in records
    ]


def explained(ruleset: RuleSet, outcome: Decision, told: Mapping[str, Any], left_out: Container[str] = ()) -> Explained:
    """Return all there is to say about a decision of this rule set on these facts.

    `left_out` are the ids of what only stands in the place of a rule or adjustment that cannot be asked.
    """
    tracer, facts = Tracer(told), recorded(told)
    ids = [rule.id for rule in ruleset.rules]
    position = ids.index(outcome.rule_id) if outcome.rule_id in ids else len(ids)
    first = max(0, position - TRACED)
    applied = {key for key, _ in outcome.adjustments}
    idle = [item for item in ruleset.adjustments if item.id not in applied][:IDLE]
    shown = RuleSet(
        rules=ruleset.rules[first : position + 1],
        adjustments=(*(item for item in ruleset.adjustments if item.id in applied), *idle),
    )
    traces = explain(shown, facts)  # only what the page shows: a set may hold thousands of rules

    def lay_out(number: int, item: Rule | Adjustment, trace: RuleTrace) -> Traced:
        traced = tracer.lay_out(number, item, trace)
        return replace(traced, note=LEFT_OUT) if item.id in left_out else traced

    rules = list(map(lay_out, count(first + 1), shown.rules, traces.rules))
    adjustments = list(map(lay_out, count(1), shown.adjustments, traces.adjustments))
    return Explained(
        outcome=outcome,
        rule=rules[-1] if rules and position < len(ids) else None,
        default=tracer.sentence(ruleset.default),
        above=rules[: position - first],
        above_hidden=first,
        below=max(0, len(ids) - position - 1),
        adjustments=adjustments[: len(adjustments) - len(idle)],
        idle=adjustments[len(adjustments) - len(idle) :],
        facts=list(tracer.facts()),
        methods=methods_of(ruleset, outcome, facts, tracer),
    )


def methods_of(ruleset: RuleSet, outcome: Decision, facts: Facts, tracer: Tracer) -> list[Method]:
    """Return the offered methods in the customer's order, then those that are missing."""
    offered = {item.method: item.accounts for item in outcome.offered}
    return [
        Method(
            formats.method(answer.method),
            [formats.account(account) for account in offered.get(answer.method, ())],
            list(_reasons(answer.absences, tracer)),
            answer.method in outcome.strong_authentication,
        )
        for answer in answers(ruleset, outcome, facts, METHOD_IDS)
    ]


def _reasons(absences: Sequence[Absence], tracer: Tracer) -> Iterator[Reason]:
    """Yield every reason; the rules that match too, and were not reached, are one."""
    later = [absence for absence in absences if absence.code == AbsenceKind.LATER]
    for absence in absences:
        if absence in later[:1]:
            more = sum(other.more for other in absences if other.code == AbsenceKind.MORE_LATER)
            yield Reason(outline_of_later(later, more), [], 0)
        elif absence.code not in (AbsenceKind.LATER, AbsenceKind.MORE_LATER):
            yield _reason(absence, tracer)


def _reason(absence: Absence, tracer: Tracer) -> Reason:
    """Return the reason in words, with the account's label in place of its id."""
    text = outline(absence)
    account = absence.withheld.account if absence.withheld else None
    if account and text.startswith(account):
        text = formats.account(account) + text[len(account) :]
    lines = [tracer.line(trace) for trace in absence.conditions]
    return Reason(text, lines, absence.more if lines else 0)
