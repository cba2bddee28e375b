"""Decisions: offers, adjustments that only narrow, sticky weights, eligibility, and a reason for each method."""

import json
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import (
    AccountLimits,
    Adjustment,
    Decision,
    Facts,
    Group,
    HideMethods,
    Match,
    MethodLimits,
    MethodPlan,
    Offer,
    OfferedMethod,
    PlannedAccount,
    ProviderPlan,
    PutFirst,
    RequireStrongAuthentication,
    RouteMethod,
    Rule,
    RuleSet,
    ShowNotice,
    Strategy,
    Withheld,
)
from rules.arms import offer_of
from rules.decide import account_order, decide
from rules.eligibility import ineligible
from rules.explain import evaluate
from rules.spec import Action
from tests.unit.rules.strategies import cases

METHODS = ("card", "paypal", "invoice", "ideal")
FACTS: Facts = {"amount": 5_000, "currency": "EUR", "country": "IT", "flow": "direct"}
ACCOUNTS = {name: AccountLimits(name, methods=dict.fromkeys(METHODS, MethodLimits())) for name in ("north", "south")}


def ordered(*accounts: str) -> ProviderPlan:
    return ProviderPlan(Strategy.ORDERED, tuple(PlannedAccount(account) for account in accounts))


OFFER = Offer(
    (
        MethodPlan("card", ordered("north", "south")),
        MethodPlan("paypal", ordered("north")),
        MethodPlan("invoice", ordered("south")),
    )
)


def ruleset(*actions: Action) -> RuleSet:
    adjustments = tuple(
        Adjustment(f"adj_{number}", f"Adjustment {number}", Group(), (action,)) for number, action in enumerate(actions)
    )
    return RuleSet((Rule("rule_1", "Shoes", Group(), OFFER),), adjustments, Offer(OFFER.methods[:1]))


def decided(*actions: Action, accounts: dict[str, AccountLimits] | None = None, facts: Facts = FACTS) -> Decision:
    rules = ruleset(*actions)
    return decide(7, rules, evaluate(rules, facts), facts, accounts or ACCOUNTS, "cs_1", METHODS)


def offered(decision: Decision) -> list[str]:
    return [item.method for item in decision.offered]


def test_the_offer_of_the_rule_in_order() -> None:
    decision = decided()
    assert (decision.version, decision.rule_id, decision.rule_name) == (7, "rule_1", "Shoes")
    assert decision.offered == (
        OfferedMethod("card", ("north", "south")),
        OfferedMethod("paypal", ("north",)),
        OfferedMethod("invoice", ("south",)),
    )
    assert decision.withheld == (Withheld("ideal", None, "not_in_offer", "Not in the rule “Shoes”."),)
    assert decision.offers("paypal") == OfferedMethod("paypal", ("north",))
    assert decision.offers("ideal") is None


def test_the_default_offer() -> None:
    decision = decide(1, ruleset(), Match(None), FACTS, ACCOUNTS, "cs_1", METHODS)
    assert (decision.rule_id, decision.rule_name, offered(decision)) == (None, "Default offer", ["card"])
    assert {item.reason for item in decision.withheld} == {"Not in the default offer."}


def test_ids_of_another_rule_set_are_an_error() -> None:
    with pytest.raises(KeyError):
        decide(1, ruleset(), Match("rule_9"), FACTS, ACCOUNTS, "cs_1", METHODS)


def test_hiding() -> None:
    decision = decided(HideMethods(("paypal", "ideal")))
    assert offered(decision) == ["card", "invoice"]
    reasons = {item.method: (item.code, item.reason) for item in decision.withheld}
    assert reasons["paypal"] == ("hidden", "Hidden by the adjustment “Adjustment 0”.")
    assert reasons["ideal"][0] == "not_in_offer"
    assert decision.adjustments == (("adj_0", "Adjustment 0"),)


