"""What can be wrong with a rule set, in sentences that name the rule, the condition and the fix."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One fault: its path in the JSON form, the rule's name and the condition in words where there are any."""

    path: str
    message: str
    rule: str | None = None
    condition: str | None = None


class InvalidRuleSet(ValueError):
    """A rule set that cannot be used; `problems` holds at least one Problem."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problem.message for problem in self.problems[:5]))
