"""Whether some facts satisfy several formulas at once: an exact search that gives up after a number of steps."""

from collections.abc import Iterable, Sequence

from rules.logic import CURRENCY, Either, Every, Formula, Literal, Space, either, negation
from rules.values import Lists, Values, bits, meet, one_of

STEPS_EACH = 20_000  # looks at a literal in one search
STEPS_IN_ALL = 4_000_000  # in one analysis: a few seconds
MAX_DECISIONS = 100  # choices taken at a time

_TRUE = Every()

Box = dict[str, Values]  # the values left of each attribute that something was said about


class GaveUp(Exception):
    """The search took too many steps."""


class Search:
    """Searches over the facts of one space; the steps of all are counted together: `left` says how many remain.

    `gave_up` says whether some question was left without an answer.
    """

    def __init__(self, space: Space, steps_each: int = STEPS_EACH, steps_in_all: int = STEPS_IN_ALL) -> None:
        self._space = space
        self.each = steps_each
        self.left = steps_in_all
        self.gave_up = False
        self._until = 0

    def box(self, formula: Formula) -> Box:
        """The values that each attribute may have where the formula holds, perhaps more."""
        box: Box = {}
        self._until = max(self.left - self.each, 0)
        try:
            self._settle(box, [formula])
        except GaveUp:
            return {}
        return box

    def satisfiable(self, formulas: Iterable[Formula], box: Box | None = None) -> bool | None:
        """Whether some facts in the box satisfy all formulas; None when that takes too many steps."""
        self._until = max(self.left - self.each, 0)
        try:
            return self._solve(dict(box or {}), formulas, 0)
        except GaveUp:
            self.gave_up = True
            return None

    def excludes(self, box: Box, formula: Formula) -> bool:
        """Whether the formula plainly holds nowhere in the box."""
        self._until = max(self.left - self.each, 0)
        try:
            return self._truth(box, formula) is False
        except GaveUp:
            return False

    def crosses(self, one: Box, other: Box, attribute: str) -> bool:
        """Whether the attribute's known values in two boxes overlap, and each box has some that the other has not."""
        axis = self._space.axes[attribute]
        left, right = one.get(attribute, axis.full), other.get(attribute, axis.full)
        if not (isinstance(left, int) and isinstance(right, int) and isinstance(axis.missing, int)):
            return False
        left, right = left & ~axis.missing, right & ~axis.missing
        return bool(left & right and left & ~right and right & ~left)

    def step(self) -> bool:
        """Count one step more; whether any are left, since else every question would be given up."""
        self.left -= 1
        self.gave_up |= self.left <= 0
        return self.left > 0

    def _solve(self, box: Box, formulas: Iterable[Formula], decisions: int) -> bool:
        pending = self._settle(box, formulas)
        if not pending:
            return pending is not None
        if decisions == MAX_DECISIONS:
            raise GaveUp
        if decisions == 0 and (self._guess(box, pending) or self._without_the_rest(box, pending)):
            return True
        chosen = min(pending, key=lambda choice: len(choice.parts))
        others: list[Formula] = [choice for choice in pending if choice is not chosen]
        for part in chosen.parts:
            if self._solve(dict(box), [part, *others], decisions + 1):
                return True
            others.append(negation(part))
        return False

    def _guess(self, box: Box, pending: Sequence[Either]) -> bool:
        """Whether one session in the box, picked without looking, is a solution: in large rule sets many are."""
        picked = dict(box)
        for key, axis in self._space.axes.items():
            values = one_of(picked[key]) if key in picked else axis.missing
            if not self._narrow(picked, Literal(key, values, axis.full)):
                return False
        return self._settle(picked, pending) == []

    def _without_the_rest(self, box: Box, pending: Sequence[Either]) -> bool:
        """Whether a solution lacks every attribute that nothing was said about: most tests fail there at once."""
        free = {
            literal.attribute
            for choice in pending
            for literal in choice.parts
            if isinstance(literal, Literal) and literal.attribute not in box
        } - {CURRENCY}
        axes = self._space.axes
        absent = [Literal(key, axes[key].missing, axes[key].full) for key in sorted(free)]
        return bool(absent) and self._solve(dict(box), [*absent, *pending], 1)

    def _settle(self, box: Box, formulas: Iterable[Formula]) -> list[Either] | None:
        """Narrow the box by all that the formulas leave no choice in; the choices left, or None for none at all."""
        agenda = list(formulas)
        choices: list[Either] = []
        while agenda:
            while agenda:
                formula = agenda.pop()
                if isinstance(formula, Literal):
                    if not self._narrow(box, formula):
                        return None
                elif isinstance(formula, Every):
                    agenda.extend(formula.parts)
                else:
                    choices.append(formula)
            open_choices = []
            for choice in choices:
                rest = self._rest(box, choice)
                if isinstance(rest, Either):
                    if not rest.parts:
                        return None
                    open_choices.append(rest)
                elif rest != _TRUE:
                    agenda.append(rest)
            choices = open_choices
        return choices

    def _rest(self, box: Box, choice: Either) -> Formula:
        """What is left of a choice in the box."""
        parts = []
        for part in choice.parts:
            truth = self._truth(box, part)
            if truth:
                return _TRUE
            if truth is None:
                parts.append(part)
        return choice if len(parts) == len(choice.parts) else either(parts)

    def _truth(self, box: Box, formula: Formula) -> bool | None:
        """Whether the formula holds everywhere or nowhere in the box, as far as can be told without a search."""
        if isinstance(formula, Literal):
            values = box.get(formula.attribute)
            self._spend(formula.attribute, values)
            if values is None:
                values = self._space.axes[formula.attribute].full
            common = meet(values, formula.held)
            return False if not common else True if common == values else None
        decisive = isinstance(formula, Either)
        unsure = False
        for part in formula.parts:
            truth = self._truth(box, part)
            if truth is decisive:
                return decisive
            unsure |= truth is None
        return None if unsure else not decisive

    def _narrow(self, box: Box, literal: Literal) -> bool:
        """Keep to the literal's values; whether any are left."""
        key = literal.attribute
        before = box.get(key)
        self._spend(key, before)
        values = literal.held if before is None else meet(before, literal.held)
        box[key] = values
        if values and values != before and (key == CURRENCY or key in self._space.amounts):
            return self._tie(box)
        return bool(values)

    def _spend(self, attribute: str, values: Values | None) -> None:
        self.left -= len(values.required) + 1 if isinstance(values, Lists) else self._space.costs[attribute]
        if self.left < self._until:
            raise GaveUp

    def _tie(self, box: Box) -> bool:
        """Keep the currency and the amounts to what they allow each other; whether anything is left."""
        amounts = self._space.amounts
        currencies = box.get(CURRENCY, self._space.currencies.full)
        assert isinstance(currencies, int)
        self.left -= currencies.bit_count() * len(amounts)
        masks = {key: mask if isinstance(mask := box.get(key, axis.full), int) else 0 for key, axis in amounts.items()}
        for bit in bits(currencies):
            if not all(masks[key] & axis.blocks[bit] for key, axis in amounts.items()):
                currencies ^= bit
        box[CURRENCY] = currencies
        for key, axis in amounts.items():
            box[key] = masks[key] & sum(axis.blocks[bit] for bit in bits(currencies))
        return bool(currencies)
