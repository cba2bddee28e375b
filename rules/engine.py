"""A rule set compiled to durable_rules: the same answers as the plain evaluator, in microseconds.

Rules and adjustments are both asked by events, which are consumed by the first rule that fires, in order, so that
nothing stays behind. For rules that is first match wins. Adjustments are asked again from the one after the last
answer until none answers: matches + 1 events, cheaper and safer than facts, which must be retracted.

durable_rules is driven by its C functions, without its Host (timer threads) and its Ruleset (a closure and a state
update for each answer). One session id and one lock for each compiled set: the C code holds the interpreter's lock
anyway, and every further session id would cost 0.6 MB in every chunk.
"""

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import durable_rules_engine

from rules.chunks import Chunk, Entry, cut, distinct
from rules.compiler import Compiler, dated
from rules.decision import Match
from rules.explain import evaluate
from rules.facts import Facts
from rules.index import Index
from rules.spec import Group, RuleSet
from rules.terms import FALSE, columns

_SID = "s"
_NONE = "none"  # the catch-all, so that something always fires
_FROM = "from"  # the first adjustment that may still answer


class EngineFault(RuntimeError):
    """The engine cannot hold a rule set, or failed on an event."""


class EngineClosed(RuntimeError):
    """The compiled set was closed and freed; take the current one."""


class CompiledRuleSet:
    """A rule set in the engine, safe to ask from many threads; EngineFault when it cannot be compiled.

    Close it when it is replaced: it is freed when the last lease ends. Where the engine fails on an event, the plain
    evaluator answers instead and `faults` counts it: a session never fails, and an operator can be told.
    """

    def __init__(self, ruleset: RuleSet) -> None:
        self.faults = 0
        self._ruleset = ruleset
        self._lock = threading.Lock()
        self._leases = 0
        self._closing = False
        self._rules = [rule.id for rule in ruleset.rules]
        self._adjustments = [adjustment.id for adjustment in ruleset.adjustments]
        rules = [(number, dated(rule)) for number, rule in enumerate(ruleset.rules) if rule.enabled]
        adjustments = [(number, item.when) for number, item in enumerate(ruleset.adjustments) if item.enabled]
        compiler = Compiler([tree for _, tree in (*rules, *adjustments)])
        self._encoders = compiler.columns
        self._freed = False
        self._first = _Networks(list(distinct(_entries(compiler, rules))), resumable=False)
        try:
            self._every = _Networks(_entries(compiler, adjustments), resumable=True)
        except EngineFault:
            self._first.close()
            raise

    def match(self, facts: Facts) -> Match:
        """The first rule that matches and every adjustment that matches; `facts` come from `coerce`.

        EngineClosed once closed and no longer leased.
        """
        codes = _Codes(self._encoders, facts)
        with self._lock:
            if self._freed:
                raise EngineClosed("this rule set was replaced")
            try:
                rule = next(self._first.answers(facts, codes), None)
                adjustments = tuple(self._adjustments[number] for number in self._every.answers(facts, codes))
            except EngineFault:
                self.faults += 1
                return evaluate(self._ruleset, facts)
        return Match(None if rule is None else self._rules[rule], adjustments)

    @contextmanager
    def lease(self) -> Iterator["CompiledRuleSet"]:
        """Hold the set open: closing waits with freeing until every lease ends. EngineClosed when already closed."""
        with self._lock:
            if self._closing:
                raise EngineClosed("this rule set was replaced")
            self._leases += 1
        try:
            yield self
        finally:
            with self._lock:
                self._leases -= 1
                self._free_when_unused()

    def close(self) -> None:
        """Free the engine's memory, now or when the last lease ends; closing twice is harmless."""
        with self._lock:
            self._closing = True
            self._free_when_unused()

    def _free_when_unused(self) -> None:
        if self._closing and not self._leases and not self._freed:
            self._free()

    def _free(self) -> None:
        self._freed = True
        self._first.close()
        self._every.close()


def _entries(compiler: Compiler, trees: Iterable[tuple[int, Group]]) -> list[Entry]:
    entries = (Entry(number, compiler.term(tree)) for number, tree in trees)
    return [entry for entry in entries if entry.term != FALSE]


