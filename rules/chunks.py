"""Terms in order cut into chunks that durable's network can hold: each bound below was measured."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from rules.encoding import Source
from rules.terms import TRUE, Term, Test, columns, conjuncts, disjunctions, weight

MAX_OPEN = 60  # nodes that one event can hold open at a time; the network's stack has 64
MAX_UNDER_ONE = 350  # tests under one node; 512 hang the process
MAX_RULES = 200  # that can end at one node; past 256 creation fails
MAX_DISJUNCTIONS = 100  # under one node; past 128 creation fails
MAX_COLUMNS = 200  # numbers in one event; 252 are refused


@dataclass(frozen=True)
class Entry:
    """One rule or adjustment: its number in the rule set and its term."""

    number: int
    term: Term


@dataclass
class Chunk:
    """Entries in order, that are asked together, and the place of the first among all.

    `exclusive` names the source whose tests come first, if any.
    """

    first: int = 0
    entries: list[Entry] = field(default_factory=list)
    columns: set[str] = field(default_factory=set)
    exclusive: Source | None = None

    def expression(self, entry: Entry) -> list[dict[str, Any]]:
        """The entry's tests, the exclusive one first, then equalities, ranges and groups."""
        terms = () if entry.term == TRUE else conjuncts(entry.term)
        return [term.json() for term in sorted(terms, key=self._rank)]

    def _rank(self, term: Term) -> int:
        if not isinstance(term, Test):
            return 3
        if term.need is not None and term.need.source == self.exclusive:
            return 0
        return 2 if term.operator else 1


@dataclass
class _Load:
    """What the entries of one chunk weigh: in all, and for each source by the value it must have."""

    total: int = 0
    disjunctions: int = 0
    covered: Counter[Source] = field(default_factory=Counter)
    by_value: dict[Source, Counter[Any]] = field(default_factory=dict)
    heaviest: dict[Source, int] = field(default_factory=dict)

    def add(self, term: Term) -> None:
        heft = weight(term)
        self.total += heft
        self.disjunctions += disjunctions(term)
        for source, values in _requirements(term).items():
            self.covered[source] += heft
            counts = self.by_value.setdefault(source, Counter())
            for value in values:
                counts[value] += heft
                self.heaviest[source] = max(self.heaviest.get(source, 0), counts[value])

    def lightest(self) -> tuple[int, Source | None]:
        """The least bound on open nodes, and the source whose tests must come first to have it.

        Entries that each need another value of the same source cannot be open together.
        """
        bounds = ((self.total - self.covered[source] + most, source) for source, most in self.heaviest.items())
        return min(bounds, key=lambda pair: pair[0], default=(self.total, None))


def _requirements(term: Term) -> dict[Source, Collection[Any]]:
    found: dict[Source, Collection[Any]] = {}
    for test in conjuncts(term):
        if isinstance(test, Test) and test.need is not None and not test.need.of_list:
            found.setdefault(test.need.source, test.need.values)
    return found


def cut(entries: Iterable[Entry]) -> Iterator[Chunk]:
    """The entries in order as chunks."""
    chunk, load = Chunk(), _Load()
    for place, entry in enumerate(entries):
        load.add(entry.term)
        used = columns(entry.term)
        open_nodes, exclusive = load.lightest()
        if chunk.entries and (
            open_nodes > MAX_OPEN
            or load.total > MAX_UNDER_ONE
            or load.disjunctions > MAX_DISJUNCTIONS
            or len(chunk.entries) == MAX_RULES
            or len(chunk.columns | used) > MAX_COLUMNS
        ):
            yield chunk
            chunk, load = Chunk(place), _Load()
            load.add(entry.term)
            exclusive = load.lightest()[1]
        chunk.entries.append(entry)
        chunk.columns |= used
        chunk.exclusive = exclusive
    if chunk.entries:
        yield chunk


def distinct(entries: Sequence[Entry]) -> Iterator[Entry]:
    """The entries without those that an earlier equal one always beats."""
    seen: set[Term] = set()
    for entry in entries:
        if entry.term not in seen:
            seen.add(entry.term)
            yield entry
