"""Rules that can never match, and rules that never decide because earlier ones always match."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rules.compiler import dated
from rules.findings import Finding, FindingKind, Severity, listed, named, quoted
from rules.logic import Formula, Space, negation
from rules.search import Box, Search
from rules.sentences import Describer
from rules.spec import Adjustment, Condition, Group, GroupKind, Rule

MAX_WORDS = 200  # characters of one condition in a message


@dataclass(frozen=True)
class Live:
    """A rule that may match, where it does, and the values its attributes may have there."""

    rule: Rule
    formula: Formula
    box: Box


def live_rules(rules: Iterable[Rule], space: Space, search: Search) -> list[Live]:
    """The rules without those that can never match and those that are too wide to look at."""
    live = []
    for rule in rules:
        formula = space.formula(dated(rule))
        if formula is not None and search.satisfiable((formula,)) is not False:
            live.append(Live(rule, formula, search.box(formula)))
    return live


def never_matching(
    owners: Iterable[Rule | Adjustment], space: Space, search: Search, words: Describer
) -> Iterator[Finding]:
    """Rules and adjustments whose conditions, with a rule's days, no session can meet."""
    for owner in owners:
        formula = space.formula(_tree(owner))
        if formula is None or search.satisfiable((formula,)) is not False:
            continue
        if isinstance(owner, Rule) and owner.valid_from and owner.valid_until and owner.valid_from > owner.valid_until:
            why = "its last day comes before its first day. Correct one of the two"
        else:
            culprits = [f"“{_cut(words.describe(part))}”" for part in _culprits(_tree(owner), space, search)]
            together = " together. Change or remove one of them" if len(culprits) > 1 else ". Change or remove it"
            why = f"{listed(culprits)} cannot hold{together}"
        yield Finding(FindingKind.NEVER_MATCHES, Severity.ERROR, owner.id, f"{named(owner)} can never match: {why}.")


def _tree(owner: Rule | Adjustment) -> Group:
    return dated(owner) if isinstance(owner, Rule) else owner.when


def _culprits(tree: Group, space: Space, search: Search) -> list[Condition | Group]:
    """The parts of a contradiction: without any one of them the others could hold."""
    parts = list(_conjuncts(tree))
    for part in list(parts):
        rest = [other for other in parts if other is not part]
        formula = space.formula(Group(GroupKind.ALL, tuple(rest)))
        if formula is not None and search.satisfiable((formula,)) is False:
            parts = rest
    return parts


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
        quotes = listed([quoted(rule.name) for rule in names])
        if len(names) == 1:
            by = f"the earlier rule {quotes} matches every session that it matches. Move it above, narrow {quotes}"
        else:
            by = f"the earlier rules {quotes} together match every session that it matches. Move it above, narrow them"
        message = f"{named(item.rule)} never decides: {by}, or remove it."
        others = tuple(rule.id for rule in names)
        yield Finding(FindingKind.SHADOWED, Severity.WARNING, item.rule.id, message, others)


def _coverers(item: Live, earlier: Sequence[Live], search: Search) -> list[Live]:
    """The first earlier rule that matches wherever the item does, else several that do together; none if none do."""
    if search.exhausted:
        return []
    near = [other for other in earlier if not search.excludes(item.box, other.formula)]
    outside = {id(other): negation(other.formula) for other in near}

    def cover(others: Iterable[Live]) -> bool | None:
        uncovered = search.satisfiable((item.formula, *(outside[id(other)] for other in others)), item.box)
        return None if uncovered is None else not uncovered

    together = cover(near)
    if together is False:
        return []
    for other in near:
        if cover((other,)):
            return [other]
    if together is None:
        return []
    needed = near
    for other in near:
        rest = [one for one in needed if one is not other]
        if cover(rest):
            needed = rest
    return needed


def _cut(text: str) -> str:
    return text if len(text) <= MAX_WORDS else text[: MAX_WORDS - 1] + "…"
