"""The benchmark's rules and sessions: six typed attributes a rule, the same for every engine."""

import random
from collections.abc import Mapping
from typing import Any

from rules import (
    BUILT_IN_CATALOGUE,
    Condition,
    Group,
    MethodPlan,
    Money,
    Offer,
    Operator,
    PlannedAccount,
    ProviderPlan,
    Rule,
    RuleSet,
    Strategy,
    coerce,
)

COUNTRIES = ("AT", "BE", "CH", "CZ", "DE", "DK", "ES", "FI", "FR", "GB", "GR", "IE", "IT", "NL", "NO", "PL", "PT", "SE")
CHANNELS = ("online", "in_store", "phone", "app")
CATEGORIES = ("physical", "digital", "services", "gift_cards", "travel")
DEVICES = ("desktop", "mobile", "tablet")
METHODS = ("card", "paypal", "bank_transfer", "klarna")
OFFER = Offer(
    tuple(
        MethodPlan(method, ProviderPlan(Strategy.ORDERED, (PlannedAccount("north"), PlannedAccount("south"))))
        for method in METHODS
    )
)


def ruleset(count: int, seed: int = 1) -> RuleSet:
    """That many rules: a few countries, a channel, a device, a customer type, categories and a span of amounts."""
    chooser = random.Random(seed)
    return RuleSet(tuple(_rule(chooser, number) for number in range(count)), (), OFFER)


def _rule(chooser: random.Random, number: int) -> Rule:
    low = chooser.randrange(0, 90_000, 500)
    high = low + chooser.randrange(500, 40_000, 500)
    return Rule(
        f"rule_{number}",
        f"Rule {number}",
        Group(
            children=(
                Condition("country", Operator.IN, tuple(sorted(chooser.sample(COUNTRIES, chooser.randint(1, 5))))),
                Condition("channel", Operator.EQUALS, chooser.choice(CHANNELS)),
                Condition("customer_type", Operator.EQUALS, chooser.choice(("consumer", "business"))),
                Condition("device", Operator.NOT_EQUALS, chooser.choice(DEVICES)),
                Condition("product_categories", Operator.CONTAINS_ANY, tuple(sorted(chooser.sample(CATEGORIES, 2)))),
                Condition("amount", Operator.BETWEEN, (Money(low, "EUR"), Money(high, "EUR"))),
            )
        ),
        OFFER,
    )


def sessions(rules: RuleSet, count: int, seed: int = 2) -> list[dict[str, Any]]:
    """That many sessions' facts, as the API takes them: four in five meet a rule of the set, any of them as likely."""
    chooser = random.Random(seed)
    return [
        _anyone(chooser) | (_meeting(chooser.choice(rules.rules), chooser) if chooser.random() < 0.8 else {})
        for _ in range(count)
    ]


def _anyone(chooser: random.Random) -> dict[str, Any]:
    return {
        "amount": chooser.randrange(0, 130_000, 250),
        "currency": "EUR",
        "country": chooser.choice(COUNTRIES),
        "channel": chooser.choice(CHANNELS),
        "customer_type": chooser.choice(("consumer", "business")),
        "device": chooser.choice(DEVICES),
        "product_categories": chooser.sample(CATEGORIES, chooser.randint(1, 2)),
    }


def _meeting(rule: Rule, chooser: random.Random) -> dict[str, Any]:
    wanted = values(rule)
    low, high = wanted["amount"]
    return {
        "amount": chooser.randint(low.amount, high.amount),
        "country": chooser.choice(wanted["country"]),
        "channel": wanted["channel"],
        "customer_type": wanted["customer_type"],
        "device": chooser.choice([device for device in DEVICES if device != wanted["device"]]),
        "product_categories": [chooser.choice(wanted["product_categories"])],
    }


def values(rule: Rule) -> dict[str, Any]:
    """The values of a benchmark rule by attribute."""
    return {child.attribute: child.value for child in rule.when.children if not isinstance(child, Group)}


def coerced(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """A session's facts in the form the engine takes."""
    return coerce(BUILT_IN_CATALOGUE, raw)
