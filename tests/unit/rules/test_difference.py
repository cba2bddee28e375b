"""The difference of two rule sets: every change is told once, in a sentence, and nothing else is."""

import random
from dataclasses import replace
from re import search

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import (
    BUILT_IN_CATALOGUE,
    Adjustment,
    Condition,
    Describer,
    Experiment,
    Group,
    HideMethods,
    MethodPlan,
    Money,
    Offer,
    Operator,
    PlannedAccount,
    ProviderPlan,
    Rule,
    RuleSet,
    ShowNotice,
    Strategy,
    difference,
)
from rules.difference import Change, ChangeKind
from tests.unit.rules.strategies import CATALOGUE, rulesets

LABELS = {"card": "Card", "paypal": "PayPal"}
NORTH = ProviderPlan(Strategy.ORDERED, (PlannedAccount("north"),))
CARD, PAYPAL = (Offer((MethodPlan(method, NORTH),)) for method in LABELS)
DESCRIBER = Describer(BUILT_IN_CATALOGUE, LABELS, {"north": "North"})


def rule(name: str, currency: str = "EUR", offer: Offer = CARD) -> Rule:
    over = Condition("amount", Operator.GREATER_THAN, Money(50_000, currency))
    return Rule(f"rule_{name.lower()}", name, Group(children=(over,)), offer)


A, B, C, D = (rule(name) for name in "ABCD")
HIDE = Adjustment("adj_hide", "Hide", Group(), (HideMethods(("card",)),))
OLD = RuleSet((A, B, C), (HIDE,), CARD)


def changes(old: RuleSet, new: RuleSet) -> tuple[Change, ...]:
    return difference(old, new, DESCRIBER)


@pytest.mark.parametrize(
    ("new", "told"),
    [
        pytest.param(
            replace(OLD, rules=(A, D, B, C)),
            ["The rule “D” is new, at place 2: When the amount is over €500.00, offer Card through North."],
            id="added, and none that made room for it has moved",
        ),
        pytest.param(
            replace(OLD, rules=(A, B, C, replace(D, enabled=False))),
            [
                "The rule “D” is new, at place 4: When the amount is over €500.00, offer Card through North. "
                "It is switched off."
            ],
            id="added but off",
        ),
        pytest.param(
            replace(OLD, rules=(replace(A, experiment=Experiment(20, PAYPAL)), B, C)),
            [
                "The rule “A” is changed. Before: When the amount is over €500.00, offer Card through North. "
                "Now: When the amount is over €500.00, offer Card through North – or, as an experiment for 20% of the "
                "sessions, offer PayPal through North."
            ],
            id="an experiment begins",
        ),
        pytest.param(
            replace(OLD, rules=(B, C)),
            ["The rule “A” is removed: When the amount is over €500.00, offer Card through North."],
            id="removed",
        ),
        pytest.param(
            replace(OLD, rules=(C, A, B)),
            ["The rule “C” moved up to place 1, before the rule “A”."],
            id="one moved to the top",
        ),
        pytest.param(
            replace(OLD, rules=(B, C, A)),
            ["The rule “A” moved down to place 3, after the rule “C”."],
            id="one moved to the end",
        ),
        pytest.param(
            replace(OLD, rules=(replace(A, name="Z"), B, C)), ["The rule “A” is now named “Z”."], id="renamed"
        ),
        pytest.param(
            replace(OLD, rules=(A, replace(B, enabled=False), C)), ["The rule “B” is switched off."], id="switched off"
        ),
        pytest.param(
            replace(OLD, rules=(A, B, replace(C, offer=PAYPAL))),
            [
                "The rule “C” is changed. Before: When the amount is over €500.00, offer Card through North. "
                "Now: When the amount is over €500.00, offer PayPal through North."
            ],
            id="changed",
        ),
        pytest.param(
            replace(OLD, adjustments=(replace(HIDE, actions=(HideMethods(("paypal",)),)),)),
            ["The adjustment “Hide” is changed. Before: Always hide Card. Now: Always hide PayPal."],
            id="an adjustment",
        ),
        pytest.param(
            replace(OLD, default=PAYPAL),
            [
                "The default offer is changed. Before: Offer Card through North. Now: Offer PayPal through North.",
            ],
            id="the default offer",
        ),
        pytest.param(
            RuleSet((replace(B, name="Bee"), A), (), CARD),
            [
                "The rule “B” moved up to place 1, before the rule “A”.",
                "The rule “B” is now named “Bee”.",
                "The rule “C” is removed: When the amount is over €500.00, offer Card through North.",
                "The adjustment “Hide” is removed: Always hide Card.",
            ],
            id="several at once",
        ),
    ],
)
def test_each_change_is_a_sentence(new: RuleSet, told: list[str]) -> None:
    assert [change.message for change in changes(OLD, new)] == told


