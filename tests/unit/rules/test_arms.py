"""Experiments: every session keeps its arm, arms have the share asked for, and a decision says which it is."""

import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import pytest

from rules import (
    AccountLimits,
    Decision,
    Experiment,
    Facts,
    Group,
    Match,
    MethodLimits,
    MethodPlan,
    Offer,
    OfferedMethod,
    PlannedAccount,
    ProviderPlan,
    Rule,
    RuleSet,
    Strategy,
    Withheld,
)
from rules.analysis import analyse
from rules.arms import Arm, arm_of, offer_of
from rules.attributes import BUILT_IN_CATALOGUE
from rules.decide import account_order, decide
from rules.eligibility import ineligible

METHODS = ("card", "paypal", "ideal")
FACTS: Facts = {"amount": 5_000, "currency": "EUR", "country": "IT", "flow": "direct"}
ACCOUNTS = {"north": AccountLimits("north", "North", methods=dict.fromkeys(METHODS, MethodLimits()))}
NORTH = ProviderPlan(Strategy.ORDERED, (PlannedAccount("north"),))
CARD, PAYPAL = (Offer((MethodPlan(method, NORTH),)) for method in ("card", "paypal"))
RULE = Rule("rule_1", "Shoes", Group(), CARD)
IDS = [f"cs_{number:06d}" for number in range(10_000)]


def split(share: int) -> Rule:
    return replace(RULE, experiment=Experiment(share, PAYPAL))


def in_b(share: int, rule_id: str = RULE.id) -> set[str]:
    rule = replace(split(share), id=rule_id)
    return {session for session in IDS if arm_of(rule, session) == "b"}


@pytest.mark.parametrize("share", [1, 5, 20, 50, 80, 99])
def test_the_share_is_met_within_chance(share: int) -> None:
    expected = len(IDS) * share / 100
    deviation = (expected * (1 - share / 100)) ** 0.5
    assert abs(len(in_b(share)) - expected) < 4 * deviation


def test_raising_the_share_keeps_everyone_who_was_in_b() -> None:
    shares = [in_b(share) for share in range(1, 100)]
    assert all(smaller < larger for smaller, larger in pairwise(shares))


def test_another_process_says_the_same() -> None:
    code = (
        "from tests.unit.rules.test_arms import IDS, arm_of, split;"
        "print(''.join(str(arm_of(split(30), session)) for session in IDS))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "".join(str(arm_of(split(30), session)) for session in IDS)


def test_arms_are_independent_of_other_rules_and_of_weighted_plans() -> None:
    first, second = in_b(50), in_b(50, "rule_2")
    plan = ProviderPlan(Strategy.WEIGHTED, (PlannedAccount("north", 1), PlannedAccount("south", 1)))
    north = {session for session in IDS if account_order(plan, session, "card")[0] == "north"}
    for other in (second, north):
        assert 2_300 < len(first & other) < 2_700  # a quarter, give or take four deviations


def test_without_an_experiment_there_is_no_arm() -> None:
    assert arm_of(RULE, "cs_1") is None
    assert offer_of(RULE, None) == CARD


def decided(rule: Rule, session: str = "cs_1", arm: Arm | None = None) -> Decision:
    return decide(3, RuleSet((rule,)), Match(rule.id), FACTS, ACCOUNTS, session, METHODS, arm)


def test_a_decision_makes_the_offer_of_its_arm_and_says_which() -> None:
    for session in IDS[:100]:
        arm = arm_of(split(50), session)
        decision = decided(split(50), session)
        assert decision.arm == arm
        assert decision.offered == (OfferedMethod("paypal" if arm == "b" else "card", ("north",)),)


def test_reasons_name_the_offer_of_the_arm() -> None:
    reason = "Not in offer B of the rule “Shoes”."
    assert Withheld("card", None, "not_in_offer", reason) in decided(split(50), arm="b").withheld
    reason = "Not in offer A of the rule “Shoes”."
    assert Withheld("paypal", None, "not_in_offer", reason) in decided(split(50), arm="a").withheld
    reason = "Not in the rule “Shoes”."
    assert Withheld("paypal", None, "not_in_offer", reason) in decided(RULE, arm="b").withheld


def test_an_arm_asked_for_means_nothing_without_an_experiment() -> None:
    assert decided(RULE, arm="b").arm is None
    assert decide(3, RuleSet((), (), CARD), Match(None), FACTS, ACCOUNTS, "cs_1", METHODS, "b").arm is None


def test_a_decision_stored_before_there_were_experiments_is_read() -> None:
    stored = decided(RULE).to_json()
    del stored["arm"]
    assert Decision.from_json(stored) == decided(RULE)


@pytest.mark.parametrize("faulty", ["A", "B"])
def test_the_analysis_looks_at_both_offers(faulty: str) -> None:
    ideal = Offer((MethodPlan("ideal", ProviderPlan(Strategy.ORDERED, (PlannedAccount("south"),))),))
    rule = split(50) if faulty == "A" else replace(RULE, experiment=Experiment(50, ideal))
    rule = replace(rule, offer=ideal) if faulty == "A" else rule
    accounts = ACCOUNTS | {"south": AccountLimits("south", "South", enabled=False)}
    assert ineligible("ideal", accounts["south"], FACTS) is not None
    found = analyse(RuleSet((rule,), (), CARD), BUILT_IN_CATALOGUE, accounts, {"ideal": "iDEAL"})
    told = {finding.kind: finding.message for finding in found}
    assert set(told) == {"offers_nothing", "disabled_provider"}
    assert told["offers_nothing"].startswith(
        f"The rule “Shoes” offers nothing in offer {faulty} of its experiment: South is switched off."
    )
