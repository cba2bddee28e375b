"""What the analysis says of rule sets, kind by kind, in sentences that name the rules and the fix."""

from dataclasses import replace
from datetime import date
from itertools import product

import pytest

from rules import (
    BUILT_IN_CATALOGUE,
    AccountLimits,
    Adjustment,
    Condition,
    Group,
    GroupKind,
    HideMethods,
    MethodLimits,
    MethodPlan,
    Money,
    Offer,
    PlannedAccount,
    ProviderPlan,
    RouteMethod,
    RuleSet,
    Severity,
    Strategy,
    analyse,
    from_json,
    seed_json,
)
from tests.unit.rules.analysis_cases import ACCOUNTS, METHODS, offer
from tests.unit.rules.analysis_rules import CATALOGUE, NORTH, OP, SOUTH, findings, is_, kinds, rule

EVERY_WEEKDAY = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

CONTRADICTIONS = {
    "two countries": (is_("country", OP.EQUALS, "IT"), is_("country", OP.EQUALS, "DE")),
    "in and not in": (is_("country", OP.IN, ("IT", "DE")), is_("country", OP.NOT_IN, ("DE", "IT", "FR"))),
    "an empty range": (is_("amount", OP.GREATER_THAN, 500), is_("amount", OP.LESS_OR_EQUAL, 500)),
    "no whole number between": (is_("attempts", OP.GREATER_THAN, 1), is_("attempts", OP.LESS_THAN, 2)),
    "below nothing": (is_("amount", OP.LESS_THAN, 0),),
    "an hour of no day": (is_("hour", OP.GREATER_THAN, 23),),
    "less than no attempt": (is_("attempts", OP.LESS_THAN, 0),),
    "after the last hour": (is_("hour", OP.NOT_EQUALS, 23), is_("hour", OP.GREATER_OR_EQUAL, 23)),
    "two currencies": (is_("amount", OP.GREATER_THAN, 5), is_("amount", OP.LESS_THAN, Money(9, "CHF"))),
    "an amount and a currency": (is_("amount", OP.GREATER_THAN, 5), is_("currency", OP.EQUALS, "CHF")),
    "an amount without a currency": (is_("amount", OP.GREATER_THAN, 5), is_("currency", OP.IS_UNKNOWN)),
    "choices exhausted": (is_("weekday", OP.NOT_IN, EVERY_WEEKDAY), is_("weekday", OP.IS_KNOWN)),
    "neither yes nor no": tuple(
        is_("returning_customer", operator, value)
        for operator, value in ((OP.IS_KNOWN, None), (OP.NOT_EQUALS, True), (OP.NOT_EQUALS, False))
    ),
    "unknown and tested": (is_("device", OP.IS_UNKNOWN), is_("device", OP.EQUALS, "mobile")),
    "a list with and without": (
        is_("failed_methods", OP.CONTAINS_ANY, ("card", "klarna")),
        is_("failed_methods", OP.CONTAINS_NONE, ("klarna", "card", "ideal")),
    ),
    "days apart": (is_("date", OP.LESS_THAN, "2026-01-01"), is_("date", OP.EQUALS, "2026-01-01")),
    "inside none": (is_("tier", OP.EQUALS, "gold"), Group(GroupKind.NONE, (is_("tier", OP.IN, ("gold", "iron")),))),
    "every way closed": (
        Group(GroupKind.ANY, (is_("tier", OP.EQUALS, "gold"), is_("attempts", OP.GREATER_THAN, 3))),
        is_("tier", OP.IS_UNKNOWN),
        is_("attempts", OP.BETWEEN, (0, 3)),
    ),
}