class _Codes(dict[str, int]):
    """The encoded facts, each column computed when it is first asked for."""

    def __init__(self, encoders: Mapping[str, Callable[[Facts], int]], facts: Facts) -> None:
        super().__init__()
        self._encoders = encoders
        self._facts = facts

    def __missing__(self, column: str) -> int:
        code = self[column] = self._encoders[column](self._facts)
        return code


class _Networks:
    """Entries in order, in as many networks as they need; the caller holds the lock."""

    def __init__(self, entries: Sequence[Entry], resumable: bool) -> None:
        self._resumable = resumable
        self._columns = [sorted(columns(entry.term)) for entry in entries]
        self._index = Index(entry.term for entry in entries)
        self._networks: list[tuple[int, _Network]] = []  # each behind the mask of its entries
        try:
            for chunk in cut(entries):
                network = _Network(chunk, resumable)
                self._networks.append((((1 << len(chunk.entries)) - 1) << chunk.first, network))
        except EngineFault:
            self.close()
            raise

    def answers(self, facts: Facts, codes: _Codes) -> Iterator[int]:
        """The number of each entry that matches, in order, as long as they are taken; of each network's entries only
        the first, unless it is resumable."""
        candidates = self._index.candidates(facts, codes)
        for mask, network in self._networks:
            if candidates & mask:
                yield from network.answers(self._event(candidates & mask, codes))
            elif candidates < mask & -mask:
                return

    def _event(self, candidates: int, codes: _Codes) -> str:
        """The event as text, still open, with the columns of the candidates alone.

        A test of a column that is left out is false, so the other entries cannot match: negations are single tests.
        """
        names: set[str] = set()
        while candidates:
            place = candidates.bit_length() - 1
            names.update(self._columns[place])
            candidates ^= 1 << place
        fields = "".join([f',"{name}":{codes[name]}' for name in names])
        return f'{{"sid":"{_SID}","t":1{fields}'

    def close(self) -> None:
        """Free every network."""
        for _, network in self._networks:
            network.close()


class _Network:
    """One chunk in the engine; the caller holds the lock."""

    def __init__(self, chunk: Chunk, resumable: bool) -> None:
        self._resumable = resumable
        self._fired = False
        self._sound = True
        definition = {_NONE: _rule([], len(chunk.entries))}
        for place, (entry, tests) in enumerate(chunk.expressions()):
            resume = [{"$lte": {_FROM: entry.number}}] if resumable else []
            definition[str(entry.number)] = _rule([*tests, *resume], place)
        try:
            self._handle = durable_rules_engine.create_ruleset("chunk", json.dumps(definition))
        except durable_rules_engine.error as error:
            raise EngineFault(f"the engine cannot hold this rule set: {error}") from error

    def answers(self, event: str) -> Iterator[int]:
        """The number of the first entry that matches, if any; of a resumable network, of each in order."""
        if not self._resumable:
            hit = self._fire(event + "}")
            if hit is not None:
                yield hit
            return
        start = 0
        while (hit := self._fire(f'{event},"{_FROM}":{start}}}')) is not None:
            yield hit
            start = hit + 1

    def _fire(self, event: str) -> int | None:
        if not self._sound:
            raise EngineFault("an earlier event was not finished")
        self._sound = False  # until this event is finished: one cut short would be left to answer for the next
        try:
            status, state = durable_rules_engine.assert_event(self._handle, event)
            if status:
                raise EngineFault(f"the engine left an event unanswered (status {status})")
            _, message = durable_rules_engine.start_action_for_state(self._handle, state)
            if durable_rules_engine.complete_and_start_action(self._handle, state):
                raise EngineFault("the engine answered one event twice")
        except (durable_rules_engine.error, TypeError) as error:
            raise EngineFault(str(error)) from error
        self._fired = self._sound = True
        name = message[2 : message.index('"', 2)]
        return None if name == _NONE else int(name)

    def close(self) -> None:
        """Free the chunk; deleting the state of a session that never fired, or half fired, would crash."""
        if self._fired and self._sound:
            durable_rules_engine.delete_state(self._handle, _SID)
        durable_rules_engine.delete_ruleset(self._handle)


def _rule(tests: list[dict[str, Any]], place: int) -> dict[str, Any]:
    # The marker comes first: without it a rule could match the engine's own state.
    return {"all": [{"m": {"$and": [{"t": 1}, *tests]}}], "pri": place}
