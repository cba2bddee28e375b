"""Rules that can never match, and rules that never decide because earlier ones always match."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rules.compiler import dated
from rules.findings import Finding, FindingKind, Severity, listed, named, quoted
from rules.logic import Every, Formula, Space, negation
from rules.search import Box, Search
from rules.sentences import Describer
from rules.spec import Adjustment, Condition, Group, GroupKind, Rule

SEARCHES_A_RULE = 10  # as many full searches may be spent on finding out which earlier rules beat one rule
MAX_WORDS = 200  # characters of one condition in a message


@dataclass(frozen=True)
class Live:
    """A rule that may match, where it does and does not, and the values its attributes may have where it does."""

    rule: Rule
    formula: Formula
    outside: Formula
    box: Box


def sort_out(
    owners: Iterable[Rule | Adjustment], space: Space, search: Search
) -> tuple[list[Live], list[Rule | Adjustment]]:
    """The rules that may match, and the rules and adjustments that never can; those too wide to look at are neither."""
    live: list[Live] = []
    idle: list[Rule | Adjustment] = []
    for owner in owners:
        formula = space.formula(tree_of(owner))
        if formula is None:
            continue
        if search.satisfiable((formula,)) is False:
            idle.append(owner)
        elif isinstance(owner, Rule):
            live.append(Live(owner, formula, negation(formula), search.box(formula)))
    return live, idle


def never_matching(
    idle: Iterable[Rule | Adjustment], space: Space, search: Search, words: Describer
) -> Iterator[Finding]:
    """What is said of rules and adjustments whose conditions, with a rule's days, no session can meet."""
    for owner in idle:
        if isinstance(owner, Rule) and owner.valid_from and owner.valid_until and owner.valid_from > owner.valid_until:
            why = "its last day comes before its first day. Correct one of the two"
        else:
            culprits = _culprits(tree_of(owner), space, search)
            together = " together. Change or remove one of them" if len(culprits) > 1 else ". Change or remove it"
            why = f"{listed(culprits, lambda part: f'“{_cut(words.describe(part))}”')} cannot hold{together}"
        yield Finding(FindingKind.NEVER_MATCHES, Severity.ERROR, owner.id, f"{named(owner)} can never match: {why}.")


def tree_of(owner: Rule | Adjustment) -> Group:
    """All that must hold for it to match: its conditions, and a rule's days."""
    return dated(owner) if isinstance(owner, Rule) else owner.when


def _culprits(tree: Group, space: Space, search: Search) -> list[Condition | Group]:
    """The parts of a contradiction: without any one of them the others could hold."""
    formulas = [(part, space.formula(Group(GroupKind.ALL, (part,))) or Every()) for part in _conjuncts(tree)]
    for one in tuple(formulas):
        rest = [other for other in formulas if other is not one]
        if search.satisfiable(formula for _, formula in rest) is False:
            formulas = rest
    return [part for part, _ in formulas]


def _conjuncts(tree: Condition | Group) -> Iterator[Condition | Group]:
    if isinstance(tree, Group) and tree.kind is GroupKind.ALL:
        for child in tree.children:
            yield from _conjuncts(child)
    else:
        yield tree


def shadowed(live: Sequence[Live], search: Search) -> Iterator[Finding]:
    """Rules that never decide, since earlier ones match wherever they do."""
    deciding: list[Live] = []
    for item in live:
        names = [coverer.rule for coverer in _coverers(item, deciding, search)]
        if not names:
            deciding.append(item)
            continue
        quotes = listed(names, lambda rule: quoted(rule.name))
        if len(names) == 1:
            by, fix = f"rule {quotes} matches", "Move it before that rule, narrow that rule"
        else:
            by, fix = f"rules {quotes} together match", "Move it before them, narrow one of them"
        why = f"the earlier {by} every session that it matches"
        message = f"{named(item.rule)} never decides: {why}. {fix}, or remove this one."
        others = tuple(rule.id for rule in names)
        yield Finding(FindingKind.SHADOWED, Severity.WARNING, item.rule.id, message, others)


def _coverers(item: Live, earlier: Sequence[Live], search: Search) -> list[Live]:
    """The first earlier rule that matches wherever the item does, else several that do together; none if none do."""
    if not search.step():
        return []
    near = [other for other in earlier if not search.excludes(item.box, other.formula)]

    def cover(others: Iterable[Live]) -> bool | None:
        uncovered = search.satisfiable((item.formula, *(other.outside for other in others)), item.box)
        return None if uncovered is None else not uncovered

    end = search.left - SEARCHES_A_RULE * search.each
    together = cover(near)
    if together is False:
        return []
    for other in near:
        if search.left < end:
            break
        if cover((other,)):
            return [other]
    if together is None:
        return []
    needed = near
    for other in near:
        if search.left < end:
            break
        rest = [one for one in needed if one is not other]
        if cover(rest):
            needed = rest
    return needed


def _cut(text: str) -> str:
    return text if len(text) <= MAX_WORDS else text[: MAX_WORDS - 1] + "…"
