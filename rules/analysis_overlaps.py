"""Rules with different offers whose ranges of one attribute overlap in part."""

from collections.abc import Iterator, Sequence

from rules.analysis_matching import Live
from rules.attributes import Attribute, AttributeType, Catalogue, Operator
from rules.compiler import conditions, dated
from rules.findings import Finding, FindingKind, Severity, quoted
from rules.search import Search
from rules.spec import Rule

MAX_OVERLAPS = 50  # reported at a time: more would hide what matters

_ORDERED = (AttributeType.MONEY, AttributeType.INTEGER, AttributeType.DATE)
_RANGES = (
    Operator.GREATER_THAN,
    Operator.GREATER_OR_EQUAL,
    Operator.LESS_THAN,
    Operator.LESS_OR_EQUAL,
    Operator.BETWEEN,
)


def overlaps(live: Sequence[Live], search: Search, catalogue: Catalogue) -> Iterator[Finding]:
    """One finding for each such pair and attribute, up to a few dozen."""
    found = 0
    for attribute in catalogue:
        if attribute.type not in _ORDERED:
            continue
        ranged = [item for item in live if _has_range(item.rule, attribute)]
        for earlier, later in ((one, other) for place, other in enumerate(ranged) for one in ranged[:place]):
            if found == MAX_OVERLAPS or not search.step():
                return
            if (
                search.crosses(earlier.box, later.box, attribute.key)
                and (earlier.rule.offer, earlier.rule.experiment) != (later.rule.offer, later.rule.experiment)
                and search.satisfiable((earlier.formula, later.formula))
            ):
                found += 1
                yield _overlap(earlier.rule, later.rule, attribute)


def _has_range(rule: Rule, attribute: Attribute) -> bool:
    return any(
        condition.attribute == attribute.key and condition.operator in _RANGES
        for condition in conditions((dated(rule),))
    )


def _overlap(earlier: Rule, later: Rule, attribute: Attribute) -> Finding:
    message = (
        f"The rules {quoted(earlier.name)} and {quoted(later.name)} overlap in part in {quoted(attribute.label)}: "
        f"where both match, {quoted(earlier.name)} decides because it comes first. "
        "If that is not meant, let one begin where the other ends."
    )
    return Finding(FindingKind.OVERLAP, Severity.INFORMATION, later.id, message, (earlier.id,))
