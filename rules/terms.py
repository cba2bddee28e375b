"""Condition trees in the engine's terms: negations pushed down to single tests, groups flattened."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rules.encoding import Source


@dataclass(frozen=True)
class Need:
    """What a positive test of equality or membership asks of the facts: one of these values at this source.

    `of_list` says that the source holds a list, of which one item is enough.
    """

    source: Source
    values: frozenset[Any]
    of_list: bool = False


@dataclass(frozen=True)
class Test:
    """One comparison of a column with a number; `operator` is durable's ("" is equality)."""

    column: str
    operator: str
    code: int
    need: Need | None = None

    def json(self) -> dict[str, Any]:
        """The test as durable writes it."""
        return {self.operator: {self.column: self.code}} if self.operator else {self.column: self.code}


@dataclass(frozen=True)
class Terms:
    """Terms that all hold, or of which any does; an empty conjunction is true, an empty disjunction false."""

    conjunctive: bool
    children: tuple["Term", ...]

    def json(self) -> dict[str, Any]:
        """The terms as durable writes them."""
        return {"$and" if self.conjunctive else "$or": [child.json() for child in self.children]}


Term = Test | Terms
TRUE = Terms(True, ())
FALSE = Terms(False, ())


def join(conjunctive: bool, terms: Iterable[Term]) -> Term:
    """The terms combined: flattened, each once, constants folded, a single one bare."""
    absorbing, neutral = (FALSE, TRUE) if conjunctive else (TRUE, FALSE)
    flat: dict[Term, None] = {}
    for term in terms:
        if term == absorbing:
            return absorbing
        if isinstance(term, Terms) and term.conjunctive is conjunctive:
            flat.update(dict.fromkeys(term.children))
        elif term != neutral:
            flat[term] = None
    return next(iter(flat)) if len(flat) == 1 else Terms(conjunctive, tuple(flat))


def conjuncts(term: Term) -> tuple[Term, ...]:
    """The terms that must all hold."""
    return term.children if isinstance(term, Terms) and term.conjunctive else (term,)


def weight(term: Term) -> int:
    """How many nodes of the network one event can hold open at a time for this term, at most.

    The network is walked depth first: the members of a conjunction follow one another, those of a disjunction wait
    beside each other. The same number bounds how many tests the term hangs under one node.
    """
    if isinstance(term, Test):
        return 1
    weights = [weight(child) for child in term.children]
    return 1 + sum(each - 1 for each in weights) if term.conjunctive else sum(weights)


def disjunctions(term: Term) -> int:
    """How many disjunctions the term holds."""
    if isinstance(term, Test):
        return 0
    return sum(disjunctions(child) for child in term.children) + (not term.conjunctive)


def columns(term: Term) -> set[str]:
    """The columns the term tests."""
    if isinstance(term, Test):
        return {term.column}
    return set().union(*(columns(child) for child in term.children))
