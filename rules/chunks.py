"""Terms in order cut into chunks that durable's network can hold: each bound below was measured."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from rules.terms import TRUE, Term, Test, columns, conjuncts, disjunctions, weight

MAX_OPEN = 60  # nodes that one event can hold open at a time, and tests under one node; the stack has 64
MAX_DISJUNCTIONS = 60  # under one node; past 128 creation fails
MAX_COLUMNS = 200  # numbers in one event; 252 are refused


@dataclass(frozen=True)
class Entry:
    """One rule or adjustment: its number in the rule set and its term."""

    number: int
    term: Term


@dataclass
class Chunk:
    """Entries in order, that are asked together, and the place of the first among all."""

    first: int = 0
    entries: list[Entry] = field(default_factory=list)
    columns: set[str] = field(default_factory=set)
    weight: int = 0
    disjunctions: int = 0

    def has_room(self, term: Term) -> bool:
        """Whether one more term keeps the chunk within its bounds; an empty chunk takes any."""
        return not self.entries or (
            self.weight + weight(term) <= MAX_OPEN
            and self.disjunctions + disjunctions(term) <= MAX_DISJUNCTIONS
            and len(self.columns | columns(term)) <= MAX_COLUMNS
        )

    def add(self, entry: Entry) -> None:
        """Take the entry in."""
        self.entries.append(entry)
        self.columns |= columns(entry.term)
        self.weight += weight(entry.term)
        self.disjunctions += disjunctions(entry.term)

    def expressions(self) -> Iterator[tuple[Entry, list[dict[str, Any]]]]:
        """Each entry with its tests as durable writes them.

        The tests that most entries share come first, so that they share nodes, and groups last.
        """
        shared = Counter(term for entry in self.entries for term in conjuncts(entry.term))
        for entry in self.entries:
            terms = () if entry.term == TRUE else conjuncts(entry.term)
            ordered = sorted(terms, key=lambda term: (not isinstance(term, Test), -shared[term], repr(term)))
            yield entry, [term.json() for term in ordered]


def cut(entries: Iterable[Entry]) -> Iterator[Chunk]:
    """The entries in order as chunks."""
    chunk = Chunk()
    for place, entry in enumerate(entries):
        if not chunk.has_room(entry.term):
            yield chunk
            chunk = Chunk(place)
        chunk.add(entry)
    if chunk.entries:
        yield chunk


def distinct(entries: Sequence[Entry]) -> Iterator[Entry]:
    """The entries without those that an earlier equal one always beats."""
    seen: set[Term] = set()
    for entry in entries:
        if entry.term not in seen:
            seen.add(entry.term)
            yield entry
