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


def sessions(count: int, seed: int = 2) -> list[Mapping[str, Any]]:
    """That many sessions' facts, each with every attribute, as the API takes them."""
    chooser = random.Random(seed)
    return [
        {
            "amount": chooser.randrange(0, 130_000, 250),
            "currency": "EUR",
            "country": chooser.choice(COUNTRIES),
            "channel": chooser.choice(CHANNELS),
            "customer_type": chooser.choice(("consumer", "business")),
            "device": chooser.choice(DEVICES),
            "product_categories": chooser.sample(CATEGORIES, chooser.randint(1, 2)),
        }
        for _ in range(count)
    ]


def coerced(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """A session's facts in the form the engine takes."""
    return coerce(BUILT_IN_CATALOGUE, raw)
