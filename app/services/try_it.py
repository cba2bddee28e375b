"""Try it: what the draft, or any version, would decide on facts that somebody typed; nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.methods import LABELS, METHOD_IDS
from app.services import accounts, drafts, rule_sets
from app.services.catalogue import catalogue
from app.services.transaction import release
from rules import (
    AccountLimits,
    Adjustment,
    Catalogue,
    Decision,
    Facts,
    Problem,
    Rule,
    RuleSet,
    decide,
    evaluate,
    from_json,
    validate,
)
from rules.arms import Arm
from rules.unfinished import usable


@dataclass(frozen=True)
class Source:
    """Rules to try: those of version `number`, or of the draft (None), as far as they can be tried.

    `problems` keep a draft from being published; what is `left_out` cannot even be tried: something that is switched
    off, whose id is the key, stands in its place.
    """

    number: int | None
    ruleset: RuleSet
    problems: tuple[Problem, ...] = ()
    left_out: Mapping[str, Rule | Adjustment] = field(default_factory=dict)


@dataclass(frozen=True)
class Tried:
    """What one source decided."""

    source: Source
    decision: Decision


@dataclass(frozen=True)
class Bench:
    """All that a trial needs of the database, read once."""

    catalogue: Catalogue
    limits: dict[str, AccountLimits]


def bench() -> Bench:
    """Return what `attempt` needs; then nothing more has to be read."""
    return Bench(catalogue(), accounts.limits())


def source_of(number: int | None) -> Source:
    """Return the rules of a version, or of the draft. Raises NotFound."""
    if number is not None:
        return Source(number, rule_sets.ruleset_of(number))
    known, limits, document = catalogue(), accounts.limits(), drafts.get_draft().document
    release()  # a large draft takes a while to read
    drafted = from_json(document)
    fit = usable(drafted, known)
    return Source(None, fit.ruleset, validate(drafted, known, LABELS, limits), fit.left_out)


def attempt(source: Source, facts: Facts, on: Bench, session_id: str | None) -> Tried:
    """Say what the rules decide. A session's id draws the arm of an experiment; without one, it is the rule's own."""
    match = evaluate(source.ruleset, facts)
    arm: Arm | None = None if session_id else "a"
    number, drawn_by = source.number or 0, session_id or "try"
    return Tried(source, decide(number, source.ruleset, match, facts, on.limits, drawn_by, METHOD_IDS, arm))
