"""Validation names rule, condition and fix, and keeps every bound the engine needs."""

from dataclasses import replace
from datetime import date

import pytest

from rules import (
    BUILT_IN_CATALOGUE,
    AccountLimits,
    Adjustment,
    Condition,
    Experiment,
    Group,
    GroupKind,
    HideMethods,
    InvalidRuleSet,
    MethodPlan,
    Money,
    Offer,
    Operator,
    PlannedAccount,
    Problem,
    ProviderPlan,
    PutFirst,
    RequireStrongAuthentication,
    RouteMethod,
    Rule,
    RuleSet,
    ShowNotice,
    Strategy,
    seed_json,
)
from rules.limits import MAX_CONDITIONS, MAX_DEPTH, MAX_GROUPS, MAX_RULES, MAX_VALUES
from rules.spec import Action, ConditionValue
from rules.validation import parse, validate

ALL, ANY, NONE = GroupKind
ORDERED, WEIGHTED = Strategy
METHODS = ("card", "paypal")
ACCOUNTS = ("north", "south")
PLAN = ProviderPlan(ORDERED, (PlannedAccount("north"),))
OFFER = Offer((MethodPlan("card", PLAN),))
RULE = Rule("rule_a", "Shoes", Group(), OFFER)
LATE = Condition("hour", Operator.GREATER_THAN, 20)


def check(ruleset: RuleSet) -> tuple[Problem, ...]:
    return validate(ruleset, BUILT_IN_CATALOGUE, METHODS, ACCOUNTS)


def of_rule(**changes: object) -> tuple[Problem, ...]:
    return check(RuleSet((replace(RULE, **changes),), default=OFFER))  # type: ignore[arg-type]  # any field


def of_condition(attribute: str, operator: Operator, value: ConditionValue = None) -> tuple[Problem, ...]:
    return of_rule(when=Group(children=(LATE, Condition(attribute, operator, value))))


def test_the_seed_is_valid() -> None:
    data = seed_json()
    methods = {item["method"] for rule in data["rules"] for item in rule["offer"]["methods"]}
    ruleset = parse(data, BUILT_IN_CATALOGUE, methods | {"sepa_debit"}, ("sandbox_north", "sandbox_south"))
    assert len(ruleset.rules) >= 8
    assert len(ruleset.adjustments) >= 3


def test_a_problem_names_rule_condition_and_fix() -> None:
    (problem,) = of_condition("amount", Operator.GREATER_THAN, 500)
    assert problem.path == "rules[0].when.all[1].value"
    assert problem.rule == "Shoes"
    assert problem.condition == "The amount is over 500"
    assert problem.message == (
        "In the rule “Shoes”, the condition “The amount is over 500”: the value must be an amount with its currency."
    )


@pytest.mark.parametrize(
    ("attribute", "operator", "value", "fix"),
    [
        ("colour", Operator.EQUALS, "red", "there is no attribute “colour”"),
        ("country", Operator.GREATER_THAN, "IT", "“greater than” does not suit “Country”"),
        ("failed_methods", Operator.EQUALS, "card", "does not suit"),
        ("country", Operator.EQUALS, None, "give one value"),
        ("country", Operator.EQUALS, ("IT",), "give one value"),
        ("country", Operator.EQUALS, "Italy", "two-letter country code"),
        ("country", Operator.IN, "IT", "list 1 to 400 values"),
        ("country", Operator.IN, (), "list 1 to 400 values"),
        ("country", Operator.IN, ("IT", 5), "value 2 must be a text"),
        ("locale", Operator.IN, ("x",) * (MAX_VALUES + 1), "list 1 to 400 values"),
        ("country", Operator.IS_KNOWN, "IT", "remove the value"),
        ("hour", Operator.BETWEEN, (5,), "give two values"),
        ("hour", Operator.BETWEEN, (9, 5), "put the lower value first"),
        ("hour", Operator.BETWEEN, (9, "12"), "value 2 must be a whole number"),
        ("hour", Operator.EQUALS, True, "whole number"),
        ("hour", Operator.EQUALS, Money(5, "EUR"), "must not be an amount of money"),
        ("hour", Operator.EQUALS, 2**63, "between"),
        ("date", Operator.BETWEEN, ("2026-02-01", "2026-01-01"), "put the lower value first"),
        ("date", Operator.EQUALS, "1 May", "a date such as"),
        ("amount", Operator.EQUALS, Money(5, ""), "needs the currency"),
        ("amount", Operator.EQUALS, Money(-5, "EUR"), "between 0"),
        ("amount", Operator.BETWEEN, (Money(1, "EUR"), Money(5, "CHF")), "in the same currency"),
        ("amount", Operator.BETWEEN, (Money(5, "EUR"), Money(1, "EUR")), "put the lower value first"),
        ("returning_customer", Operator.EQUALS, "yes", "true or false"),
        ("channel", Operator.EQUALS, "fax", "one of online"),
        ("product_categories", Operator.CONTAINS_ANY, ("cars",), "value 1 must be one of"),
    ],
)
def test_conditions(attribute: str, operator: Operator, value: ConditionValue, fix: str) -> None:
    (problem,) = of_condition(attribute, operator, value)
    assert fix in problem.message
    assert problem.path.startswith("rules[0].when.all[1].")