def test_putting_first_keeps_the_rest_in_order_and_adds_nothing() -> None:
    assert offered(decided(PutFirst(("invoice", "ideal", "paypal")))) == ["invoice", "paypal", "card"]


def test_adjustments_apply_in_order() -> None:
    assert offered(decided(PutFirst(("paypal",)), PutFirst(("invoice",)))) == ["invoice", "paypal", "card"]
    assert offered(decided(HideMethods(("invoice",)), PutFirst(("invoice",)))) == ["card", "paypal"]


def test_rerouting_changes_only_what_is_offered() -> None:
    decision = decided(RouteMethod("card", ordered("south")), RouteMethod("ideal", ordered("south")))
    assert decision.offers("card") == OfferedMethod("card", ("south",))
    assert decision.offers("ideal") is None


def test_strong_authentication() -> None:
    assert decided(RequireStrongAuthentication()).strong_authentication == ("card", "paypal", "invoice")
    assert decided(RequireStrongAuthentication(("card", "ideal"))).strong_authentication == ("card",)
    assert decided().strong_authentication == ()


def test_notices() -> None:
    assert decided(ShowNotice({"en": "Hello"}), ShowNotice({"en": "Bye"})).notices == ({"en": "Hello"}, {"en": "Bye"})


def test_an_account_that_cannot_carry_a_method_falls_out_with_its_reason() -> None:
    off = ACCOUNTS | {"north": replace(ACCOUNTS["north"], enabled=False)}
    decision = decided(accounts=off)
    assert decision.offered == (OfferedMethod("card", ("south",)), OfferedMethod("invoice", ("south",)))
    assert Withheld("paypal", "north", "account_off", "north is switched off.") in decision.withheld
    assert Withheld("card", "north", "account_off", "north is switched off.") in decision.withheld
    missing = {"south": ACCOUNTS["south"]}
    assert Withheld("paypal", "north", "account_unknown", "north is not set up.") in decided(accounts=missing).withheld


@pytest.mark.parametrize(
    ("limits", "facts", "code", "reason"),
    [
        (MethodLimits(frozenset({"EUR"})), {"currency": "CHF"}, "currency", "does not support CHF"),
        (MethodLimits(frozenset({"EUR"})), {}, "currency", "does not support an unknown currency"),
        (MethodLimits(countries=frozenset({"IT"})), {"country": "DE"}, "country", "is not available in DE"),
        (MethodLimits(countries=frozenset({"IT"})), {}, "country", "is not available in an unknown country"),
        (
            MethodLimits(flows=frozenset({"direct"})),
            {"flow": "subscription"},
            "flow",
            "is not available for subscriptions",
        ),
        (MethodLimits(min_amount={"EUR": 100}), {"amount": 99}, "amount_low", "starts at 1.00 EUR"),
        (MethodLimits(max_amount={"EUR": 100_000}), {"amount": 100_001}, "amount_high", "ends at 1,000.00 EUR"),
        (
            MethodLimits(max_amount={"JPY": 1_000}),
            {"amount": 1_001, "currency": "JPY"},
            "amount_high",
            "ends at 1,000 JPY",
        ),
    ],
)
def test_limits(limits: MethodLimits, facts: Facts, code: str, reason: str) -> None:
    account = AccountLimits("north", methods={"card": limits})
    session = ({"currency": "EUR"} if "amount" in facts and "currency" not in facts else {}) | dict(facts)
    why = ineligible("card", account, session)
    assert why is not None
    assert (why.code, why.reason) == (code, reason)


def test_limits_include_their_ends_and_leave_other_currencies_alone() -> None:
    limits = MethodLimits(min_amount={"EUR": 100}, max_amount={"EUR": 200})
    account = AccountLimits("north", methods={"card": limits})
    for amount, currency in ((100, "EUR"), (200, "EUR"), (1, "CHF"), (10**9, "CHF")):
        assert ineligible("card", account, {"amount": amount, "currency": currency}) is None


