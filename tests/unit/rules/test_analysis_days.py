"""What the analysis says of days that have passed, and of hours and counts that do not exist."""

from dataclasses import replace
from datetime import date

from rules import Adjustment, Group, GroupKind, HideMethods, Severity
from tests.unit.rules.analysis_rules import OP, SOUTH, findings, is_, kinds, rule

TODAY = date(2026, 3, 15)


def test_an_hour_that_no_day_has_is_named() -> None:
    [finding] = findings(rule("Late", is_("hour", OP.GREATER_THAN, 25)))
    assert finding.message.startswith("The rule “Late” can never match: “The hour is ")
    assert finding.message.endswith(" than 25” cannot hold. Change or remove it.")


def test_a_rule_for_all_the_hours_there_are_shadows_one_for_any_hour() -> None:
    day = rule("Whole day", is_("hour", OP.BETWEEN, (0, 23)))
    assert kinds(findings(day, rule("Any hour", is_("hour", OP.IS_KNOWN)))) == [("shadowed", "any_hour")]
    assert (
        findings(
            replace(day, when=Group(children=(is_("hour", OP.LESS_THAN, 23),))), rule("Any", is_("hour", OP.IS_KNOWN))
        )
        == []
    )


def test_a_rule_whose_last_day_has_passed_is_told() -> None:
    sale = rule("Sale", valid_from=date(2026, 3, 1), valid_until=date(2026, 3, 14))
    other = rule("Other", is_("country", OP.EQUALS, "IT"))
    [finding] = findings(sale, other, today=TODAY)
    assert (finding.kind, finding.severity, finding.rule_id) == ("over", Severity.WARNING, "sale")
    assert finding.message == (
        "The rule “Sale” matches no more: its last day has passed. Give it a later last day, or remove it."
    )
    assert findings(sale, other) == [], "without the day of today, nothing is said"
    assert findings(replace(sale, valid_until=TODAY), other, today=TODAY) == [], "its last day is not over"
    assert findings(replace(sale, enabled=False), other, today=TODAY) == []
    assert kinds(findings(replace(sale, valid_from=TODAY), today=TODAY)) == [("never_matches", "sale")]


def test_conditions_that_hold_on_days_gone_by_only_are_told_of_rules_and_adjustments() -> None:
    past = Group(GroupKind.ANY, (is_("date", OP.LESS_THAN, "2020-01-01"), is_("date", OP.EQUALS, "2026-03-14")))
    hide = Adjustment("adj", "Gone", past, (HideMethods(("card",)),))
    found = findings(rule("Gone too", past), adjustments=(hide,), today=TODAY)
    assert kinds(found) == [("over", "gone_too"), ("over", "adj")]
    assert found[1].message == (
        "The adjustment “Gone” matches no more: all the days on which its conditions hold have passed. "
        "Change its days, or remove it."
    )
    for still in (is_("date", OP.LESS_OR_EQUAL, "2026-03-15"), is_("date", OP.NOT_EQUALS, "2026-03-14")):
        assert findings(rule("Still", still), today=TODAY) == []
    assert findings(rule("No day", is_("date", OP.IS_UNKNOWN)), today=TODAY) == []


def test_what_is_over_is_compared_with_nothing() -> None:
    early = rule("Early", is_("amount", OP.BETWEEN, (0, 500)), valid_until=date(2026, 3, 14))
    late = rule("Late", is_("amount", OP.BETWEEN, (400, 900)), offer=SOUTH)
    assert kinds(findings(early, late)) == [("overlap", "late")]
    assert kinds(findings(early, late, today=TODAY)) == [("over", "early")]
