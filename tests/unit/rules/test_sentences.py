"""Rules read as plain sentences."""

from datetime import date

import pytest

from rules import (
    BUILT_IN_CATALOGUE,
    Adjustment,
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
    PutFirst,
    RequireStrongAuthentication,
    RouteMethod,
    Rule,
    ShowNotice,
    Strategy,
    from_json,
    seed_json,
)
from rules.sentences import describe
from rules.spec import ConditionValue

ALL, ANY, NONE = GroupKind
METHODS = {"card": "Card", "paypal": "PayPal"}
ACCOUNTS = {"north": "North", "south": "South"}
OFFER = Offer(
    (
        MethodPlan("card", ProviderPlan(Strategy.ORDERED, (PlannedAccount("north"), PlannedAccount("south")))),
        MethodPlan("paypal", ProviderPlan(Strategy.WEIGHTED, (PlannedAccount("north", 3), PlannedAccount("south", 1)))),
    )
)
OFFERED = "offer Card through North, then South; PayPal through North (75%) or South (25%)"
LATE = Condition("hour", Operator.GREATER_THAN, 20)
ITALY = Condition("country", Operator.EQUALS, "IT")


def sentence(item: Rule | Adjustment | Offer | Group | Condition, locale: str = "en") -> str:
    return describe(item, BUILT_IN_CATALOGUE, METHODS, ACCOUNTS, locale)


def test_a_rule() -> None:
    when = Group(
        ALL,
        (
            Condition("country", Operator.IN, ("IT", "ES")),
            Condition("amount", Operator.GREATER_THAN, Money(50_000, "EUR")),
        ),
    )
    rule = Rule("rule_1", "Shoes", when, OFFER)
    assert sentence(rule) == f"When the country is one of Italy, Spain and the amount is over €500.00, {OFFERED}"
    assert sentence(Rule("rule_1", "Shoes", Group(), OFFER)) == f"Always {OFFERED}"


def test_an_experiment() -> None:
    other = Offer((MethodPlan("paypal", ProviderPlan(Strategy.ORDERED, (PlannedAccount("south"),))),))
    rule = Rule("rule_1", "Shoes", Group(), OFFER, experiment=Experiment(20, other))
    told = f"Always {OFFERED} – or, as an experiment for 20% of the sessions, offer PayPal through South"
    assert sentence(rule) == told
    hostile = Rule("rule_1", "Shoes", Group(), OFFER, experiment=Experiment(10**5_000, Offer()))
    assert sentence(hostile).endswith("for 100% of the sessions, offer nothing")


def test_validity() -> None:
    rule = Rule("rule_1", "Shoes", Group(), OFFER, True, date(2026, 1, 2), date(2026, 2, 3))
    assert sentence(rule) == f"From January 2, 2026 to February 3, 2026, always {OFFERED}"
    assert sentence(rule, "en_GB") == f"From 2 January 2026 to 3 February 2026, always {OFFERED}"
    assert sentence(Rule("rule_1", "Shoes", Group(), OFFER, True, date(2026, 1, 2))).startswith(
        "From January 2, 2026, "
    )


@pytest.mark.parametrize(
    ("attribute", "operator", "value", "words"),
    [
        ("country", Operator.NOT_IN, ("IT", "DE"), "The country is none of Italy, Germany"),
        ("country", Operator.IN, ("IT",), "The country is Italy"),
        ("country", Operator.IS_UNKNOWN, None, "The country is not known"),
        (
            "amount",
            Operator.BETWEEN,
            (Money(100, "EUR"), Money(5_000, "EUR")),
            "The amount is between €1.00 and €50.00",
        ),
        ("amount", Operator.LESS_THAN, Money(5_000, "JPY"), "The amount is under ¥5,000"),
        ("attempts", Operator.GREATER_OR_EQUAL, 2, "The number of failed attempts is at least 2"),
        ("channel", Operator.EQUALS, "in_store", "The sales channel is in store"),
        ("cross_border", Operator.EQUALS, True, "“Cross-border” is yes"),
        ("failed_methods", Operator.CONTAINS_ANY, ("card", "x"), "The methods that failed include any of Card, x"),
        ("failed_accounts", Operator.CONTAINS_NONE, ("north",), "The providers that failed do not include North"),
        ("product_categories", Operator.IS_KNOWN, None, "The product categories are known"),
        ("date", Operator.LESS_OR_EQUAL, "2026-12-24", "The date is December 24, 2026 or earlier"),
    ],
)
def test_conditions(attribute: str, operator: Operator, value: ConditionValue, words: str) -> None:
    assert sentence(Condition(attribute, operator, value)) == words


def test_groups() -> None:
    late, italy = "the hour is more than 20", "the country is Italy"
    assert sentence(Group(ANY, (LATE, ITALY))) == f"{late} or {italy}".capitalize().replace("italy", "Italy")
    assert sentence(Group(ALL, (ITALY, Group(ANY, (LATE, ITALY))))) == f"The country is Italy and ({late} or {italy})"
    assert sentence(Group(NONE, (LATE,))) == f"It is not so that {late}"
    assert sentence(Group(ALL, (ITALY, Group(NONE, (LATE, ITALY))))) == (
        f"The country is Italy and (none of these holds: {late}; {italy})"
    )
    assert sentence(Group()) == "Always"


def test_an_adjustment() -> None:
    actions = (
        HideMethods(("paypal",)),
        PutFirst(("card", "x")),
        RouteMethod("card", ProviderPlan(Strategy.ORDERED, (PlannedAccount("south"),))),
        RequireStrongAuthentication(),
        RequireStrongAuthentication(("card",)),
        ShowNotice({"it": "Ciao", "en": "Hello"}),
    )
    assert sentence(Adjustment("adj_1", "Late", Group(ALL, (LATE,)), actions)) == (
        "When the hour is more than 20, hide PayPal; put Card, x first; send Card through South; "
        "ask for strong authentication; ask for strong authentication for Card; show the notice “Hello”"
    )


def test_what_does_not_belong_is_shown_as_it_is() -> None:
    assert sentence(Condition("colour", Operator.EQUALS, "red")) == "The colour is red"
    assert sentence(Condition("amount", Operator.EQUALS, Money(10**40, "EUR"))) == f"The amount is {10**40} EUR"
    assert len(sentence(Condition("locale", Operator.IN, ("x" * 10_000,) * 400))) < 2_500
    assert sentence(Offer()) == "Offer nothing"


def test_a_language_without_phrases_is_answered_in_english() -> None:
    assert (
        sentence(Rule("rule_1", "Shoes", Group(ALL, (ITALY,)), OFFER), "fr") == f"When the country is Italy, {OFFERED}"
    )


def test_every_rule_of_the_seed_reads() -> None:
    ruleset = from_json(seed_json())
    for item in (*ruleset.rules, *ruleset.adjustments):
        text = sentence(item)
        assert text.startswith("When ")
        assert "{" not in text