@pytest.mark.parametrize("tests", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_contradictions_never_match(tests: tuple[Condition | Group, ...]) -> None:
    [finding] = findings(rule("Odd", is_("channel", OP.EQUALS, "online"), *tests))
    assert (finding.kind, finding.severity, finding.rule_id) == ("never_matches", Severity.ERROR, "odd")
    assert finding.message.startswith("The rule “Odd” can never match: ")
    assert finding.message.endswith("."), finding.message
    assert "channel" not in finding.message, "it names a condition that is not at fault"
    for left_out in range(len(tests)):
        some = (*tests[:left_out], *tests[left_out + 1 :])
        assert findings(rule("Odd", *some)) == [], "each of the named conditions is needed for the contradiction"


def test_a_contradiction_is_told_in_words() -> None:
    [finding] = findings(rule("Odd", *CONTRADICTIONS["two countries"]))
    assert finding.message == (
        "The rule “Odd” can never match: “The country is Italy” and “The country is Germany” cannot hold together. "
        "Change or remove one of them."
    )


def test_what_only_looks_like_a_contradiction_is_not_reported() -> None:
    for tests in (
        (is_("country", OP.NOT_EQUALS, "IT"), is_("country", OP.IS_UNKNOWN)),
        (is_("amount", OP.NOT_EQUALS, 5), is_("currency", OP.EQUALS, "CHF")),
        (is_("weekday", OP.NOT_IN, EVERY_WEEKDAY),),
        (is_("tier", OP.NOT_IN, ("gold", "iron")), is_("tier", OP.IS_KNOWN)),
        (is_("failed_methods", OP.CONTAINS_ANY, ("a", "b")), is_("failed_methods", OP.CONTAINS_NONE, ("b", "c"))),
        (is_("attempts", OP.GREATER_THAN, 1), is_("attempts", OP.LESS_THAN, 3)),
    ):
        assert findings(rule("Fine", *tests)) == []


def test_days_of_validity_count_as_conditions() -> None:
    first, last = date(2026, 3, 1), date(2026, 3, 31)
    [finding] = findings(rule("Sale", valid_from=last, valid_until=first))
    assert finding.message == (
        "The rule “Sale” can never match: its last day comes before its first day. Correct one of the two."
    )
    over = rule("Sale", is_("date", OP.GREATER_THAN, "2026-03-31"), valid_from=first, valid_until=last)
    assert kinds(findings(over)) == [("never_matches", "sale")]


def test_an_adjustment_can_never_match_either() -> None:
    never = Adjustment(
        "adj", "Never", Group(GroupKind.ALL, CONTRADICTIONS["two currencies"]), (HideMethods(("card",)),)
    )
    [finding] = findings(adjustments=(never,))
    assert finding.message.startswith("The adjustment “Never” can never match: ")


def test_a_rule_behind_a_wider_one_never_decides() -> None:
    wide = rule("Italians", is_("country", OP.EQUALS, "IT"))
    narrow = rule("Rich Italians", is_("country", OP.EQUALS, "IT"), is_("amount", OP.GREATER_THAN, 500), offer=SOUTH)
    [finding] = findings(wide, narrow)
    assert (finding.kind, finding.rule_id, finding.other_rule_ids) == ("shadowed", "rich_italians", ("italians",))
    assert finding.message == (
        "The rule “Rich Italians” never decides: the earlier rule “Italians” matches every session that it matches. "
        "Move it before that rule, narrow that rule, or remove this one."
    )
    assert findings(narrow, wide) == []
    assert findings(replace(wide, enabled=False), narrow) == []
    assert findings(wide, replace(narrow, enabled=False)) == []


def test_several_rules_shadow_together_and_only_those_needed_are_named() -> None:
    low = rule("Low", is_("amount", OP.LESS_THAN, 100))
    other = rule("Dutch", is_("country", OP.EQUALS, "NL"))
    high = rule("High", is_("amount", OP.GREATER_OR_EQUAL, 100))
    foreign = rule("Foreign", is_("currency", OP.NOT_EQUALS, "EUR"))
    italians = rule("Italians", is_("country", OP.EQUALS, "IT"), is_("amount", OP.IS_KNOWN))
    [finding] = findings(low, other, high, foreign, italians)
    assert (finding.kind, finding.other_rule_ids) == ("shadowed", ("low", "high", "foreign"))
    assert "“Low”, “High” and “Foreign” together match every session that it matches" in finding.message
    assert findings(low, other, foreign, italians) == []


def test_a_rule_with_days_shadows_only_within_them() -> None:
    march = rule("March", valid_from=date(2026, 3, 1), valid_until=date(2026, 3, 31))
    mid = rule("Ides", is_("attempts", OP.EQUALS, 0), valid_from=date(2026, 3, 15), valid_until=date(2026, 3, 15))
    assert kinds(findings(march, mid)) == [("shadowed", "ides")]
    assert findings(march, replace(mid, valid_until=date(2026, 4, 1))) == []
    assert findings(march, rule("Always")) == []


def test_an_offer_that_no_account_carries() -> None:
    north = AccountLimits(
        "north", "North", methods={"card": MethodLimits(currencies=frozenset({"EUR"}), max_amount={"EUR": 1000})}
    )
    south = AccountLimits("south", "South", enabled=False, methods={"card": MethodLimits()})
    accounts = {"north": north, "south": south}
    both = Offer((*NORTH.methods, *SOUTH.methods, *offer(("klarna", "north")).methods))
    for tests, why in (
        ((is_("currency", OP.EQUALS, "CHF"),), "North does not carry Card for its currencies"),
        ((is_("amount", OP.GREATER_THAN, 1000),), "North does not carry Card for its amounts"),
    ):
        finding, _ = findings(rule("Big", *tests, offer=both), accounts=accounts)  # and South is off
        assert (finding.kind, finding.severity) == ("offers_nothing", Severity.ERROR)
        assert finding.message == (
            f"The rule “Big” offers nothing: {why}, South is switched off and North does not carry Klarna. "
            "To offer something, name a provider that carries one of its methods there, or change its conditions."
        )
    assert findings(rule("Fine", is_("amount", OP.GREATER_OR_EQUAL, 1000)), accounts=accounts) == []
    assert findings(rule("Away", is_("country", OP.EQUALS, "US")), accounts=accounts) == []


def test_an_adjustment_that_sends_a_method_elsewhere_saves_the_offer() -> None:
    plan = ProviderPlan(Strategy.ORDERED, (PlannedAccount("north"),))
    offered = Offer((MethodPlan("klarna", ProviderPlan(Strategy.ORDERED, (PlannedAccount("south"),))),))
    plain = rule("Klarna", is_("country", OP.EQUALS, "IT"), offer=offered)
    reroute = Adjustment("adj", "By North", Group(), (RouteMethod("klarna", plan),))
    abroad = replace(reroute, when=Group(GroupKind.ALL, (is_("country", OP.EQUALS, "DE"),)))
    assert kinds(findings(plain)) == [("offers_nothing", "klarna")]
    assert findings(plain, adjustments=(reroute,)) == []
    assert kinds(findings(plain, adjustments=(abroad,))) == [("offers_nothing", "klarna")]


def test_the_default_offer_is_looked_at_too() -> None:
    off = {"north": replace(ACCOUNTS["north"], enabled=False)}
    nothing, named = findings(accounts=off)
    assert (nothing.kind, nothing.rule_id) == ("offers_nothing", None)
    assert nothing.message.startswith("The default offer offers nothing: North is switched off.")
    assert (named.kind, named.severity, named.rule_id) == ("disabled_provider", Severity.WARNING, None)


def test_accounts_that_are_off_or_in_outage() -> None:
    accounts = {"north": replace(ACCOUNTS["north"], in_outage=True), "south": replace(ACCOUNTS["south"], enabled=False)}
    both = Offer((MethodPlan("card", ProviderPlan(Strategy.ORDERED, tuple(map(PlannedAccount, accounts)))),))
    found = findings(rule("Cards", is_("tier", OP.EQUALS, "gold"), offer=both), accounts=accounts)
    assert kinds(found) == [("disabled_provider", "cards"), ("disabled_provider", None)]
    assert "names North, which is in outage and South, which is switched off." in found[0].message


def test_methods_that_are_off_for_an_account() -> None:
    accounts = ACCOUNTS | {"north": replace(ACCOUNTS["north"], methods_off=frozenset({"card"}))}
    found = findings(rule("Cards", is_("tier", OP.EQUALS, "gold"), offer=NORTH), accounts=accounts)
    about = [finding for finding in found if finding.rule_id == "cards"]
    assert [(finding.kind, finding.severity) for finding in about] == [
        ("offers_nothing", Severity.ERROR),
        ("disabled_provider", Severity.WARNING),
    ]
    assert "North has Card switched off" in about[0].message
    assert "The rule “Cards” offers Card through North, which is switched off there." in about[1].message


def test_ranges_that_overlap_in_part_with_different_offers() -> None:
    low = rule("Low", is_("amount", OP.BETWEEN, (0, 500)))
    high = rule("High", is_("amount", OP.GREATER_OR_EQUAL, 500), offer=SOUTH)
    [finding] = findings(low, high)
    assert (finding.kind, finding.severity) == ("overlap", Severity.INFORMATION)
    assert (finding.rule_id, finding.other_rule_ids) == ("high", ("low",))
    assert "“Low” and “High” overlap in part in “Amount”" in finding.message
    assert findings(low, replace(high, offer=NORTH)) == []
    assert findings(low, rule("High", is_("amount", OP.GREATER_THAN, 500), offer=SOUTH)) == []
    assert findings(rule("Inner", is_("amount", OP.BETWEEN, (1, 2))), replace(low, offer=SOUTH)) == []
    assert findings(low, rule("Swiss", is_("amount", OP.GREATER_THAN, Money(9, "CHF")), offer=SOUTH)) == []
    apart = [is_("country", OP.EQUALS, "IT"), is_("country", OP.EQUALS, "DE")]
    ranged = [
        replace(one, when=Group(GroupKind.ALL, (one.when, test))) for one, test in zip((low, high), apart, strict=True)
    ]
    assert findings(*ranged) == []


def test_attributes_that_no_session_carried() -> None:
    gold = rule("Gold", is_("tier", OP.EQUALS, "gold"), is_("device", OP.IS_KNOWN), is_("hour", OP.LESS_THAN, 9))
    [finding] = findings(gold, seen={"device"})
    assert (finding.kind, finding.severity, finding.rule_id) == ("unseen_attribute", Severity.WARNING, "gold")
    assert "tests “Tier”, which no session has carried lately" in finding.message
    assert findings(gold, seen={"device", "tier"}) == findings(gold) == []


def test_attributes_that_are_retired() -> None:
    retired = replace(CATALOGUE.get("tier"), retired=True)
    catalogue = BUILT_IN_CATALOGUE.with_custom((retired,))
    gold, off = rule("Gold", is_("tier", OP.EQUALS, "gold")), rule("Off", is_("tier", OP.IS_KNOWN), enabled=False)
    [finding] = analyse(RuleSet((gold, off), default=NORTH), catalogue, ACCOUNTS, METHODS)
    assert (finding.kind, finding.severity, finding.rule_id) == ("retired_attribute", Severity.WARNING, "gold")
    assert "tests “Tier”, which is retired" in finding.message
    assert findings(gold) == []


def test_what_validation_would_refuse_is_left_out() -> None:
    deep: Group = Group(GroupKind.ALL, CONTRADICTIONS["two countries"])
    for _ in range(5_000):
        deep = Group(GroupKind.ALL, (deep,))
    for odd in (
        Group(GroupKind.ALL, (is_("shoe", OP.EQUALS, "left"),)),
        Group(GroupKind.ALL, (is_("tier", OP.BETWEEN, 3),)),
        deep,
    ):
        assert findings(replace(rule("Odd"), when=odd), rule("Later", is_("tier", OP.EQUALS, "gold"))) == []


def test_the_rules_of_a_new_hub_raise_no_warning() -> None:
    ruleset = from_json(seed_json())
    methods = {item.method: MethodLimits() for each in ruleset.rules for item in each.offer.methods}
    accounts = {key: AccountLimits(key, methods=methods) for key in ("sandbox_north", "sandbox_south")}
    found = analyse(ruleset, BUILT_IN_CATALOGUE, accounts, {})
    assert {finding.severity for finding in found} <= {Severity.INFORMATION}


def test_eight_rules_that_split_three_questions_shadow_the_ninth() -> None:
    asked = (is_("tier", OP.EQUALS, "gold"), is_("country", OP.IN, ("IT", "DE")), is_("failed_methods", OP.IS_KNOWN))
    answers = [[test, Group(GroupKind.NONE, (test,))] for test in asked]
    octants = [rule(f"Octant {number}", *tests) for number, tests in enumerate(product(*answers))]
    [finding] = findings(*octants, rule("Ninth", is_("attempts", OP.GREATER_THAN, 1)))
    assert (finding.kind, finding.other_rule_ids) == ("shadowed", tuple(octant.id for octant in octants))
    assert "“Octant 4” and 3 more together match" in finding.message
    for left_out in octants:
        some = [octant for octant in octants if octant is not left_out]
        assert findings(*some, rule("Ninth", is_("attempts", OP.GREATER_THAN, 1))) == []
