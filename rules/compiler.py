"""A rule set's conditions compiled to columns of numbers and terms over them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any

from rules.attributes import Operator
from rules.encoding import Ranks, Source, Symbols, flag, plain, source_of
from rules.explain import positive
from rules.facts import Facts
from rules.spec import Condition, Group, GroupKind, Rule
from rules.terms import Need, Term, Test, join

_LOWER = {Operator.GREATER_THAN: ("$gt", "$lte"), Operator.GREATER_OR_EQUAL: ("$gte", "$lt")}
_UPPER = {Operator.LESS_THAN: ("$lt", "$gte"), Operator.LESS_OR_EQUAL: ("$lte", "$gt")}
_MEMBERSHIP = (Operator.IN, Operator.CONTAINS_ANY)


class Compiler:
    """Learns the values that some conditions test, then writes each tree as a term.

    `columns` names every column in use with its encoder; it grows while trees are written.
    """

    def __init__(self, trees: Iterable[Group]) -> None:
        self.columns: dict[str, Callable[[Facts], int]] = {}
        self._names: dict[object, str] = {}
        symbols: dict[Source, list[Any]] = defaultdict(list)
        ranks: dict[Source, list[Any]] = defaultdict(list)
        for condition in conditions(trees):
            operator, _ = positive(condition.operator)
            source = source_of(condition)
            if operator is Operator.EQUALS:
                symbols[source].append(plain(condition.value))
            elif operator in _LOWER or operator in _UPPER:
                ranks[source].append(plain(condition.value))
            elif operator is Operator.BETWEEN and isinstance(condition.value, tuple):
                ranks[source].extend(plain(bound) for bound in condition.value)
        self._symbols = {source: Symbols(source, values) for source, values in symbols.items()}
        self._ranks = {source: Ranks(source, values) for source, values in ranks.items()}

    def term(self, group: Group) -> Term:
        """The tree as a term."""
        return self._group(group, False)

    def _group(self, group: Group, negated: bool) -> Term:
        conjunctive = (group.kind is not GroupKind.ANY) != negated
        negate = negated != (group.kind is GroupKind.NONE)
        return join(conjunctive, self._children(group, negate, conjunctive))

    def _children(self, group: Group, negate: bool, conjunctive: bool) -> Iterator[Term]:
        for child in group.children:
            if isinstance(child, Group):
                yield self._group(child, negate)
            elif child.operator is Operator.BETWEEN and conjunctive and not negate:
                yield from self._between(child)
            else:
                yield self._test(child, negate)

    def _between(self, condition: Condition) -> Iterator[Term]:
        low, high = condition.value if isinstance(condition.value, tuple) else ()
        yield self._test(Condition(condition.attribute, Operator.GREATER_OR_EQUAL, low), False)
        yield self._test(Condition(condition.attribute, Operator.LESS_OR_EQUAL, high), False)

    def _test(self, condition: Condition, negate: bool) -> Test:
        operator, negative = positive(condition.operator)
        negated = negate != negative
        source, value = source_of(condition), plain(condition.value)
        if operator is Operator.EQUALS:
            symbols = self._symbols[source]
            column = self._column("s", source, symbols.encoder)
            if negated:
                return Test(column, "$neq", symbols.code(value))
            return Test(column, "", symbols.code(value), Need(source, frozenset((value,))))
        if operator in _LOWER:
            ranks = self._ranks[source]
            column = self._column("l", source, lambda: ranks.encoder(missing_is_top=False))
            return Test(column, _LOWER[operator][negated], ranks.code(value))
        if operator in _UPPER:
            ranks = self._ranks[source]
            column = self._column("u", source, lambda: ranks.encoder(missing_is_top=True))
            return Test(column, _UPPER[operator][negated], ranks.code(value))
        asserted = Condition(condition.attribute, operator, condition.value)
        column = self._column("f", asserted, lambda: flag(asserted))
        if operator in _MEMBERSHIP and not negated and isinstance(condition.value, tuple):
            need = Need(source, frozenset(condition.value), operator is Operator.CONTAINS_ANY)
            return Test(column, "", 1, need)
        return Test(column, "", 0 if negated else 1)

    def _column(self, kind: str, key: object, encoder: Callable[[], Callable[[Facts], int]]) -> str:
        name = self._names.get((kind, key))
        if name is None:
            name = self._names[kind, key] = f"{kind}{len(self._names)}"
            self.columns[name] = encoder()
        return name


def conditions(trees: Iterable[Group]) -> Iterator[Condition]:
    """Every condition of every tree."""
    for group in trees:
        for child in group.children:
            if isinstance(child, Group):
                yield from conditions((child,))
            else:
                yield child


def dated(rule: Rule) -> Group:
    """The rule's tree with its validity as two more conditions on the fact "date"."""
    days: list[tuple[Operator, date | None]] = [
        (Operator.GREATER_OR_EQUAL, rule.valid_from),
        (Operator.LESS_OR_EQUAL, rule.valid_until),
    ]
    validity = tuple(Condition("date", operator, day.isoformat()) for operator, day in days if day is not None)
    return Group(GroupKind.ALL, (*validity, rule.when)) if validity else rule.when
