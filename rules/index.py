"""Which rules may match, by what each cannot do without: the engine is asked only about these.

A rule is a bit. For each source and each compared column, a mask of the rules that the present value does not rule
out; their conjunction holds every rule that matches, and usually few others. The engine decides.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import accumulate
from operator import xor
from typing import Any

from rules.facts import Facts
from rules.terms import Need, Term, Test, conjuncts

Part = Callable[[Facts, Mapping[str, int]], int]  # the facts and their codes to a mask

_TOP = 1 << 40  # beyond every code
MAX_MASKS = 16_384  # in one part, each a bit for every rule; a wider part is left out, which only costs time


class Index:
    """Masks over terms in order: bit n stands for term n."""

    def __init__(self, terms: Iterable[Term]) -> None:
        needs: dict[tuple[object, bool], list[tuple[int, Need]]] = defaultdict(list)
        spans: dict[str, dict[int, tuple[int, int]]] = defaultdict(dict)
        count = 0
        for number, term in enumerate(terms):
            count += 1
            for test in conjuncts(term):
                if not isinstance(test, Test):
                    continue
                if test.need is not None:
                    needs[test.need.source, test.need.of_list].append((number, test.need))
                elif test.operator in _SPANS:
                    low, high = spans[test.column].get(number, (0, _TOP))
                    first, last = _SPANS[test.operator](test.code)
                    spans[test.column][number] = (max(low, first), min(high, last))
        self._all = (1 << count) - 1
        parts = [_by_need(self._all, members) for members in needs.values()]
        parts += [_by_span(self._all, column, members) for column, members in spans.items()]
        self._parts = [part for part in parts if part is not None]

    def candidates(self, facts: Facts, codes: Mapping[str, int]) -> int:
        """The mask of the terms that may hold; `codes` gives each column's number."""
        mask = self._all
        for part in self._parts:
            mask &= part(facts, codes)
            if not mask:
                break
        return mask


_SPANS: dict[str, Callable[[int], tuple[int, int]]] = {
    "$gt": lambda code: (code + 1, _TOP),
    "$gte": lambda code: (code, _TOP),
    "$lt": lambda code: (0, code - 1),
    "$lte": lambda code: (0, code),
}


def _by_need(everyone: int, members: list[tuple[int, Need]]) -> Part | None:
    if len(frozenset().union(*(need.values for _, need in members))) > MAX_MASKS:
        return None
    masks: dict[Any, int] = defaultdict(int)
    others = everyone
    for number, need in members:
        others &= ~(1 << number)
        for value in need.values:
            masks[value] |= 1 << number
    masks = {value: mask | others for value, mask in masks.items()}
    read = members[0][1].source.reader()
    if not members[0][1].of_list:
        return lambda facts, codes: masks.get(read(facts), others)

    def any_item(facts: Facts, codes: Mapping[str, int]) -> int:
        mask = others
        for item in read(facts) or ():
            mask |= masks.get(item, 0)
        return mask

    return any_item


def _by_span(everyone: int, column: str, members: dict[int, tuple[int, int]]) -> Part | None:
    flips: dict[int, int] = defaultdict(int)
    for number, (first, last) in members.items():
        if first <= last:
            flips[first] ^= 1 << number
            flips[last + 1] ^= 1 << number
    others = everyone & ~sum(1 << number for number in members)
    top = max((code for code in flips if code <= _TOP), default=0)
    if top > MAX_MASKS:
        return None
    masks = list(accumulate((flips.get(code, 0) for code in range(top + 1)), xor, initial=others))[1:]
    return lambda facts, codes: masks[min(codes[column], top)]
