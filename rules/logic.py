"""Condition trees as formulas over sets of values, and their negation."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from rules.attributes import Catalogue
from rules.compiler import conditions
from rules.explain import positive
from rules.facts import CURRENCIES
from rules.limits import MAX_DEPTH
from rules.spec import Condition, Group, GroupKind, Money, Scalar
from rules.validation_conditions import condition_faults
from rules.values import Amounts, Axis, Names, Values, axis_of, several

CURRENCY = "currency"  # the fact that amounts depend on
MAX_BITS = 200_000_000  # the masks of one attribute together: 25 MB; beyond, rules that test it are not analysed
CLASSES_A_STEP = 10_000  # a look at a condition counts as a step for every so many classes of its attribute


@dataclass(frozen=True, slots=True)
class Literal:
    """The attribute's value is in one set and not in its complement."""

    attribute: str
    held: Values
    others: Values


@dataclass(frozen=True, slots=True)
class Every:
    """All parts hold; true without parts."""

    parts: tuple["Formula", ...] = ()


@dataclass(frozen=True, slots=True)
class Either:
    """At least one part holds; false without parts."""

    parts: tuple["Formula", ...] = ()


Formula = Literal | Every | Either


def negation(formula: Formula) -> Formula:
    """What holds exactly when the formula does not."""
    match formula:
        case Literal(attribute, held, others):
            return Literal(attribute, others, held)
        case Every(parts):
            return either(negation(part) for part in parts)
        case Either(parts):
            return every(negation(part) for part in parts)


def every(parts: Iterable[Formula]) -> Formula:
    """The conjunction, without inner conjunctions."""
    flat: list[Formula] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Every) else (part,))
    return flat[0] if len(flat) == 1 else Every(tuple(flat))


def either(parts: Iterable[Formula]) -> Formula:
    """The disjunction, without inner disjunctions and with one literal for each attribute that has classes."""
    masks: dict[str, tuple[int, int]] = {}
    flat: list[Formula] = []
    for part in parts:
        for inner in part.parts if isinstance(part, Either) else (part,):
            if isinstance(inner, Literal) and isinstance(inner.held, int) and isinstance(inner.others, int):
                held, others = masks.get(inner.attribute, (0, -1))
                masks[inner.attribute] = held | inner.held, others & inner.others
            else:
                flat.append(inner)
    merged = [Literal(attribute, held, others) for attribute, (held, others) in masks.items()]
    flat = [*merged, *flat]
    return flat[0] if len(flat) == 1 else Either(tuple(flat))


class Space:
    """The classes of every attribute that some condition trees test, and the trees as formulas; see `is_sound`.

    `costs` says how many steps a look at a condition on an attribute counts for.
    """

    def __init__(self, catalogue: Catalogue, trees: Iterable[Group]) -> None:
        constants: dict[str, set[Scalar]] = defaultdict(set)
        uses: dict[str, int] = defaultdict(int)
        for condition in conditions(trees):
            constants[condition.attribute].update(several(condition.value))
            uses[condition.attribute] += 1
        money = {value.currency for values in constants.values() for value in values if isinstance(value, Money)}
        named = sorted((*constants["currency"], *money), key=str)
        self.currencies = Names(named, CURRENCIES if catalogue.get(CURRENCY) else ())
        self._too_wide = {key for key, count in uses.items() if count * (2 * len(constants[key]) + 2) > MAX_BITS}
        self.axes: dict[str, Axis] = {CURRENCY: self.currencies}
        for key in uses.keys() - self._too_wide - {CURRENCY}:
            self.axes[key] = axis_of(catalogue.get(key), constants[key], self.currencies)
        self.costs = {key: 1 + 2 * len(constants[key]) // CLASSES_A_STEP for key in self.axes}
        self.amounts = {key: axis for key, axis in self.axes.items() if isinstance(axis, Amounts)}
        self._literals: dict[Condition, Literal] = {}

    def formula(self, tree: Group) -> Formula | None:
        """One of the trees as a formula; None when it tests an attribute with too many values."""
        if any(condition.attribute in self._too_wide for condition in conditions((tree,))):
            return None
        return self._group(tree)

    def _group(self, group: Group) -> Formula:
        parts = (self._group(child) if isinstance(child, Group) else self._literal(child) for child in group.children)
        if group.kind is GroupKind.ALL:
            return every(parts)
        return either(parts) if group.kind is GroupKind.ANY else every(negation(part) for part in parts)

    def _literal(self, condition: Condition) -> Literal:
        literal = self._literals.get(condition)
        if literal is None:
            operator, negated = positive(condition.operator)
            held, others = self.axes[condition.attribute].split(operator, condition.value)
            literal = Literal(condition.attribute, *((others, held) if negated else (held, others)))
            self._literals[condition] = literal
        return literal


def is_sound(tree: Group, catalogue: Catalogue, depth: int = 0) -> bool:
    """Whether the tree is within bounds and no condition has a fault: a draft may hold others."""
    return depth <= MAX_DEPTH and all(
        is_sound(child, catalogue, depth + 1)
        if isinstance(child, Group)
        else next(condition_faults(child, catalogue), None) is None
        for child in tree.children
    )
