"""Facts as small whole numbers: the engine never sees a string, a list, a missing attribute or a large integer.

Each attribute that the rules test becomes columns, always present and never negative. Values that are tested for
equality get a number of their own (0: any other, or missing). Values that are compared get their rank among the
thresholds of the rule set (even on a threshold, odd between two). Everything else is a flag, 0 or 1.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from rules.attributes import Operator
from rules.facts import Facts
from rules.spec import Condition, Money

Read = Callable[[Facts], Any]  # the fact's value, or None when it is missing


@dataclass(frozen=True)
class Source:
    """Where a value is read: an attribute, and for an amount the only currency in which it counts."""

    attribute: str
    currency: str | None = None

    def reader(self) -> Read:
        """A function of the facts: the value, or None when it is missing or in another currency."""
        key, currency = self.attribute, self.currency
        if currency is None:
            return lambda facts: facts.get(key)
        return lambda facts: facts.get(key) if facts.get("currency") == currency else None


def source_of(condition: Condition) -> Source:
    """Where the value that a condition tests is read."""
    value = condition.value[0] if isinstance(condition.value, tuple) and condition.value else condition.value
    return Source(condition.attribute, value.currency if isinstance(value, Money) else None)


def plain(value: Any) -> Any:
    """A condition's scalar as facts hold it: money as its amount."""
    return value.amount if isinstance(value, Money) else value


class Symbols:
    """Values tested for equality: each its own number from 1, any other and missing 0."""

    def __init__(self, source: Source, values: Iterable[Any]) -> None:
        self._codes = {value: number for number, value in enumerate(dict.fromkeys(values), start=1)}
        self._read = source.reader()

    def code(self, value: Any) -> int:
        """The number of a value that some rule tests."""
        return self._codes[value]

    def encoder(self) -> Callable[[Facts], int]:
        """A function of the facts: the number of the value that is there."""
        codes, read = self._codes, self._read
        return lambda facts: codes.get(read(facts), 0)


class Ranks:
    """Values that are compared: 2i + 2 on threshold i, odd between two, missing 0 or (for upper bounds) the top."""

    def __init__(self, source: Source, thresholds: Iterable[Any]) -> None:
        self._thresholds = sorted(set(thresholds))
        self._read = source.reader()

    def code(self, value: Any) -> int:
        """The rank of a value that some rule compares with, or of any other value."""
        index = bisect_left(self._thresholds, value)
        on_threshold = index < len(self._thresholds) and self._thresholds[index] == value
        return 2 * index + 2 if on_threshold else 2 * index + 1

    def encoder(self, missing_is_top: bool) -> Callable[[Facts], int]:
        """A function of the facts: the rank; a missing value fails every lower bound, or every upper bound."""
        read, code = self._read, self.code
        missing = 2 * len(self._thresholds) + 2 if missing_is_top else 0
        return lambda facts: missing if (value := read(facts)) is None else code(value)


def flag(condition: Condition) -> Callable[[Facts], int]:
    """A positive test that the engine holds as one flag: in, contains_any, is_known, or between."""
    read = source_of(condition).reader()
    value = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    if condition.operator is Operator.IS_KNOWN:
        return lambda facts: 1 if read(facts) is not None else 0
    if condition.operator is Operator.BETWEEN:
        low, high = (plain(bound) for bound in value)
        return lambda facts: 1 if (actual := read(facts)) is not None and low <= actual <= high else 0
    members = frozenset(value)
    if condition.operator is Operator.IN:
        return lambda facts: 1 if read(facts) in members else 0
    return lambda facts: 0 if members.isdisjoint(read(facts) or ()) else 1