def test_a_change_carries_both_sentences_for_pages_that_show_them_side_by_side() -> None:
    [change] = changes(OLD, replace(OLD, rules=(A, B, replace(C, offer=PAYPAL))))
    assert (change.kind, change.subject, change.id) == (ChangeKind.CHANGED, "rule", "rule_c")
    assert change.before == "When the amount is over €500.00, offer Card through North"
    assert change.after == "When the amount is over €500.00, offer PayPal through North"


LANGUAGES = tuple(f"x{number}" for number in range(25))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(
            RuleSet((replace(A, when=Group(children=(Condition("locale", Operator.IN, (*LANGUAGES, "y")),))),)),
            RuleSet((replace(A, when=Group(children=(Condition("locale", Operator.IN, (*LANGUAGES, "z")),))),)),
            id="a value beyond those that are listed",
        ),
        pytest.param(
            RuleSet(adjustments=(replace(HIDE, actions=(ShowNotice({"en": "Hello", "it": "Ciao"}),)),)),
            RuleSet(adjustments=(replace(HIDE, actions=(ShowNotice({"en": "Hello", "it": "Salve"}),)),)),
            id="a notice in another language",
        ),
    ],
)
def test_a_change_that_the_sentence_leaves_out_is_told_all_the_same(old: RuleSet, new: RuleSet) -> None:
    [change] = changes(old, new)
    assert change.kind is ChangeKind.CHANGED
    assert "in a part that its sentence leaves out" in change.message


def test_a_draft_that_gives_one_id_twice_is_compared_all_the_same() -> None:
    twice = replace(OLD, rules=(A, B, C, replace(A, name="A again")))
    [change] = changes(OLD, twice)
    assert (change.kind, change.id) == (ChangeKind.ADDED, A.id)
    assert changes(twice, twice) == ()


@pytest.mark.parametrize("weights", [(10**400, -(10**400)), (0, 0), (-5, 5), (10**9000, 1)])
def test_weights_that_no_plan_may_have_are_described_all_the_same(weights: tuple[int, int]) -> None:
    accounts = tuple(PlannedAccount(f"a{n}", weight) for n, weight in enumerate(weights))
    odd = Offer((MethodPlan("card", ProviderPlan(Strategy.WEIGHTED, accounts)),))
    assert len(changes(OLD, replace(OLD, default=odd))) == 1


@given(rulesets(), rulesets())
def test_there_is_a_difference_exactly_when_the_sets_differ(old: RuleSet, new: RuleSet) -> None:
    describer = Describer(CATALOGUE, {}, {})
    assert difference(old, old, describer) == ()
    assert bool(difference(old, new, describer)) == (old != new)
    kinds = [change.kind for change in difference(RuleSet(), new, describer) if change.subject != "default"]
    assert kinds == [ChangeKind.ADDED] * (len(new.rules) + len(new.adjustments))


@given(st.integers(2, 9), st.integers(0, 10**6))
def test_as_few_rules_as_possible_are_said_to_have_moved(count: int, seed: int) -> None:
    rules = [rule(f"R{n}") for n in range(count)]
    shuffled = random.Random(seed).sample(rules, count)
    told = changes(RuleSet(tuple(rules)), RuleSet(tuple(shuffled)))
    assert {change.kind for change in told} <= {ChangeKind.MOVED}
    places = [rules.index(item) for item in shuffled]
    assert count - len(told) == longest_rising(places)
    moved = {change.id for change in told}
    still = [rules.index(item) for item in shuffled if item.id not in moved]
    assert still == sorted(still), "what did not move is out of order"


@given(st.permutations(range(7)), st.sets(st.integers(0, 6)), st.sets(st.integers(0, 6)))
def test_a_move_names_the_new_place_and_a_rule_that_was_really_passed(
    order: list[int], gone: set[int], fresh: set[int]
) -> None:
    rules = [rule(f"R{n}") for n in range(7)]
    old = [item for n, item in enumerate(rules) if n not in fresh]
    new = [rules[n] for n in order if n not in gone - fresh]
    both = [item.name for item in new if item in old]
    told = [change.message for change in changes(RuleSet(tuple(old)), RuleSet(tuple(new)))]
    moves = [search(r"“(R\d)” moved (up|down) to place (\d), (before|after) the rule “(R\d)”", each) for each in told]
    for move in filter(None, moves):
        name, way, place, _, other = move.groups()
        assert new[int(place) - 1].name == name
        before, after = (
            [item.name for item in items].index(name) < [item.name for item in items].index(other)
            for items in (old, new)
        )
        assert (before, after) == ((False, True) if way == "up" else (True, False))
    in_old = [[item.name for item in old].index(name) for name in both]
    assert len(both) - len(list(filter(None, moves))) == (longest_rising(in_old) if in_old else 0)


def longest_rising(places: list[int]) -> int:
    """The plain quadratic way."""
    best: list[int] = []
    for index, place in enumerate(places):
        best.append(1 + max((best[i] for i in range(index) if places[i] < place), default=0))
    return max(best)