def test_valid_conditions_of_every_type() -> None:
    conditions = (
        Condition("amount", Operator.BETWEEN, (Money(1, "EUR"), Money(1, "EUR"))),
        Condition("hour", Operator.IN, (1, 2)),
        Condition("country", Operator.NOT_IN, ("IT", "DE")),
        Condition("product_categories", Operator.CONTAINS_NONE, ("digital",)),
        Condition("date", Operator.LESS_OR_EQUAL, "2026-01-31"),
        Condition("returning_customer", Operator.NOT_EQUALS, True),
        Condition("locale", Operator.IN, tuple(f"x{n}" for n in range(MAX_VALUES))),
        Condition("device", Operator.IS_UNKNOWN),
    )
    assert of_rule(when=Group(ANY, conditions)) == ()


def test_trees_keep_to_their_bounds() -> None:
    deep = Group(children=(LATE,))
    for _ in range(MAX_DEPTH - 1):
        deep = Group(NONE, (deep,))
    assert of_rule(when=deep) == ()
    assert "nested 6 deep" in of_rule(when=Group(ALL, (deep,)))[0].message
    assert of_rule(when=Group(ALL, (LATE,) * MAX_CONDITIONS)) == ()
    assert "51 conditions" in of_rule(when=Group(ALL, (LATE,) * (MAX_CONDITIONS + 1)))[0].message
    assert of_rule(when=Group(ALL, (Group(ANY, (LATE,)),) * MAX_GROUPS)) == ()
    assert "13 groups" in of_rule(when=Group(ALL, (Group(ANY, (LATE,)),) * (MAX_GROUPS + 1)))[0].message


def test_empty_groups() -> None:
    assert of_rule(when=Group(ALL)) == ()
    assert "add a condition" in of_rule(when=Group(ANY))[0].message
    assert "add a condition" in of_rule(when=Group(NONE))[0].message
    assert "a group is empty" in of_rule(when=Group(ALL, (LATE, Group(ALL))))[0].message


def test_names_ids_and_dates() -> None:
    assert "give it a name" in of_rule(name=" ")[0].message
    assert "give it a name" in of_rule(name="x" * 121)[0].message
    assert "give it a name" in of_rule(name="a\x00b")[0].message
    assert "give it an id" in of_rule(id="rule 1")[0].message
    assert "give it an id" in of_rule(id="")[0].message
    twice = check(RuleSet((RULE, RULE), default=OFFER))
    assert [problem.path for problem in twice] == ["rules[1].id"]
    shared = check(RuleSet((RULE,), (Adjustment("rule_a", "Same", Group(), (HideMethods(("card",)),)),), OFFER))
    assert [problem.path for problem in shared] == ["adjustments[0].id"]
    assert of_rule(valid_from=date(2026, 1, 1), valid_until=date(2026, 1, 1)) == ()
    assert "last day" in of_rule(valid_from=date(2026, 1, 2), valid_until=date(2026, 1, 1))[0].message


