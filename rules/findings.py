"""What an analysis finds in a rule set, in plain sentences."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from rules.limits import MAX_NAME
from rules.spec import Adjustment, Rule

MAX_NAMED = 5  # in one sentence; how many more there are is said

_Item = TypeVar("_Item")


class FindingKind(StrEnum):
    """What is odd about a rule."""

    NEVER_MATCHES = "never_matches"
    SHADOWED = "shadowed"
    OFFERS_NOTHING = "offers_nothing"
    OVERLAP = "overlap"
    DISABLED_PROVIDER = "disabled_provider"
    UNSEEN_ATTRIBUTE = "unseen_attribute"
    NOT_ANALYSED = "not_analysed"
    RETIRED_ATTRIBUTE = "retired_attribute"
    OVER = "over"


class Severity(StrEnum):
    """How much it matters: an error cannot be meant, a warning deserves a look, information may well be meant."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


@dataclass(frozen=True)
class Finding:
    """One finding: `rule_id` is the rule's or adjustment's, None the default offer's or, of not_analysed, nobody's.

    The message names the rule, the others and the fix; `other_rule_ids` are those others, in order.
    """

    kind: FindingKind
    severity: Severity
    rule_id: str | None
    message: str
    other_rule_ids: tuple[str, ...] = ()


def named(owner: Rule | Adjustment | None) -> str:
    """How a sentence begins that is about a rule, an adjustment or the default offer (None)."""
    if owner is None:
        return "The default offer"
    return f"The {'rule' if isinstance(owner, Rule) else 'adjustment'} {quoted(owner.name)}"


def quoted(name: str) -> str:
    """A name in quotes, not longer than a valid one."""
    return f"“{name[:MAX_NAME]}”"


def listed(items: Sequence[_Item], words: Callable[[_Item], str]) -> str:
    """The items in words as in “a, b and c”, cut after a few with how many more there are."""
    shown = [words(item) for item in items[:MAX_NAMED]]
    if len(items) > MAX_NAMED:
        shown.append(f"{len(items) - MAX_NAMED} more")
    return " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))
