"""Why a method is missing: the right reason in every case, and the conditions to blame held to brute force."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rules import (
    BUILT_IN_CATALOGUE,
    AccountLimits,
    Adjustment,
    Condition,
    Describer,
    Experiment,
    Facts,
    Group,
    GroupKind,
    HideMethods,
    MethodLimits,
    MethodPlan,
    Offer,
    Operator,
    PlannedAccount,
    ProviderPlan,
    Rule,
    RuleSet,
    Strategy,
    decide,
    evaluate,
)
from rules.absence import MOST_CONDITIONS, NEAREST, Absence, AbsenceKind, answers, to_blame
from rules.absence_words import sentence, to_json
from rules.explain import ConditionTrace, GroupTrace, rule_matches, satisfied, trace_group
from tests.unit.rules.strategies import cases, facts, groups

K = AbsenceKind
METHODS = ("card", "paypal", "klarna")
ACCOUNTS = {
    "north": AccountLimits("north", "North", methods={method: MethodLimits() for method in METHODS}),
    "south": AccountLimits("south", "South", enabled=False),
}
WORDS = Describer(BUILT_IN_CATALOGUE, {}, {})
ITALY, LATE = Condition("country", Operator.EQUALS, "IT"), Condition("hour", Operator.GREATER_THAN, 20)
ALWAYS = Group()
TOLD: Facts = {"country": "DE", "hour": 9, "date": "2026-06-15"}


def offer(*methods: str, account: str = "north") -> Offer:
    plan = ProviderPlan(Strategy.ORDERED, (PlannedAccount(account),))
    return Offer(tuple(MethodPlan(method, plan) for method in methods))


def rule(name: str, *methods: str, when: Group = ALWAYS, **more: Any) -> Rule:
    return Rule(f"rule_{name}", name, when, offer(*methods), **more)


def why(ruleset: RuleSet, method: str, told: Facts = TOLD) -> list[Absence]:
    decision = decide(1, ruleset, evaluate(ruleset, told), told, ACCOUNTS, "cs_1", METHODS)
    found = {answer.method: answer for answer in answers(ruleset, decision, told, METHODS)}
    assert found[method].offered is (decision.offers(method) is not None)
    return list(found[method].absences)


def say(absences: list[Absence]) -> list[str]:
    return [sentence(absence, WORDS, "EUR") for absence in absences]


def test_an_earlier_rule_names_the_condition_that_failed_and_what_the_session_had() -> None:
    ruleset = RuleSet(
        (rule("A", "paypal", when=Group(children=(ITALY, Group(GroupKind.NONE, (LATE,))))), rule("B", "card"))
    )
    assert say(why(ruleset, "paypal")) == [
        "Not in the rule “B”.",
        "Rule 1, “A”, offers it, but does not match: “The country is Italy” is false (here: Germany).",
    ]
    assert why(ruleset, "card") == []


def test_a_rule_may_be_off_or_not_valid_or_come_later_or_be_the_default_offer() -> None:
    ruleset = RuleSet(
        (
            rule("off", "paypal", enabled=False),
            rule("old", "paypal", valid_until=date(2026, 1, 1)),
            rule("B", "card"),
            rule("late", "paypal"),
        ),
        default=offer("paypal"),
    )
    codes = [K.NOT_IN_OFFER, K.LATER, K.SWITCHED_OFF, K.NOT_IN_FORCE, K.DEFAULT_OFFER]
    assert [absence.code for absence in why(ruleset, "paypal")] == codes
    assert [absence.place for absence in why(ruleset, "paypal")] == [0, 4, 1, 2, 0]


def test_a_rule_that_would_not_match_anyway_says_so_wherever_it_stands() -> None:
    """Moving it up or switching it on would change nothing."""
    italian = Group(children=(ITALY,))
    ruleset = RuleSet(
        (rule("off", "paypal", when=italian, enabled=False), rule("B", "card"), rule("late", "paypal", when=italian))
    )
    assert say(why(ruleset, "paypal"))[1:3] == [
        "Rule 1, “off”, offers it, but is switched off, and does not match either: "
        "“The country is Italy” is false (here: Germany).",
        "Rule 3, “late”, offers it, but does not match: “The country is Italy” is false (here: Germany).",
    ]
    assert K.LATER in [absence.code for absence in why(ruleset, "paypal", {"country": "IT"})]


def test_only_the_nearest_rules_are_told_and_the_others_are_counted() -> None:
    never = Group(children=(ITALY,))
    many = tuple(rule(f"R{number}", "paypal", when=never) for number in range(10))
    always = tuple(rule(f"L{number}", "paypal") for number in range(5))
    absences = why(RuleSet((*many, rule("B", "card"), *always)), "paypal")
    assert [absence.place for absence in absences if absence.code == K.NOT_MATCHED] == [8, 9, 10]
    assert [absence.place for absence in absences if absence.code == K.LATER] == [12, 13, 14]
    assert "7 more rules offer it, and do not match." in say(absences)
    assert "2 more rules below match too and offer it." in say(absences)
    assert len(absences) == 2 * NEAREST + 3


def test_no_rule_offers_it() -> None:
    assert (
        say(why(RuleSet((rule("B", "card"),)), "klarna"))[-1]
        == "No rule offers it, and the default offer does not either."
    )


def test_a_hidden_method_names_the_adjustment_and_the_conditions_that_held() -> None:
    early = Condition("hour", Operator.LESS_THAN, 12)
    hide = Adjustment("adj", "Mornings", Group(GroupKind.ANY, (ITALY, early)), (HideMethods(("card",)),))
    assert say(why(RuleSet((rule("B", "card"),), (hide,)), "card")) == [
        "The adjustment “Mornings” hides it: “The hour is less than 12” is true (here: 9)."
    ]
    always = replace(hide, when=ALWAYS)
    assert say(why(RuleSet((rule("B", "card"),), (always,)), "card")) == ["The adjustment “Mornings” hides it."]


def test_the_other_offer_of_an_experiment() -> None:
    split = rule("B", "card", experiment=Experiment(50, offer("paypal")))
    told = {method: [item.code for item in why(RuleSet((split,)), method)] for method in ("card", "paypal")}
    assert sorted(told.values()) == [[], [K.NOT_IN_OFFER, K.OTHER_OFFER]]


def test_a_provider_has_its_own_reason() -> None:
    (absence,) = why(RuleSet((Rule("r", "R", ALWAYS, offer("card", account="south")),)), "card")
    assert (absence.code, say([absence])) == ("account_off", ["South is switched off."])


def test_long_lists_of_conditions_are_cut() -> None:
    when = Group(children=tuple(Condition("hour", Operator.EQUALS, hour) for hour in range(10, 20)))
    absence = why(RuleSet((rule("A", "paypal", when=when), rule("B", "card"))), "paypal")[1]
    assert (len(absence.conditions), absence.more) == (MOST_CONDITIONS, 5)
    assert say([absence])[0].endswith("; 5 more.")


def test_as_plain_data() -> None:
    ruleset = RuleSet((rule("A", "paypal", when=Group(children=(ITALY,))), rule("B", "card")))
    decision = decide(1, ruleset, evaluate(ruleset, TOLD), TOLD, ACCOUNTS, "cs_1", METHODS)
    card, paypal, _ = (to_json(answer, WORDS, None) for answer in answers(ruleset, decision, TOLD, METHODS))
    assert card == {"method": "card", "offered": True, "reasons": []}
    assert paypal["reasons"][1] == {
        "code": "rule_not_matched",
        "reason": "Rule 1, “A”, offers it, but does not match: “The country is Italy” is false (here: Germany).",
        "rule": {"id": "rule_A", "name": "A"},
        "account": None,
        "conditions": [
            {"attribute": "country", "operator": "equals", "expected": "IT", "actual": "DE", "result": False}
        ],
    }


def _leaves(trace: GroupTrace) -> Iterator[ConditionTrace]:
    for child in trace.children:
        yield from _leaves(child) if isinstance(child, GroupTrace) else (child,)


def _flipped(trace: GroupTrace, blamed: set[int]) -> bool:
    """What the tree would be if each of the blamed conditions came out the other way."""
    results = [
        _flipped(child, blamed) if isinstance(child, GroupTrace) else child.result != (id(child) in blamed)
        for child in trace.children
    ]
    return all(results) if trace.kind is GroupKind.ALL else any(results) is (trace.kind is GroupKind.ANY)


@given(groups(), facts())
@settings(max_examples=400, deadline=None)
def test_were_the_conditions_to_blame_otherwise_so_would_the_tree_be(tree: Group, told: Mapping[str, Any]) -> None:
    trace = trace_group(tree, told)
    blamed = list(to_blame(trace))
    assert {id(each) for each in blamed} <= {id(leaf) for leaf in _leaves(trace)}
    if blamed:
        assert _flipped(trace, {id(each) for each in blamed}) is not satisfied(tree, told)
    else:
        assert not list(_leaves(trace)) or any(isinstance(child, GroupTrace) for child in trace.children)


@given(cases(sessions=3), st.sampled_from(METHODS))
@settings(max_examples=60, deadline=None)
def test_every_method_missing_has_a_reason_that_is_true(
    case: tuple[RuleSet, list[Mapping[str, Any]]], other: str
) -> None:
    ruleset, sessions = case
    rules = tuple(replace(each, offer=offer(*METHODS[: 1 + index % 3])) for index, each in enumerate(ruleset.rules))
    ruleset = replace(ruleset, rules=rules, default=offer(other))
    for told in sessions:
        decision = decide(1, ruleset, evaluate(ruleset, told), told, ACCOUNTS, "cs_1", METHODS)
        position = next((index for index, each in enumerate(rules) if each.id == decision.rule_id), len(rules))
        for answer in answers(ruleset, decision, told, METHODS):
            assert answer.offered is (decision.offers(answer.method) is not None)
            assert answer.offered or len(answer.absences) > (answer.absences[0].code == K.NOT_IN_OFFER), answer
            for absence in answer.absences:
                assert sentence(absence, WORDS, told.get("currency")).endswith(".")
                if isinstance(absence.owner, Rule):
                    assert rules[absence.place - 1] is absence.owner
                    own, other_offer = absence.owner.offer, absence.owner.experiment
                    offers = (own, other_offer.offer) if other_offer else (own,)
                    assert any(item.method == answer.method for each in offers for item in each.methods)
                    assert (absence.code == K.LATER) is (
                        absence.place - 1 > position and rule_matches(absence.owner, told)
                    )
                    assert (absence.place - 1 == position) is (absence.code == K.OTHER_OFFER)
                for trace in absence.conditions:
                    assert trace.actual == told.get(trace.condition.attribute)