@pytest.mark.parametrize(
    ("offer", "fix"),
    [
        (Offer(), "offer 1 to 40 payment methods"),
        (Offer((MethodPlan("card", PLAN), MethodPlan("card", PLAN))), "card is named twice"),
        (Offer((MethodPlan("cheque", PLAN),)), "there is no payment method “cheque”"),
        (Offer((MethodPlan("card", ProviderPlan(ORDERED, ())),)), "name 1 to 20 providers"),
        (Offer((MethodPlan("card", ProviderPlan(ORDERED, (PlannedAccount("east"),))),)), "no provider “east”"),
        (Offer((MethodPlan("card", ProviderPlan(ORDERED, (PlannedAccount("north", 5),))),)), "remove its share"),
        (Offer((MethodPlan("card", ProviderPlan(WEIGHTED, (PlannedAccount("north"),))),)), "(weight) from 1"),
        (Offer((MethodPlan("card", ProviderPlan(WEIGHTED, (PlannedAccount("north", 0),))),)), "(weight) from 1"),
        (Offer((MethodPlan("card", ProviderPlan(WEIGHTED, (PlannedAccount("north", -1),))),)), "(weight) from 1"),
    ],
)
def test_offers(offer: Offer, fix: str) -> None:
    (of_a_rule,) = of_rule(offer=offer)
    assert fix in of_a_rule.message
    assert of_a_rule.path.startswith("rules[0].offer.methods")
    (of_default,) = check(RuleSet((), (), offer))
    assert of_default.message.startswith("In the default offer: ")


@pytest.mark.parametrize(
    ("action", "fix"),
    [
        (HideMethods(()), "name 1 to 40"),
        (HideMethods(("cheque",)), "no payment method"),
        (PutFirst(("card", "card")), "twice"),
        (RouteMethod("cheque", PLAN), "no payment method"),
        (RouteMethod("card", ProviderPlan(ORDERED, (PlannedAccount("east"),))), "no provider"),
        (RequireStrongAuthentication(("cheque",)), "no payment method"),
        (ShowNotice({}), "at least one language"),
        (ShowNotice({"english": "Hello"}), "by its code"),
        (ShowNotice({"en": " "}), "1 to 500 characters"),
        (ShowNotice({"en": "x" * 501}), "1 to 500 characters"),
    ],
)
def test_actions(action: Action, fix: str) -> None:
    (problem,) = check(RuleSet((), (Adjustment("adj_a", "Sale", Group(), (action,)),), OFFER))
    assert fix in problem.message
    assert problem.message.startswith("In the adjustment “Sale”: ")


def test_adjustments_do_something() -> None:
    (problem,) = check(RuleSet((), (Adjustment("adj_a", "Sale", Group(), ()),), OFFER))
    assert "give it 1 to 20 actions" in problem.message


def test_many_rules_and_many_problems() -> None:
    rules = tuple(replace(RULE, id=f"rule_{n}") for n in range(MAX_RULES + 1))
    assert check(RuleSet(rules[:-1], (), OFFER)) == ()
    assert [problem.path for problem in check(RuleSet(rules, (), OFFER))] == ["rules"]
    assert len(check(RuleSet(tuple(replace(rule, name="") for rule in rules[:-1]), (), OFFER))) == 50


def test_parse_raises_what_validate_finds() -> None:
    data = seed_json()
    with pytest.raises(InvalidRuleSet) as caught:
        parse(data, BUILT_IN_CATALOGUE, ("card",), ("sandbox_north", "sandbox_south"))
    assert "there is no payment method “paypal”" in caught.value.problems[0].message


@pytest.mark.parametrize("share", [0, 100, -1, 10**9, 10**40])
def test_a_share_is_1_to_99_percent(share: int) -> None:
    (problem,) = of_rule(experiment=Experiment(share, OFFER))
    assert problem.path == "rules[0].experiment.share"
    assert problem.message == "In the rule “Shoes”: let offer B have 1 to 99 percent of its sessions."


def test_the_other_offer_of_an_experiment_is_checked_as_the_rule_s_own() -> None:
    assert of_rule(experiment=Experiment(1, OFFER)) == of_rule(experiment=Experiment(99, OFFER)) == ()
    (problem,) = of_rule(experiment=Experiment(50, Offer((MethodPlan("cash", PLAN),))))
    assert problem.path == "rules[0].experiment.offer.methods[0].method"
    assert problem.message == (
        "In the rule “Shoes”, in offer B of the experiment: there is no payment method “cash”; choose another."
    )


def test_methods_and_accounts_are_called_as_people_call_them() -> None:
    plan = ProviderPlan(WEIGHTED, (PlannedAccount("north"), PlannedAccount("south", 1), PlannedAccount("south", 1)))
    rule = replace(RULE, offer=Offer((MethodPlan("card", plan),)))
    accounts = {"north": AccountLimits("north", "Nordic"), "south": AccountLimits("south")}
    twice, share = validate(RuleSet((rule,), (), OFFER), BUILT_IN_CATALOGUE, {"card": "Bank card"}, accounts)
    assert "for Bank card, south is named twice" in twice.message
    assert "In the rule “Shoes”: for Bank card, give Nordic a share (weight) from 1 to" in share.message
