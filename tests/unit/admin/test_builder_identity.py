"""What is valid passes through the page untouched: document, form, HTML, what a browser sends, document."""

from typing import Any

import pytest
from hypothesis import given, settings

from admin.builder.checking import check
from admin.builder.model import ADJUSTMENT, DEFAULT, RULE
from admin.builder.operations import absorb
from rules import Condition, Group, HideMethods, Money, Offer, Operator, Rule
from rules.spec import Adjustment
from tests.support.forms import Form
from tests.unit.admin.builder_cases import (
    KNOWN,
    adjustments,
    html_of,
    is_valid,
    json_of,
    loaded,
    offers,
    rules,
    sent_back,
)


def passes(kind: str, item: Any) -> None:
    """Hold an item to it, twice: what comes back is the same, has no message, and comes back the same again."""
    form = sent_back(loaded(kind, item))
    absorb(form, KNOWN)
    checked = check(form, KNOWN, strictly=True)
    assert checked.messages == {}
    assert checked.data == json_of(kind, item)
    again = sent_back(form)
    assert check(again, KNOWN, strictly=True).data == json_of(kind, item)


@settings(max_examples=150)
@given(rules.filter(lambda item: is_valid(RULE, item)))
def test_a_rule(item: Rule) -> None:
    passes(RULE, item)


@settings(max_examples=150)
@given(adjustments.filter(lambda item: is_valid(ADJUSTMENT, item)))
def test_an_adjustment(item: Adjustment) -> None:
    passes(ADJUSTMENT, item)


@settings(max_examples=50)
@given(offers)
def test_the_default_offer(item: Offer) -> None:
    passes(DEFAULT, item)


@settings(max_examples=60)
@given(rules)
def test_every_field_and_every_message_has_its_own_place(item: Rule) -> None:
    """Ids are unique, and a message's link leads to something."""
    form = loaded(RULE, item)
    checked = check(form, KNOWN, strictly=True)
    ids = Form(html_of(form, messages=checked.messages), cls=None).ids
    assert len(ids) == len(set(ids))
    assert {name for name in checked.messages if name} <= set(ids)


@pytest.mark.parametrize(
    "condition",
    [
        Condition("nothing_known", Operator.EQUALS, "x"),
        Condition("nothing_known", Operator.BETWEEN, (1, 2)),
        Condition("country", Operator.EQUALS, 5),
        Condition("country", Operator.IN, ("IT", "XX")),
        Condition("amount", Operator.IN, (Money(100, "EUR"), Money(5, "JPY"))),
        Condition("amount", Operator.BETWEEN, (Money(100, "EUR"), Money(5, "JPY"))),
        Condition("amount", Operator.EQUALS, Money(-5, "XXX")),
        Condition("amount", Operator.EQUALS, "ten"),
        Condition("hour", Operator.EQUALS, ("a", "b")),
        Condition("returning_customer", Operator.EQUALS, "maybe"),
        Condition("date", Operator.BETWEEN, ()),
        Condition("channel", Operator.GREATER_THAN, Money(1, "EUR")),
        Condition("channel", Operator.IS_KNOWN, "x"),
    ],
)
def test_what_is_not_valid_is_shown_and_told_at_its_condition(condition: Condition) -> None:
    rule = Rule("rule_one", "Rule", Group(children=(condition,)), Offer())
    form = sent_back(loaded(RULE, rule))
    messages = check(form, KNOWN, strictly=True).messages
    presence = condition.operator is Operator.IS_KNOWN  # a value that means nothing is left out
    assert any(name.startswith("when.0.") for name in messages) is not presence, messages
    assert {name for name in messages if name} <= set(Form(html_of(form, messages=messages), cls=None).ids)


def test_the_order_of_choices_stays_and_new_ones_come_last() -> None:
    item = Adjustment("adj_one", "X", Group(), (HideMethods(("paypal", "card")),))
    form = loaded(ADJUSTMENT, item)
    fields = Form(html_of(form), cls=None)
    assert fields.values("actions.0.pick") == ["card", "paypal"]
    assert sent_back(form).actions[0].picks == ["paypal", "card"]
