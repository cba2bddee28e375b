"""A replay says exactly what asking both rule sets plainly, session by session, says."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rules import (
    AccountLimits,
    Adjustment,
    Decision,
    Experiment,
    Group,
    HideMethods,
    MethodLimits,
    MethodPlan,
    Offer,
    PlannedAccount,
    ProviderPlan,
    PutFirst,
    RequireStrongAuthentication,
    Rule,
    RuleSet,
    ShowNotice,
    Strategy,
    decide,
    evaluate,
)
from rules.replay import Difference, Replayer, Seen, differences
from rules.replay_figures import MAX_EXAMPLES, MAX_PAIRS, Figures
from tests.unit.rules.strategies import cases

METHODS = ("card", "paypal", "klarna")
ACCOUNTS = {
    "north": AccountLimits("north", methods=dict.fromkeys(METHODS, MethodLimits())),
    "south": AccountLimits("south", methods={"card": MethodLimits(max_amount={"EUR": 10}), "paypal": MethodLimits()}),
    "off": AccountLimits("off", enabled=False, methods=dict.fromkeys(METHODS, MethodLimits())),
}
PLANS = (
    ProviderPlan(Strategy.ORDERED, (PlannedAccount("north"), PlannedAccount("south"))),
    ProviderPlan(Strategy.ORDERED, (PlannedAccount("south"), PlannedAccount("off"))),
    ProviderPlan(Strategy.WEIGHTED, (PlannedAccount("north", 30), PlannedAccount("south", 70))),
)
ACTIONS = (
    HideMethods(("paypal",)),
    PutFirst(("klarna", "paypal")),
    RequireStrongAuthentication(),
    RequireStrongAuthentication(("card",)),
    ShowNotice({"en": "Closed on Sunday"}),
    ShowNotice({"en": "Open on Sunday"}),
)
OFFERS = st.lists(st.sampled_from(METHODS), unique=True, max_size=3).flatmap(
    lambda methods: st.tuples(*(st.builds(MethodPlan, st.just(key), st.sampled_from(PLANS)) for key in methods)).map(
        Offer
    )
)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[RuleSet, RuleSet, list[Mapping[str, Any]]]:
    """A rule set with offers of many kinds, a draft of it, and sessions."""
    shape, sessions = draw(cases(sessions=8))
    offers = st.sampled_from(draw(st.lists(OFFERS, min_size=1, max_size=3)))
    before = RuleSet(
        tuple(replace(rule, offer=draw(offers), experiment=_experiment(draw, offers)) for rule in shape.rules),
        tuple(replace(item, actions=_actions(draw)) for item in shape.adjustments),
        draw(offers),
    )
    rules = [_edited(draw, rule, offers) for rule in before.rules if draw(st.integers(0, 5))]
    after = RuleSet(
        tuple(draw(st.permutations(rules)) if draw(st.booleans()) else rules),
        tuple(item for item in before.adjustments if draw(st.integers(0, 3))),
        before.default if draw(st.booleans()) else draw(offers),
    )
    return before, after, sessions


def _experiment(draw: st.DrawFn, offers: st.SearchStrategy[Offer]) -> Experiment | None:
    return None if draw(st.integers(0, 3)) else Experiment(draw(st.sampled_from((20, 50))), draw(offers))


def _actions(draw: st.DrawFn) -> tuple[Any, ...]:
    return tuple(draw(st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=2)))


def _edited(draw: st.DrawFn, rule: Rule, offers: st.SearchStrategy[Offer]) -> Rule:
    edits: tuple[Rule, ...] = (
        rule,
        rule,
        replace(rule, offer=draw(offers)),
        replace(rule, id=f"{rule.id}_copy"),
        replace(rule, enabled=not rule.enabled),
        replace(rule, experiment=_experiment(draw, offers)),
    )
    return draw(st.sampled_from(edits))


def plainly(ruleset: RuleSet, facts: Mapping[str, Any], session: str) -> Decision:
    """The decision without engine and short cuts."""
    return decide(1, ruleset, evaluate(ruleset, facts), facts, ACCOUNTS, session, METHODS)


def what_counts(decision: Decision) -> object:
    """What a customer sees, and who carries it."""
    notices = [dict(text) for text in decision.notices]
    return [(item.method, item.accounts) for item in decision.offered], set(decision.strong_authentication), notices


@settings(max_examples=250)
@given(pairs())
def test_a_replay_is_exact(case: tuple[RuleSet, RuleSet, list[Mapping[str, Any]]]) -> None:
    before, after, sessions = case
    replayer, figures = Replayer(before, after), Figures()
    changed: Counter[Any] = Counter()
    amounts: Counter[str] = Counter()
    moved = emptied = 0
    for number, facts in enumerate(sessions):
        session = f"cs_{number}"
        old, new = plainly(before, facts, session), plainly(after, facts, session)
        seen = replayer.look(session, facts, ACCOUNTS)
        assert (seen.before, seen.after) == (old.rule_id, new.rule_id)
        assert bool(seen.differences) == (what_counts(old) != what_counts(new))
        figures.add(session, facts, bool(number % 2), [seen])
        if what_counts(old) != what_counts(new):
            assert seen.methods_before == tuple(item.method for item in old.offered)
            assert seen.methods_after == tuple(item.method for item in new.offered)
            changed[old.rule_id, new.rule_id] += 1
            emptied += bool(old.offered) and not new.offered
            if "amount" in facts and "currency" in facts:
                amounts[facts["currency"]] += facts["amount"]
        else:
            moved += old.rule_id != new.rule_id
    replayer.close()
    assert {pair: counted.tally.sessions for pair, counted in figures.pairs.items()} == changed
    assert figures.changed.sessions == changed.total()
    assert figures.changed.amounts == amounts
    assert (figures.sessions, figures.moved, figures.emptied) == (len(sessions), moved, emptied)


def decision(*offered: tuple[str, str], strong: tuple[str, ...] = (), notices: tuple[Any, ...] = ()) -> Decision:
    accounts = [MethodPlan(key, ProviderPlan(Strategy.ORDERED, (PlannedAccount(account),))) for key, account in offered]
    limits = {name: AccountLimits(name, methods=dict.fromkeys(METHODS, MethodLimits())) for name in ("north", "south")}
    actions = [RequireStrongAuthentication(strong)] if strong else []
    adjustment = Adjustment("adj", "Adjustment", Group(), (*actions, *map(ShowNotice, notices)))
    ruleset = RuleSet((), (adjustment,), Offer(tuple(accounts)))
    return decide(1, ruleset, evaluate(ruleset, {}), {}, limits, "cs_1", METHODS)


def test_each_kind_of_difference_has_its_name() -> None:
    base = decision(("card", "north"), ("paypal", "north"))
    for other, expected in (
        (decision(("card", "north"), ("paypal", "north")), ()),
        (decision(("paypal", "north"), ("card", "north")), (Difference.ORDER,)),
        (decision(("card", "north")), (Difference.METHODS,)),
        (decision(("card", "south"), ("paypal", "north")), (Difference.PROVIDERS,)),
        (decision(("card", "north"), ("paypal", "north"), strong=("card",)), (Difference.STRONG_AUTHENTICATION,)),
        (decision(("card", "north"), ("paypal", "north"), notices=({"en": "Hello"},)), (Difference.NOTICES,)),
        (decision(("klarna", "north"), ("card", "south")), (Difference.METHODS, Difference.PROVIDERS)),
    ):
        assert differences(base, other) == expected
        assert differences(other, base) == expected


ALIKE = Seen("rule_0", "rule_1")


def a_change(number: int, before: str | None = None) -> Seen:
    return Seen(before or f"rule_{number}", None, (Difference.METHODS,), ("card", "paypal"), ("card", "klarna"))


def test_figures_go_on_from_what_was_stored_and_stay_bounded() -> None:
    whole, stored = Figures(), Figures()
    facts = {"amount": 2**60 + 1, "currency": "EUR"}
    for number in range(MAX_PAIRS + 50):
        for figures in (whole, stored):
            figures.add(f"cs_{number}", facts, number % 3 == 0, [a_change(number)])
            figures.add(f"cs_{number}", {}, False, [ALIKE, a_change(number, "rule_0")])
            figures.add(f"cs_{number}", {}, False, [ALIKE])
        stored = Figures.from_json(stored.to_json())
    assert stored == whole
    assert len(whole.pairs) == MAX_PAIRS
    assert all(len(counted.examples) <= MAX_EXAMPLES for counted in whole.pairs.values())
    in_pairs = sum(counted.tally.sessions for counted in whole.pairs.values())
    assert in_pairs + whole.others.sessions == whole.changed.sessions == 2 * (MAX_PAIRS + 50)
    assert whole.others.sessions == 50
    assert whole.changed.amounts == {"EUR": (2**60 + 1) * (MAX_PAIRS + 50)}
    assert whole.gained == {"klarna": whole.changed.sessions}
    assert whole.lost == {"paypal": whole.changed.sessions}
    count = MAX_PAIRS + 50
    assert (whole.sessions, whole.decisions, whole.retried, whole.moved) == (3 * count, 4 * count, count, count)


def test_a_session_that_had_nothing_before_and_after_is_neither_emptied_nor_filled() -> None:
    figures = Figures()
    figures.add("cs_1", {}, False, [Seen("a", "b", (Difference.NOTICES,))])
    figures.add("cs_2", {}, False, [Seen("a", "b", (Difference.METHODS,), ("card",), ())])
    figures.add("cs_3", {}, False, [Seen("a", "b", (Difference.METHODS,), (), ("card",))])
    assert (figures.emptied, figures.filled) == (1, 1)


def test_a_session_with_several_decisions_counts_once_under_the_first_that_differs() -> None:
    figures, facts = Figures(), {"amount": 700, "currency": "EUR"}
    first = Seen("a", "b", (Difference.ORDER,), ("card", "paypal"), ("paypal", "card"))
    later = Seen("c", "d", (Difference.METHODS, Difference.ORDER), ("card",), ())
    figures.add("cs_1", facts, True, [first, later, later])
    figures.add("cs_2", facts, False, [Seen("a", "b"), later])
    assert (figures.sessions, figures.decisions, figures.retried, figures.moved) == (2, 5, 1, 0)
    assert {pair: counted.tally.sessions for pair, counted in figures.pairs.items()} == {("a", "b"): 1, ("c", "d"): 1}
    assert (figures.changed.amounts, figures.changed.paid_amounts) == ({"EUR": 1_400}, {"EUR": 700})
    assert (figures.emptied, figures.lost, figures.differences) == (2, {"card": 2}, {"order": 2, "methods": 2})
    assert [example.retry for pair in figures.pairs.values() for example in pair.examples] == [False, True]
