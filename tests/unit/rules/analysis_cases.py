"""Small random rule sets, every session they can tell apart, and what a plain walk over those says of each rule."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import combinations, product
from random import Random
from typing import Any

from rules import (
    AccountLimits,
    Attribute,
    AttributeType,
    Catalogue,
    Condition,
    Experiment,
    Group,
    GroupKind,
    MethodLimits,
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
from rules.eligibility import ineligible
from rules.explain import rule_matches
from rules.facts import MAX_INTEGER

TYPE = AttributeType
TAGS = ("books", "wine", "gifts")
CATALOGUE = Catalogue(
    (
        Attribute("amount", "Amount", TYPE.MONEY, derived=True),
        Attribute("currency", "Currency", TYPE.CURRENCY, derived=True),
        Attribute("date", "Date", TYPE.DATE, derived=True),
        Attribute("country", "Country", TYPE.COUNTRY),
        Attribute("flow", "Flow", TYPE.STRING, ("direct", "subscription"), derived=True),
        Attribute("size", "Size", TYPE.STRING, ("small", "large")),
        Attribute("tier", "Tier", TYPE.STRING),
        Attribute("points", "Points", TYPE.INTEGER),
        Attribute("hour", "Hour", TYPE.INTEGER, minimum=0, maximum=23),
        Attribute("spent", "Spent", TYPE.INTEGER, minimum=0),
        Attribute("vip", "VIP", TYPE.BOOLEAN),
        Attribute("tags", "Tags", TYPE.STRING_LIST, TAGS),
        Attribute("words", "Words", TYPE.STRING_LIST),
        Attribute("shipping", "Shipping", TYPE.MONEY),
    )
)
METHODS = {"card": "Card", "klarna": "Klarna"}
ACCOUNTS = {
    "north": AccountLimits("north", "North", methods={"card": MethodLimits(), "klarna": MethodLimits()}),
    "south": AccountLimits("south", "South", methods={"card": MethodLimits()}),
}

# What conditions name, and every session that they can tell apart: each value, its neighbours, another one, none.
CONSTANTS: dict[str, tuple[Any, ...]] = {
    "amount": (Money(0, "EUR"), Money(10, "EUR"), Money(11, "EUR"), Money(30, "EUR"), Money(10, "CHF")),
    "shipping": (Money(5, "EUR"), Money(MAX_INTEGER, "CHF")),
    "currency": ("EUR", "CHF", "JPY"),
    "date": ("2026-03-01", "2026-03-02", "9999-12-31"),
    "country": ("IT", "DE", "FR"),
    "flow": ("direct", "subscription"),
    "size": ("small", "large"),
    "tier": ("gold", "iron"),
    "points": (1, 2, 5, MAX_INTEGER),
    "hour": (-1, 0, 9, 22, 23, 24),
    "spent": (-1, 0, MAX_INTEGER),
    "vip": (True, False),
    "tags": TAGS,
    "words": ("a", "b"),
}
OTHERS = {"currency": "USD", "country": "US", "tier": "other"}


def values(attribute: Attribute) -> list[Any]:
    """A value for each class that the constants cut, and None for missing."""
    constants = CONSTANTS[attribute.key]
    match attribute.type:
        case TYPE.MONEY:
            near = {money.amount + step for money in constants for step in (-1, 0, 1)} | {0, MAX_INTEGER}
            return [None, *sorted(amount for amount in near if 0 <= amount <= MAX_INTEGER)]
        case TYPE.INTEGER:
            lowest = -MAX_INTEGER if attribute.minimum is None else attribute.minimum
            highest = MAX_INTEGER if attribute.maximum is None else attribute.maximum
            near = {value + step for value in constants for step in (-1, 0, 1)} | {lowest, highest}
            return [None, *sorted(value for value in near if lowest <= value <= highest)]
        case TYPE.DATE:
            return [None, "0001-01-01", *sorted({day for text in constants for day in _around(text)})]
        case TYPE.STRING_LIST:
            items = (*constants, "other") if attribute.choices is None else constants
            return [None, *(some for length in range(len(items) + 1) for some in combinations(items, length))]
    return [None, *constants, *([OTHERS[attribute.key]] if attribute.key in OTHERS else [])]


def _around(text: str) -> Iterator[str]:
    day = date.fromisoformat(text)
    yield text
    if day > date.min:
        yield (day - timedelta(1)).isoformat()
    if day < date.max:
        yield (day + timedelta(1)).isoformat()


def sessions(keys: set[str]) -> list[Mapping[str, Any]]:
    """Every session over these attributes that the constants can tell apart."""
    attributes = [attribute for attribute in CATALOGUE if attribute.key in keys]
    return [
        {attribute.key: value for attribute, value in zip(attributes, chosen, strict=True) if value is not None}
        for chosen in product(*map(values, attributes))
    ]


def offer(*pairs: tuple[str, str]) -> Offer:
    """An offer of methods, each through one account."""
    return Offer(
        tuple(
            MethodPlan(method, ProviderPlan(Strategy.ORDERED, (PlannedAccount(account),))) for method, account in pairs
        )
    )


OFFERS = (offer(("card", "north")), offer(("card", "south")), offer(("klarna", "north"), ("card", "south")))


def random_condition(random: Random, keys: list[str]) -> Condition:
    """A valid condition on one of the attributes."""
    attribute = CATALOGUE.get(random.choice(keys))
    assert attribute is not None
    operator, constants = random.choice(attribute.operators), CONSTANTS[attribute.key]
    if operator in (Operator.IS_KNOWN, Operator.IS_UNKNOWN):
        return Condition(attribute.key, operator)
    if operator is Operator.BETWEEN:
        first = random.choice(constants)
        same = [one for one in constants if not isinstance(first, Money) or one.currency == first.currency]
        ends = sorted((first, random.choice(same)), key=lambda end: end.amount if isinstance(end, Money) else end)
        return Condition(attribute.key, operator, tuple(ends))
    if operator in (Operator.IN, Operator.NOT_IN, Operator.CONTAINS_ANY, Operator.CONTAINS_NONE):
        return Condition(attribute.key, operator, tuple(random.sample(constants, random.randint(1, 2))))
    return Condition(attribute.key, operator, random.choice(constants))


def random_group(random: Random, keys: list[str], depth: int = 1) -> Group:
    """A condition tree of two or three levels."""
    children: list[Condition | Group] = []
    for _ in range(random.randint(1, 3)):
        deeper = depth < 3 and random.random() < 0.25
        children.append(random_group(random, keys, depth + 1) if deeper else random_condition(random, keys))
    kinds = (GroupKind.ALL, GroupKind.ALL, GroupKind.ANY, GroupKind.NONE)
    return Group(random.choice(kinds), tuple(children))


def random_ruleset(random: Random, among: list[str] | None = None, dated: bool = True) -> tuple[RuleSet, set[str]]:
    """A few rules over one to three attributes, and the attributes that decide which match."""
    keys = random.sample(among or [attribute.key for attribute in CATALOGUE], random.randint(1, 3))
    if {"amount", "shipping"} <= set(keys):
        keys = ["amount", "shipping"]  # with the currency, enough to walk over
    days = map(date.fromisoformat, CONSTANTS["date"])
    dates = [None, None, None, *days] if dated and len(keys) < 3 else [None]
    rules = tuple(
        Rule(
            f"rule_{number}",
            f"Rule {number}",
            random_group(random, keys),
            random.choice(OFFERS),
            random.random() > 0.1,
            random.choice(dates),
            random.choice(dates),
            Experiment(random.randint(1, 99), random.choice(OFFERS)) if random.random() < 0.3 else None,
        )
        for number in range(random.randint(1, 5))
    )
    used = set(keys) | ({"currency"} if {"amount", "shipping"} & set(keys) else set())
    if any(rule.valid_from or rule.valid_until for rule in rules):
        used.add("date")
    return RuleSet(rules, (), OFFERS[0]), used


def walk(ruleset: RuleSet, facts: list[Mapping[str, Any]]) -> tuple[set[str], set[str]]:
    """The enabled rules that match nowhere, and those that match somewhere and decide nowhere."""
    enabled = [rule for rule in ruleset.rules if rule.enabled]
    matched: set[str] = set()
    decided: set[str] = set()
    for session in facts:
        hits = [rule.id for rule in enabled if rule_matches(rule, session)]
        matched.update(hits)
        decided.update(hits[:1])
    everyone = {rule.id for rule in enabled}
    return everyone - matched, matched - decided


def carried(rule: Rule, facts: list[Mapping[str, Any]], accounts: Mapping[str, AccountLimits]) -> bool:
    """Whether, in each arm of its experiment, some session that the rule matches is offered something."""
    matched = [session for session in facts if rule_matches(rule, session)]
    return all(
        any(
            ineligible(item.method, accounts[planned.account], session) is None
            for session in matched
            for item in each.methods
            for planned in item.plan.accounts
        )
        for each in (rule.offer, *([rule.experiment.offer] if rule.experiment else []))
    )
