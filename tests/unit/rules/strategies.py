"""Random rule sets and facts for hypothesis, drawn from shared pools so that conditions often meet their values."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from hypothesis import strategies as st

from rules import (
    BUILT_IN_CATALOGUE,
    Adjustment,
    Attribute,
    AttributeType,
    Condition,
    Experiment,
    Group,
    GroupKind,
    HideMethods,
    MethodPlan,
    Money,
    Offer,
    Operator,
    PlannedAccount,
    ProviderPlan,
    Rule,
    RuleSet,
    Strategy,
)
from rules.facts import MAX_INTEGER

HOSTILE = (
    "", "$nex", "$s", "sid", "t", "$and", "true", "1", "0", "null", "nan", '"', "\\", '\\"', "\x00", "a\x00b", "\n\t",
    "{}", "%d", "%s", "é", "e\u0301", "日本語", "🧾", "\u202e", "x" * 255, "x" * 254 + "y", "1e+22", "10",
    "none", "from",
)  # fmt: skip
COUNTRIES = ("IT", "DE", "NL", "US", "CH")
CURRENCIES = ("EUR", "CHF", "JPY")
INTEGERS = (0, 1, 2, 10, 11, 50_000, -1, MAX_INTEGER, -MAX_INTEGER, 2**31, 2**32, 2**53 + 1)
DATES = ("2026-01-01", "2026-06-15", "2026-06-16", "0001-01-01", "9999-12-31")

CATALOGUE = BUILT_IN_CATALOGUE.with_custom(
    (
        Attribute("tier", "Tier", AttributeType.STRING),
        Attribute("points", "Points", AttributeType.INTEGER),
        Attribute("shipping", "Shipping", AttributeType.MONEY),
        Attribute("tags", "Tags", AttributeType.STRING_LIST),
        Attribute("since", "Customer since", AttributeType.DATE),
        Attribute("vip", "VIP", AttributeType.BOOLEAN),
    )
)
ATTRIBUTES = tuple(CATALOGUE)
OFFER = Offer((MethodPlan("card", ProviderPlan(Strategy.ORDERED, (PlannedAccount("north"),))),))
OTHER_OFFER = Offer((MethodPlan("paypal", ProviderPlan(Strategy.ORDERED, (PlannedAccount("south"),))), *OFFER.methods))


def scalars(attribute: Attribute) -> st.SearchStrategy[Any]:
    """A value of the attribute as facts hold it; for a list, one item."""
    match attribute.type:
        case AttributeType.MONEY:
            return st.sampled_from([value for value in INTEGERS if value >= 0]) | st.integers(0, 60_000)
        case AttributeType.INTEGER:
            return st.sampled_from(INTEGERS) | st.integers(-5, 15)
        case AttributeType.BOOLEAN:
            return st.booleans()
        case AttributeType.COUNTRY:
            return st.sampled_from(COUNTRIES)
        case AttributeType.CURRENCY:
            return st.sampled_from(CURRENCIES)
        case AttributeType.DATE:
            return st.sampled_from(DATES) | st.dates().map(date.isoformat)
        case _ if attribute.choices:
            return st.sampled_from(attribute.choices)
        case _:
            return st.sampled_from(HOSTILE) | st.text(max_size=8)


def fact_values(attribute: Attribute) -> st.SearchStrategy[Any]:
    """A value of the attribute."""
    if attribute.type is AttributeType.STRING_LIST:
        return st.lists(scalars(attribute), max_size=4)
    return scalars(attribute)


@st.composite
def facts(draw: st.DrawFn, attributes: tuple[Attribute, ...] = ATTRIBUTES) -> Mapping[str, Any]:
    """Typed facts, about a third of the attributes missing; texts are wilder than `coerce` lets through."""
    raw = {item.key: draw(fact_values(item)) for item in attributes if draw(st.integers(0, 2))}
    return MappingProxyType({key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()})


@st.composite
def conditions(draw: st.DrawFn, attributes: tuple[Attribute, ...] = ATTRIBUTES) -> Condition:
    """A valid condition on one of the attributes."""
    attribute = draw(st.sampled_from(attributes))
    operator = draw(st.sampled_from(attribute.operators))
    value = scalars(attribute)
    if attribute.type is AttributeType.MONEY:
        currency = draw(st.sampled_from(CURRENCIES))
        value = value.map(lambda amount: Money(amount, currency))
    if operator in (Operator.IS_KNOWN, Operator.IS_UNKNOWN):
        return Condition(attribute.key, operator)
    if operator is Operator.BETWEEN:
        ends = draw(st.tuples(value, value))
        ordered = sorted(ends, key=lambda end: end.amount if isinstance(end, Money) else end)
        return Condition(attribute.key, operator, tuple(ordered))
    if operator in (Operator.IN, Operator.NOT_IN, Operator.CONTAINS_ANY, Operator.CONTAINS_NONE):
        return Condition(attribute.key, operator, tuple(draw(st.lists(value, min_size=1, max_size=5))))
    return Condition(attribute.key, operator, draw(value))


def groups(attributes: tuple[Attribute, ...] = ATTRIBUTES, depth: int = 3) -> st.SearchStrategy[Group]:
    """A condition tree, at most that deep, with at most nine groups below the root."""
    leaf = conditions(attributes)
    child = leaf if depth == 1 else st.one_of(leaf, leaf, leaf, groups(attributes, depth - 1))
    width = 3 if depth < 3 else 4
    return st.builds(
        Group, st.sampled_from(GroupKind), st.lists(child, min_size=int(depth < 3), max_size=width).map(tuple)
    )


@st.composite
def rulesets(draw: st.DrawFn, max_rules: int = 8) -> RuleSet:
    """A rule set over a handful of attributes, so that several rules often match at once."""
    few = tuple(draw(st.lists(st.sampled_from(ATTRIBUTES), min_size=1, max_size=5, unique=True)))
    trees = draw(st.lists(groups(few), min_size=1, max_size=max_rules))
    experiments = st.none() | st.builds(Experiment, st.integers(1, 99), st.sampled_from((OFFER, OTHER_OFFER)))
    days = st.none() | st.sampled_from(DATES).map(date.fromisoformat)
    rules = tuple(
        Rule(
            f"rule_{number}", "Rule", tree, OFFER, draw(st.integers(0, 7)) > 0,
            draw(days) if number % 3 == 2 else None, draw(days) if number % 3 == 2 else None,
            draw(experiments) if number % 2 else None,
        )
        for number, tree in enumerate(trees)
    )  # fmt: skip
    trees = draw(st.lists(groups(few, depth=2), max_size=4))
    adjustments = tuple(
        Adjustment(f"adj_{number}", "Adjustment", tree, (HideMethods(("card",)),), draw(st.integers(0, 7)) > 0)
        for number, tree in enumerate(trees)
    )
    return RuleSet(rules, adjustments, OFFER)


@st.composite
def cases(draw: st.DrawFn, sessions: int = 20) -> tuple[RuleSet, list[Mapping[str, Any]]]:
    """A rule set and facts about the attributes it tests and a few others."""
    ruleset = draw(rulesets())
    used = {condition.attribute for owner in (*ruleset.rules, *ruleset.adjustments) for condition in flat(owner.when)}
    tested = tuple(item for item in ATTRIBUTES if item.key in used | {"currency", "date"})
    return ruleset, draw(st.lists(facts(tested), min_size=sessions, max_size=sessions))


def flat(group: Group) -> list[Condition]:
    """Every condition of a tree."""
    return [
        condition for child in group.children for condition in (flat(child) if isinstance(child, Group) else [child])
    ]
