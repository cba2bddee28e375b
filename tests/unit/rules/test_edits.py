"""Edits of a rule set's lists: each does one thing, says it, and leaves everything else alone."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import Adjustment, Group, HideMethods, Offer, Rule, RuleSet
from rules.difference import ChangeKind, marks, removed
from rules.edits import Edit, EditKind, NothingToEdit, edit
from tests.unit.rules.strategies import rulesets
from tests.unit.rules.test_difference import DESCRIBER, difference

ABC = RuleSet(
    tuple(Rule(key, f"Rule {key.upper()}", Group(), Offer()) for key in "abc"),
    (Adjustment("z", "Rule Z", Group(), (HideMethods(("card",)),)),),
)


def ids(ruleset: RuleSet) -> str:
    return " ".join(rule.id for rule in ruleset.rules)


@pytest.mark.parametrize(
    ("wanted", "after", "what", "place"),
    [
        (Edit(EditKind.UP, "rule", "b"), "b a c", "moved “Rule B” up", 1),
        (Edit(EditKind.UP, "rule", "a"), "a b c", "moved “Rule A” up", 1),
        (Edit(EditKind.DOWN, "rule", "b"), "a c b", "moved “Rule B” down", 3),
        (Edit(EditKind.MOVE, "rule", "a", to=3), "b c a", "moved “Rule A” to place 3", 3),
        (Edit(EditKind.MOVE, "rule", "c", to=-9), "c a b", "moved “Rule C” to place 1", 1),
        (Edit(EditKind.MOVE, "rule", "a", to=10**9), "b c a", "moved “Rule A” to place 3", 3),
        (Edit(EditKind.DUPLICATE, "rule", "a"), "a a_copy b c", "duplicated “Rule A”", 2),
        (Edit(EditKind.DELETE, "rule", "c"), "a b", "deleted “Rule C”", 2),
        (Edit(EditKind.OFF, "rule", "a"), "a b c", "switched “Rule A” off", 1),
    ],
)
def test_each_edit(wanted: Edit, after: str, what: str, place: int) -> None:
    edited = edit(ABC, wanted)
    assert (ids(edited.ruleset), edited.what, edited.place) == (after, what, place)
    assert edited.ruleset.adjustments == ABC.adjustments
    assert edited.id == edited.ruleset.rules[place - 1].id


def test_a_copy_is_off_and_may_be_copied_again() -> None:
    twice = edit(
        edit(ABC, Edit(EditKind.DUPLICATE, "rule", "a")).ruleset, Edit(EditKind.DUPLICATE, "rule", "a")
    ).ruleset
    assert ids(twice) == "a a_copy1 a_copy b c"
    copy = twice.rules[1]
    assert (copy.enabled, copy.name, copy.when) == (False, "Rule A (copy)", twice.rules[0].when)


def test_the_last_one_may_go() -> None:
    emptied = edit(ABC, Edit(EditKind.DELETE, "adjustment", "z"))
    assert (emptied.ruleset.adjustments, emptied.id, emptied.place) == ((), "", 0)


def test_of_two_with_the_same_id_the_one_that_was_meant_is_edited() -> None:
    twice = RuleSet((*ABC.rules, ABC.rules[0]))
    assert ids(edit(twice, Edit(EditKind.DELETE, "rule", "a", nth=1)).ruleset) == "a b c"
    assert ids(edit(twice, Edit(EditKind.DELETE, "rule", "a")).ruleset) == "b c a"
    with pytest.raises(NothingToEdit):
        edit(twice, Edit(EditKind.DELETE, "rule", "a", nth=2))


@given(rulesets(), st.sampled_from([EditKind.UP, EditKind.DOWN, EditKind.MOVE]), st.data())
def test_a_move_keeps_every_rule_and_the_order_of_the_others(
    ruleset: RuleSet, kind: EditKind, data: st.DataObject
) -> None:
    if not ruleset.rules:
        return
    index = data.draw(st.integers(0, len(ruleset.rules) - 1))
    item = ruleset.rules[index]
    nth = sum(rule.id == item.id for rule in ruleset.rules[:index])
    wanted = Edit(kind, "rule", item.id, nth, data.draw(st.integers(-2, len(ruleset.rules) + 2)))
    edited = edit(ruleset, wanted)
    assert edited.ruleset.rules[edited.place - 1] is item
    before = [rule for place, rule in enumerate(ruleset.rules) if place != index]
    after = [rule for place, rule in enumerate(edited.ruleset.rules, 1) if place != edited.place]
    assert before == after


@given(rulesets(), rulesets())
def test_marks_and_removals_are_those_of_the_difference(old: RuleSet, new: RuleSet) -> None:
    told = Counter(
        (change.subject, change.id, change.kind)
        for change in difference(old, new, DESCRIBER)
        if change.subject != "default"
    )
    expected = {(subject, id_) for subject, id_, kind in told if kind is not ChangeKind.REMOVED}
    assert {(subject, id_) for subject, (id_, _) in marks(old, new)} == expected
    gone = Counter(item.id for item in (*removed(old.rules, new.rules), *removed(old.adjustments, new.adjustments)))
    assert gone == Counter({id_: n for (_, id_, kind), n in told.items() if kind is ChangeKind.REMOVED})
