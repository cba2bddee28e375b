"""Rules in a line each, and what is found in them, for tests of the analysis."""

from typing import Any

from rules import (
    BUILT_IN_CATALOGUE,
    Attribute,
    AttributeType,
    Condition,
    Finding,
    Group,
    GroupKind,
    Money,
    Offer,
    Operator,
    Rule,
    RuleSet,
    analyse,
)
from tests.unit.rules.analysis_cases import ACCOUNTS, METHODS, offer

OP = Operator
CATALOGUE = BUILT_IN_CATALOGUE.with_custom((Attribute("tier", "Tier", AttributeType.STRING),))
NORTH, SOUTH = offer(("card", "north")), offer(("card", "south"))


def is_(attribute: str, operator: Operator, value: Any = None) -> Condition:
    """A condition; an amount is in euros."""
    if attribute == "amount" and operator is OP.BETWEEN:
        value = tuple(Money(each, "EUR") for each in value)
    elif attribute == "amount" and isinstance(value, int):
        value = Money(value, "EUR")
    return Condition(attribute, operator, value)


def rule(name: str, *tests: Condition | Group, offer: Offer = NORTH, **more: Any) -> Rule:
    """A rule whose conditions must all hold."""
    return Rule(name.lower().replace(" ", "_"), name, Group(GroupKind.ALL, tests), offer, **more)


def findings(*rules: Rule, **more: Any) -> list[Finding]:
    """What is found in these rules before a default offer that North carries."""
    accounts, seen, today = more.pop("accounts", ACCOUNTS), more.pop("seen", None), more.pop("today", None)
    return list(analyse(RuleSet(rules, default=NORTH, **more), CATALOGUE, accounts, METHODS, seen, today=today))


def kinds(found: list[Finding]) -> list[tuple[str, str | None]]:
    """Kind and rule of each finding."""
    return [(finding.kind.value, finding.rule_id) for finding in found]
