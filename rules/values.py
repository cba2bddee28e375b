"""Sets of values: each attribute's values cut into finitely many classes that no condition tells apart."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from rules.attributes import Attribute, AttributeType, Operator
from rules.facts import COUNTRIES, CURRENCIES, MAX_INTEGER
from rules.spec import ConditionValue, Money, Scalar

MISSING = 1  # the lowest bit of a mask: the attribute has no value


@dataclass(frozen=True)
class Lists:
    """The missing list or not, the known ones or not; those have no item of `banned` and one of each of `required`.

    Items are bits of a mask. Sets of this form are closed under intersection.
    """

    missing: bool = True
    known: bool = True
    banned: int = 0
    required: frozenset[int] = frozenset()

    def __and__(self, other: "Lists") -> "Lists":
        banned = self.banned | other.banned
        required = frozenset(mask & ~banned for mask in self.required | other.required)
        missing = self.missing and other.missing
        if self.known and other.known and 0 not in required:
            return Lists(missing, True, banned, required)
        return Lists(missing, False)

    def __bool__(self) -> bool:
        return self.missing or self.known


Values = int | Lists  # a mask of classes, or a set of lists


def meet(left: Values, right: Values) -> Values:
    """The values in both sets, which are of one attribute."""
    if isinstance(left, int) and isinstance(right, int):
        return left & right
    assert isinstance(left, Lists)
    assert isinstance(right, Lists)
    return left & right


def one_of(values: Values) -> Values:
    """One value of a set that is not empty: a number or text that few conditions name, a missing or a short list."""
    if isinstance(values, int):
        return 1 << values.bit_length() - 1
    if values.missing:
        return Lists(known=False)
    kept = 0
    for mask in values.required:
        kept |= mask & -mask
    return Lists(False, True, ~kept, values.required)


class Axis(Protocol):
    """One attribute's classes: `full` is every value, the missing one included; `missing` is that one alone."""

    @property
    def full(self) -> Values: ...

    @property
    def missing(self) -> Values: ...

    def split(self, operator: Operator, value: ConditionValue) -> tuple[Values, Values]:
        """The values for which a positive operator holds, and all others."""


class Names:
    """Values without order: a class for each constant, one for all others, one for missing."""

    missing = MISSING

    def __init__(self, constants: Iterable[Scalar], domain: Collection[Scalar] | None) -> None:
        named = [value for value in dict.fromkeys(constants) if domain is None or value in domain]
        self.bits = {value: 2 << place for place, value in enumerate(named)}
        others = domain is None or len(named) < len(domain)
        self.full = (2 << len(named)) - 1 | (others << len(named) + 1)

    def split(self, operator: Operator, value: ConditionValue) -> tuple[int, int]:
        """The classes for which is_known, equals or in holds, and all others."""
        if operator is Operator.IS_KNOWN:
            return self.full ^ MISSING, MISSING
        held = 0
        for one in several(value):
            held |= self.bits.get(one, 0)
        return held, self.full ^ held


class Line:
    """Whole numbers cut into intervals at the constants; no class for missing."""

    def __init__(self, constants: Iterable[int], lowest: int, highest: int) -> None:
        bounds = {bound for value in constants for bound in (value, value + 1)}
        self._bounds = sorted(bound for bound in bounds if lowest < bound <= highest)
        self._highest = highest
        self.full = (2 << len(self._bounds)) - 1

    def below(self, value: int) -> int:
        """The intervals of numbers smaller than a constant or one more than a constant."""
        return self.full if value > self._highest else (1 << bisect_right(self._bounds, value)) - 1

    def holding(self, operator: Operator, values: tuple[int, ...]) -> int:
        """The intervals for which the operator holds."""
        first, last = values[0], values[-1]
        match operator:
            case Operator.LESS_THAN:
                return self.below(first)
            case Operator.LESS_OR_EQUAL:
                return self.below(first + 1)
            case Operator.GREATER_THAN:
                return self.full ^ self.below(first + 1)
            case Operator.GREATER_OR_EQUAL:
                return self.full ^ self.below(first)
            case Operator.BETWEEN:
                return self.below(last + 1) & ~self.below(first)
        held = 0
        for value in values:
            held |= self.below(value + 1) & ~self.below(value)
        return held