def test_states_of_an_account_come_first() -> None:
    account = AccountLimits("north", in_outage=True)
    codes = [ineligible("card", each, FACTS) for each in (account, replace(account, enabled=False))]
    assert [why and why.code for why in codes] == ["account_outage", "account_off"]
    assert ineligible("card", AccountLimits("north"), FACTS) is not None


def test_a_method_switched_off_for_an_account_has_a_reason_of_its_own() -> None:
    account = AccountLimits("north", methods={"card": MethodLimits()}, methods_off=frozenset({"card", "ideal"}))
    why = ineligible("card", account, FACTS)
    assert why is not None
    assert (why.code, why.reason) == ("method_off", "has this method switched off")
    assert (ineligible("ideal", account, FACTS) or why).code == "method_unsupported"
    assert ineligible("card", replace(account, methods_off=frozenset({"paypal"})), FACTS) is None


@settings(max_examples=60, deadline=None)
@given(cases(sessions=3), st.sets(st.tuples(st.sampled_from(tuple(ACCOUNTS)), st.sampled_from(METHODS))))
def test_what_is_off_is_never_offered(case: tuple[RuleSet, list[Facts]], off: set[tuple[str, str]]) -> None:
    rules, sessions = case
    switched = {
        name: replace(account, methods_off=frozenset(method for named, method in off if named == name))
        for name, account in ACCOUNTS.items()
    }
    for facts in sessions:
        match = evaluate(rules, facts)
        before, after = (decide(1, rules, match, facts, each, "cs_1", METHODS) for each in (ACCOUNTS, switched))
        pairs = [
            {(account, item.method) for item in each.offered for account in item.accounts} for each in (before, after)
        ]
        assert pairs[1] == pairs[0] - off
        told = {(item.account, item.method) for item in after.withheld if item.code == "method_off"}
        assert told == pairs[0] & off

def test_weights_are_sticky_and_split_as_asked() -> None:
    plan = ProviderPlan(Strategy.WEIGHTED, (PlannedAccount("north", 70), PlannedAccount("south", 30)))
    firsts = Counter(account_order(plan, f"cs_{n}", "card")[0] for n in range(10_000))
    assert 6_800 < firsts["north"] < 7_200
    assert account_order(plan, "cs_1", "card") == account_order(plan, "cs_1", "card")
    assert {frozenset(account_order(plan, f"cs_{n}", "card")) for n in range(50)} == {frozenset(("north", "south"))}
    third = ProviderPlan(Strategy.WEIGHTED, (*plan.accounts, PlannedAccount("east", 1)))
    orders = {account_order(third, f"cs_{n}", "card") for n in range(2_000)}
    assert orders == {("north", "south", "east"), ("south", "north", "east"), ("east", "north", "south")}


def test_json_round_trip() -> None:
    decision = decided(
        HideMethods(("paypal",)), RequireStrongAuthentication(), ShowNotice({"en": "Hello", "it": "Ciao"})
    )
    assert Decision.from_json(json.loads(json.dumps(decision.to_json()))) == decision


@settings(max_examples=60, deadline=None)
@given(cases(sessions=3))
def test_nothing_disappears_silently_and_nothing_is_added(case: tuple[RuleSet, list[Facts]]) -> None:
    rules, sessions = case
    for facts in sessions:
        match = evaluate(rules, facts)
        decision = decide(1, rules, match, facts, ACCOUNTS, "cs_1", METHODS)
        rule = None if match.rule_id is None else rules.rules_by_id[match.rule_id]
        offer = rules.default if rule is None else offer_of(rule, decision.arm)
        assert (decision.arm is None) is (rule is None or rule.experiment is None)
        assert Decision.from_json(decision.to_json()) == decision
        assert set(offered(decision)) <= {item.method for item in offer.methods}
        assert set(offered(decision)) | {item.method for item in decision.withheld} == set(METHODS)
