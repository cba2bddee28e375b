"""Whether a rule set can be used: every fault named by rule, condition and fix, in a shopkeeper's words."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from rules.attributes import Catalogue
from rules.eligibility import AccountLimits
from rules.json_form import from_json
from rules.limits import (
    MAX_ACTIONS,
    MAX_ADJUSTMENTS,
    MAX_CONDITIONS,
    MAX_DEPTH,
    MAX_GROUPS,
    MAX_ID,
    MAX_NAME,
    MAX_PROBLEMS,
    MAX_RULES,
)
from rules.problems import InvalidRuleSet, Problem
from rules.sentences import describe
from rules.spec import Action, Adjustment, Condition, Group, GroupKind, Rule, RuleSet
from rules.validation_conditions import condition_faults
from rules.validation_offers import action_faults, offer_faults

KnownAccounts = Mapping[str, AccountLimits]


def parse(
    obj: object, catalogue: Catalogue, methods: Collection[str], accounts: Collection[str] | KnownAccounts
) -> RuleSet:
    """The valid rule set that plain data describes. InvalidRuleSet holds every problem, up to a few dozen."""
    ruleset = from_json(obj)
    problems = validate(ruleset, catalogue, methods, accounts)
    if problems:
        raise InvalidRuleSet(problems)
    return ruleset


def validate(
    ruleset: RuleSet, catalogue: Catalogue, methods: Collection[str], accounts: Collection[str] | KnownAccounts
) -> tuple[Problem, ...]:
    """Every problem in order, up to a few dozen; none means that the engine can hold the rule set.

    `methods` and `accounts` are the ids that offers may name; where they are labels or limits by id, the problems
    call them so.
    """
    check = _Check(catalogue, methods, accounts)
    problems = []
    for problem in check.ruleset(ruleset):
        problems.append(problem)
        if len(problems) == MAX_PROBLEMS:
            break
    return tuple(problems)


class _Check:
    def __init__(
        self, catalogue: Catalogue, methods: Collection[str], accounts: Collection[str] | KnownAccounts
    ) -> None:
        self._catalogue = catalogue
        self._methods = _labels(methods)
        self._accounts = _labels(accounts)

    def ruleset(self, ruleset: RuleSet) -> Iterator[Problem]:
        for path, items, most in (
            ("rules", ruleset.rules, MAX_RULES),
            ("adjustments", ruleset.adjustments, MAX_ADJUSTMENTS),
        ):
            if len(items) > most:
                yield Problem(path, f"There are {len(items)} {path}; keep at most {most}.")
                return  # a list this long is a mistake or an attack: its members would only repeat it
        seen: set[str] = set()
        for index, rule in enumerate(ruleset.rules):
            yield from self._owner(rule, f"rules[{index}]", "rule", seen)
            yield from self._rule(rule, f"rules[{index}]")
        for index, adjustment in enumerate(ruleset.adjustments):
            yield from self._owner(adjustment, f"adjustments[{index}]", "adjustment", seen)
            yield from self._actions(adjustment.actions, f"adjustments[{index}].actions", adjustment.name)
        for path, fix in offer_faults(ruleset.default, "default", self._methods, self._accounts):
            yield Problem(path, f"In the default offer: {fix}.")

    def _owner(self, owner: Rule | Adjustment, path: str, kind: str, seen: set[str]) -> Iterator[Problem]:
        where = f"In the {kind} “{owner.name[:MAX_NAME]}”"
        if not owner.name.strip() or len(owner.name) > MAX_NAME or not owner.name.isprintable():
            yield Problem(
                f"{path}.name", f"{where}: give it a name of 1 to {MAX_NAME} printable characters.", owner.name
            )
        if not 0 < len(owner.id) <= MAX_ID or not owner.id.replace("_", "").replace("-", "").isalnum():
            yield Problem(
                f"{path}.id", f"{where}: give it an id of letters, digits, _ and -, at most {MAX_ID}.", owner.name
            )
        if owner.id in seen:
            yield Problem(f"{path}.id", f"{where}: its id “{owner.id}” is taken; give it another.", owner.name)
        seen.add(owner.id)
        for fault_path, condition, fix in self._tree(owner.when, f"{path}.when"):
            words = None if condition is None else describe(condition, self._catalogue, self._methods, self._accounts)
            spot = "" if words is None else f", the condition “{words}”"
            yield Problem(fault_path, f"{where}{spot}: {fix}.", owner.name, words)

    def _rule(self, rule: Rule, path: str) -> Iterator[Problem]:
        where = f"In the rule “{rule.name[:MAX_NAME]}”"
        if rule.valid_from and rule.valid_until and rule.valid_from > rule.valid_until:
            fix = "let its last day come after its first day"
            yield Problem(f"{path}.valid_until", f"{where}: {fix}.", rule.name)
        for fault_path, fix in offer_faults(rule.offer, f"{path}.offer", self._methods, self._accounts):
            yield Problem(fault_path, f"{where}: {fix}.", rule.name)
        if rule.experiment is None:
            return
        spot, arm_b = f"{path}.experiment", rule.experiment
        if not 0 < arm_b.share < 100:
            yield Problem(f"{spot}.share", f"{where}: let offer B have 1 to 99 percent of its sessions.", rule.name)
        for fault_path, fix in offer_faults(arm_b.offer, f"{spot}.offer", self._methods, self._accounts):
            yield Problem(fault_path, f"{where}, in offer B of the experiment: {fix}.", rule.name)

    def _actions(self, actions: tuple[Action, ...], path: str, name: str) -> Iterator[Problem]:
        where = f"In the adjustment “{name[:MAX_NAME]}”"
        if not 0 < len(actions) <= MAX_ACTIONS:
            yield Problem(path, f"{where}: give it 1 to {MAX_ACTIONS} actions.", name)
            return
        for index, action in enumerate(actions):
            for fault_path, fix in action_faults(action, f"{path}[{index}]", self._methods, self._accounts):
                yield Problem(fault_path, f"{where}: {fix}.", name)

    def _tree(self, root: Group, path: str) -> Iterator[tuple[str, Condition | None, str]]:
        groups, conditions, depth = _size(root)
        if depth > MAX_DEPTH:
            yield path, None, f"its groups are nested {depth} deep; keep to {MAX_DEPTH}, or split it in two"
        elif groups > MAX_GROUPS:
            yield path, None, f"it has {groups} groups of conditions; keep to {MAX_GROUPS}, or split it in two"
        elif conditions > MAX_CONDITIONS:
            yield path, None, f"it has {conditions} conditions; keep to {MAX_CONDITIONS}, or split it in two"
        elif not root.children and root.kind is not GroupKind.ALL:
            yield path, None, "add a condition, or use an empty “all” for always"
        else:
            yield from self._group(root, path)

    def _group(self, group: Group, path: str) -> Iterator[tuple[str, Condition | None, str]]:
        for index, child in enumerate(group.children):
            spot = f"{path}.{group.kind.value}[{index}]"
            if isinstance(child, Group):
                if not child.children:
                    yield spot, None, "a group is empty; add a condition to it or remove it"
                yield from self._group(child, spot)
            else:
                for part, fix in condition_faults(child, self._catalogue):
                    yield f"{spot}.{part}", child, fix


def _size(root: Group) -> tuple[int, int, int]:
    """Groups below the root, conditions, and the depth of the tree (the root is 1)."""
    groups = conditions = 0
    level, depth = [root], 0
    while level:
        depth += 1
        inner = [child for group in level for child in _groups(group.children)]
        conditions += sum(len(group.children) for group in level) - len(inner)
        groups += len(inner)
        level = inner
    return groups, conditions, depth


def _groups(children: Iterable[Condition | Group]) -> Iterator[Group]:
    return (child for child in children if isinstance(child, Group))


def _labels(known: Collection[str] | KnownAccounts) -> dict[str, str]:
    """What people call each of the known ids."""
    if not isinstance(known, Mapping):
        return {key: key for key in known}
    return {key: (it.label if isinstance(it, AccountLimits) else it) or key for key, it in known.items()}