class Numbers:
    """Integers, or days as their ordinals."""

    missing = MISSING

    def __init__(self, constants: Iterable[Scalar], lowest: int, highest: int) -> None:
        self._line = Line(map(number, constants), lowest, highest)
        self.full = self._line.full << 1 | MISSING

    def split(self, operator: Operator, value: ConditionValue) -> tuple[int, int]:
        """The classes for which the operator holds, and all others."""
        if operator is Operator.IS_KNOWN:
            return self.full ^ MISSING, MISSING
        held = self._line.holding(operator, tuple(map(number, several(value)))) << 1
        return held, self.full ^ held


class Amounts:
    """Amounts together with the session's currency: one block of intervals for each class of `currencies`.

    `blocks` has the mask of each block by its currency's bit; in each, the lowest bit is the missing amount.
    """

    def __init__(self, constants: Iterable[Money], currencies: Names) -> None:
        by_currency: Mapping[int, list[int]] = defaultdict(list)
        for money in constants:
            by_currency[currencies.bits.get(money.currency, 0)].append(money.amount)
        self._currencies = currencies
        self._lines: dict[int, tuple[int, Line]] = {}
        self.blocks: dict[int, int] = {}
        self.missing = width = 0
        for bit in bits(currencies.full):
            line = Line(by_currency.get(bit, ()), 0, MAX_INTEGER)
            self._lines[bit] = width, line
            self.blocks[bit] = (line.full << 1 | MISSING) << width
            self.missing |= MISSING << width
            width += line.full.bit_length() + 1
        self.full = (1 << width) - 1

    def split(self, operator: Operator, value: ConditionValue) -> tuple[int, int]:
        """The classes for which the operator holds, and all others; another currency is always of the others."""
        if operator is Operator.IS_KNOWN:
            return self.full ^ self.missing, self.missing
        amounts = [one for one in several(value) if isinstance(one, Money)]
        [currency, *others] = {one.currency for one in amounts}
        bit = self._currencies.bits.get(currency)
        if bit is None or others:
            return 0, self.full
        start, line = self._lines[bit]
        held = line.holding(operator, tuple(one.amount for one in amounts)) << start + 1
        return held, self.full ^ held


class Items:
    """Lists of texts, by the items that conditions ask for."""

    full = Lists()
    missing = Lists(known=False)

    def __init__(self, constants: Iterable[Scalar], domain: Collection[Scalar] | None) -> None:
        self._names = Names(constants, domain)

    def split(self, operator: Operator, value: ConditionValue) -> tuple[Lists, Lists]:
        """The lists for which is_known or contains_any holds, and all others."""
        if operator is Operator.IS_KNOWN:
            return Lists(missing=False), Lists(known=False)
        asked, _ = self._names.split(Operator.IN, value)
        return Lists(False, True, 0, frozenset((asked,))) & Lists(), Lists(banned=asked)


def axis_of(attribute: Attribute | None, constants: Collection[Scalar], currencies: Names) -> Axis:
    """The classes of an attribute's values; one that is not in the catalogue is always missing."""
    if attribute is None:
        return Names((), ())
    match attribute.type:
        case AttributeType.MONEY:
            return Amounts((value for value in constants if isinstance(value, Money)), currencies)
        case AttributeType.INTEGER:
            lowest = -MAX_INTEGER if attribute.minimum is None else attribute.minimum
            return Numbers(constants, lowest, MAX_INTEGER if attribute.maximum is None else attribute.maximum)
        case AttributeType.DATE:
            return Numbers(constants, date.min.toordinal(), date.max.toordinal())
        case AttributeType.BOOLEAN:
            return Names(constants, (False, True))
        case AttributeType.COUNTRY:
            return Names(constants, COUNTRIES)
        case AttributeType.CURRENCY:
            return Names(constants, CURRENCIES)
        case AttributeType.STRING_LIST:
            return Items(constants, attribute.choices)
        case _:
            return Names(constants, attribute.choices)


def several(value: ConditionValue) -> tuple[Scalar, ...]:
    """The value or values of a condition as a tuple; none for is_known."""
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def number(value: Scalar) -> int:
    """An integer as it is, a day as its ordinal."""
    if isinstance(value, int):
        return value
    assert isinstance(value, str)
    return date.fromisoformat(value).toordinal()


def bits(mask: int) -> Iterable[int]:
    """Each bit of a mask, from the lowest."""
    while mask:
        bit = mask & -mask
        yield bit
        mask ^= bit
