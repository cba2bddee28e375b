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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from operator import itemgetter
from typing import Any

import durable_rules_engine

from rules.chunks import Chunk, Entry, cut, distinct
from rules.compiler import Compiler, dated
from rules.decision import Match
from rules.facts import Facts
from rules.spec import RuleSet
from rules.terms import FALSE

_SID = "s"
_NONE = "none"  # the catch-all, so that something always fires
_FROM = "from"  # the first adjustment that may still answer


class EngineFault(RuntimeError):
    """The engine refused a rule set or an event; the plain evaluator can still answer."""


class EngineClosed(RuntimeError):
    """The compiled set was closed and freed; take the current one."""


class CompiledRuleSet:
    """A rule set in the engine, safe to ask from many threads; EngineFault when it cannot be compiled.

    Close it when it is replaced: it is freed when the last lease ends.
    """

    def __init__(self, ruleset: RuleSet) -> None:
        self._lock = threading.Lock()
        self._leases = 0
        self._closing = False
        self._freed = False
        self._rules = [rule.id for rule in ruleset.rules]
        self._adjustments = [adjustment.id for adjustment in ruleset.adjustments]
        rules = [(number, dated(rule)) for number, rule in enumerate(ruleset.rules) if rule.enabled]
        adjustments = [(number, item.when) for number, item in enumerate(ruleset.adjustments) if item.enabled]
        compiler = Compiler([tree for _, tree in (*rules, *adjustments)])
        self._encoders = compiler.columns
        self._first: list[_Network] = []
        self._every: list[_Network] = []
        try:
            entries = [Entry(number, compiler.term(tree)) for number, tree in rules]
            for chunk in cut(distinct(_possible(entries))):
                self._first.append(_Network(chunk, resumable=False))
            entries = [Entry(number, compiler.term(tree)) for number, tree in adjustments]
            for chunk in cut(_possible(entries), spare=1):
                self._every.append(_Network(chunk, resumable=True))
        except EngineFault:
            self._free()
            raise

    def match(self, facts: Facts) -> Match:
        """The first rule that matches and every adjustment that matches; `facts` come from `coerce`.

        EngineClosed once closed and no longer leased; EngineFault when the engine refuses the event.
        """
        codes = _Codes(self._encoders, facts)
        with self._lock:
            if self._freed:
                raise EngineClosed("this rule set was replaced")
            rule = next((hit for network in self._first if (hit := network.ask(codes)) is not None), None)
            adjustments = [hit for network in self._every for hit in network.ask_all(codes)]
        return Match(
            None if rule is None else self._rules[rule],
            tuple(self._adjustments[number] for number in adjustments),
        )

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
        for network in (*self._first, *self._every):
            network.close()


def _possible(entries: list[Entry]) -> list[Entry]:
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


class _Network:
    """One chunk in the engine; the caller holds the lock."""

    def __init__(self, chunk: Chunk, resumable: bool) -> None:
        names = sorted(chunk.columns)
        self._pick = itemgetter(*names) if len(names) > 1 else lambda codes: tuple(codes[name] for name in names)
        fields = "".join(f',"{name}":%d' for name in (*names, *([_FROM] if resumable else ())))
        self._event = f'{{"sid":"{_SID}","t":1{fields}}}'
        self._fired = self._faulty = False
        definition = {_NONE: _rule([], len(chunk.entries))}
        for place, entry in enumerate(chunk.entries):
            resume = [{"$lte": {_FROM: entry.number}}] if resumable else []
            definition[str(entry.number)] = _rule([*chunk.expression(entry), *resume], place)
        try:
            self._handle = durable_rules_engine.create_ruleset("chunk", json.dumps(definition))
        except durable_rules_engine.error as error:
            raise EngineFault(f"the engine cannot hold this rule set: {error}") from error

    def ask(self, codes: _Codes) -> int | None:
        """The number of the first rule that matches, or None."""
        return self._fire(self._event % self._pick(codes))

    def ask_all(self, codes: _Codes) -> Iterator[int]:
        """The number of every adjustment that matches, in order."""
        picked, start = self._pick(codes), 0
        while (hit := self._fire(self._event % (*picked, start))) is not None:
            yield hit
            start = hit + 1

    def _fire(self, event: str) -> int | None:
        try:
            status, state = durable_rules_engine.assert_event(self._handle, event)
            if status:
                raise EngineFault(f"the engine left an event unanswered (status {status})")
            _, message = durable_rules_engine.start_action_for_state(self._handle, state)
            if durable_rules_engine.complete_and_start_action(self._handle, state):
                raise EngineFault("the engine answered one event twice")
        except (durable_rules_engine.error, EngineFault, TypeError) as error:
            self._faulty = True
            raise EngineFault(str(error)) from error
        self._fired = True
        name = message[2 : message.index('"', 2)]
        return None if name == _NONE else int(name)

    def close(self) -> None:
        """Free the chunk; deleting the state of a session that never fired, or half fired, would crash."""
        if self._fired and not self._faulty:
            durable_rules_engine.delete_state(self._handle, _SID)
        durable_rules_engine.delete_ruleset(self._handle)


def _rule(tests: list[dict[str, Any]], place: int) -> dict[str, Any]:
    # The marker comes first: without it a rule could match the engine's own state.
    return {"all": [{"m": {"$and": [{"t": 1}, *tests]}}], "pri": place}
