"""The days of a replay: every changed rule that no day of it could meet is named, and no other."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rules import Group, Offer, Rule, RuleSet, evaluate
from rules.replay_days import Unmet, as_on, unmet

FIRST, LAST = date(2026, 11, 16), date(2026, 11, 23)
BEFORE, AFTER = FIRST - timedelta(days=1), LAST + timedelta(days=1)
PLAIN, CHRISTMAS, SUMMER = (
    Rule("rule_plain", "Plain", Group(), Offer()),
    Rule("rule_christmas", "Christmas", Group(), Offer(), valid_from=AFTER),
    Rule("rule_summer", "Summer", Group(), Offer(), valid_until=BEFORE),
)
BEGINS = Unmet("rule_christmas", "Christmas", begins=AFTER)
ENDED = Unmet("rule_summer", "Summer", ended=BEFORE)


def told(old: tuple[Rule, ...], new: tuple[Rule, ...]) -> tuple[Unmet, ...]:
    return unmet(RuleSet(old), RuleSet(new), FIRST, LAST)


def test_a_changed_rule_that_is_valid_on_other_days_only_is_named() -> None:
    assert told((PLAIN,), (CHRISTMAS, PLAIN, SUMMER)) == (BEGINS, ENDED)
    assert told((PLAIN, CHRISTMAS), (PLAIN,)) == (BEGINS,), "removed"
    assert told((PLAIN, CHRISTMAS), (CHRISTMAS, PLAIN)) == (BEGINS,), "moved"
    assert told((CHRISTMAS,), (replace(CHRISTMAS, enabled=False),)) == (BEGINS,), "switched off"
    assert told((replace(CHRISTMAS, valid_from=None),), (CHRISTMAS,)) == (BEGINS,), "its days changed"
    assert told((SUMMER,), (replace(SUMMER, valid_until=None),)) == (ENDED,), "its days changed"


def test_a_rule_that_was_left_as_it_was_or_is_off_or_could_be_met_is_not() -> None:
    assert told((CHRISTMAS, SUMMER), (PLAIN, CHRISTMAS, SUMMER)) == ()
    assert told((), (replace(CHRISTMAS, enabled=False), PLAIN)) == ()
    edges = replace(CHRISTMAS, valid_from=LAST), replace(SUMMER, valid_until=FIRST)
    assert told((), edges) == ()


@given(st.dates(), st.one_of(st.none(), st.dates()), st.one_of(st.none(), st.dates()))
def test_as_on_a_day_meets_exactly_the_rules_of_that_day(
    day: date, valid_from: date | None, valid_until: date | None
) -> None:
    rule = replace(PLAIN, valid_from=valid_from, valid_until=valid_until)
    facts = as_on(day, {"date": "2026-11-20", "weekday": "friday", "hour": 9, "amount": 5})
    assert facts == {"date": day.isoformat(), "weekday": f"{day:%A}".lower(), "hour": 9, "amount": 5}
    met = evaluate(RuleSet((rule,)), facts).rule_id is not None
    if valid_from is None or valid_until is None or valid_from <= valid_until:
        assert met == (unmet(RuleSet(), RuleSet((rule,)), day, day) == ())
