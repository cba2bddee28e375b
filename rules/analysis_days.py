"""Rules and adjustments that can match no more, because their days have passed."""

from collections.abc import Iterable, Iterator
from datetime import date

from rules.analysis_matching import tree_of
from rules.attributes import Operator
from rules.compiler import conditions
from rules.findings import Finding, FindingKind, Severity, named
from rules.logic import Space
from rules.search import Search
from rules.spec import Adjustment, Condition, Group, GroupKind, Rule


def from_now_on(today: date) -> Group:
    """What holds for every session from this day on; like all negations, also for one without a date."""
    return Group(GroupKind.NONE, (Condition("date", Operator.LESS_THAN, today.isoformat()),))


def passed(
    owners: Iterable[Rule | Adjustment], space: Space, search: Search, today: date
) -> Iterator[Rule | Adjustment]:
    """Those that no session can meet from `today` on; `from_now_on` of that day must be among the space's trees."""
    future = space.formula(from_now_on(today))
    for owner in owners:
        tree = tree_of(owner)
        if future is None or all(condition.attribute != "date" for condition in conditions((tree,))):
            continue
        formula = space.formula(tree)
        if formula is not None and search.satisfiable((formula, future)) is False:
            yield owner


def over(owners: Iterable[Rule | Adjustment], today: date) -> Iterator[Finding]:
    """What is said of those that have `passed`: a warning, since time alone brings it about."""
    for owner in owners:
        if isinstance(owner, Rule) and owner.valid_until and owner.valid_until < today:
            why = "its last day has passed. Give it a later last day, or remove it"
        else:
            why = "all the days on which its conditions hold have passed. Change its days, or remove it"
        yield Finding(FindingKind.OVER, Severity.WARNING, owner.id, f"{named(owner)} matches no more: {why}.")
