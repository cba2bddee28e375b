"""The seed rule set: enough realistic rules, and clearly different checkouts for different customers."""

import pytest

from rules import BUILT_IN_CATALOGUE, AccountLimits, Decision, MethodLimits, coerce, from_json, seed_json
from rules.decide import decide
from rules.explain import evaluate

METHODS = (
    "card", "paypal", "apple_pay", "google_pay", "satispay", "bancomat_pay", "ideal", "klarna", "instalments",
    "sepa_debit", "bank_transfer", "invoice", "in_store_terminal",
)  # fmt: skip
SOUTH_LACKS = {"apple_pay", "google_pay", "satispay", "bancomat_pay", "in_store_terminal"}
NORTH_LACKS = {"ideal", "klarna", "instalments", "invoice"}
ACCOUNTS = {
    "sandbox_north": AccountLimits(
        "sandbox_north", methods={m: MethodLimits() for m in METHODS if m not in NORTH_LACKS}
    ),
    "sandbox_south": AccountLimits(
        "sandbox_south", methods={m: MethodLimits() for m in METHODS if m not in SOUTH_LACKS}
    ),
}
BASE = {"amount": 8_900, "currency": "EUR", "channel": "online", "flow": "direct", "attempts": 0, "failed_methods": []}


def decision(**facts: object) -> Decision:
    ruleset = from_json(seed_json())
    session = coerce(BUILT_IN_CATALOGUE, BASE | {"customer_type": "consumer"} | facts)
    return decide(1, ruleset, evaluate(ruleset, session), session, ACCOUNTS, "cs_1", METHODS)


def test_size() -> None:
    ruleset = from_json(seed_json())
    assert len(ruleset.rules) >= 8
    assert len(ruleset.adjustments) >= 3
    assert ruleset.default.methods


def test_an_italian_consumer_and_a_german_business_see_different_checkouts() -> None:
    italian = decision(country="IT")
    german = decision(country="DE", customer_type="business", amount=250_000, cross_border=True)
    assert [item.method for item in italian.offered][:3] == ["card", "satispay", "bancomat_pay"]
    assert [item.method for item in german.offered] == ["invoice", "bank_transfer", "sepa_debit"]
    assert italian.rule_id != german.rule_id
    assert german.strong_authentication == ("invoice", "bank_transfer", "sepa_debit")
    assert {item.method for item in italian.offered} | {item.method for item in italian.withheld} == set(METHODS)


@pytest.mark.parametrize(
    ("facts", "rule", "first"),
    [
        ({"failed_methods": ["card"], "attempts": 1}, "retry_after_decline", ("card", "sandbox_south")),
        ({"attempts": 2}, "retry_after_decline", ("card", "sandbox_south")),
        ({"failed_methods": ["ideal"], "attempts": 1}, "second_choice", ("card", "sandbox_north")),
        ({"flow": "subscription"}, "subscription", ("sepa_debit", "sandbox_north")),
        ({"channel": "in_store"}, "in_store", ("in_store_terminal", "sandbox_north")),
        ({"channel": "phone"}, "phone", ("card", "sandbox_north")),
        ({"flow": "pay_by_link"}, "phone", ("card", "sandbox_north")),
        ({"customer_type": "business"}, "business", ("invoice", "sandbox_south")),
        ({"amount": 500_000}, "high_value", ("bank_transfer", "sandbox_north")),
        ({"product_categories": ["digital"]}, "digital_goods", ("apple_pay", "sandbox_north")),
        ({"country": "IT", "amount": 20_000}, "instalments", ("card", "sandbox_north")),
        ({"country": "NL"}, "netherlands", ("ideal", "sandbox_south")),
        ({"country": "US", "cross_border": True}, "cross_border", ("card", "sandbox_south")),
        ({"country": "FR"}, None, None),
    ],
)
def test_each_rule_decides_some_session(
    facts: dict[str, object], rule: str | None, first: tuple[str, str] | None
) -> None:
    made = decision(**facts)
    assert made.rule_id == (rule and f"rule_{rule}")
    if first is not None:
        assert (made.offered[0].method, made.offered[0].accounts[0]) == first


def test_every_rule_has_its_session_above() -> None:
    marks = test_each_rule_decides_some_session.pytestmark  # type: ignore[attr-defined]  # set by the decorator
    covered = {f"rule_{rule}" for _, rule, _ in marks[0].args[1]} | {"rule_business_high", "rule_italy"}
    assert covered >= {rule["id"] for rule in seed_json()["rules"]}


def test_adjustments() -> None:
    assert "paypal" not in [item.method for item in decision(product_categories=["gift_cards"]).offered]
    returning = decision(country="IT", device="mobile", returning_customer=True)
    assert returning.offered[0].method == "paypal"
    assert decision(weekday="sunday").notices[0].keys() == {"en", "it", "de"}
    assert decision(weekday="monday").notices == ()
