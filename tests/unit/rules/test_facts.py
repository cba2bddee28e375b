"""Facts are checked strictly: nothing is converted, and every fault names its key and the fix."""

import pytest

from rules import BUILT_IN_CATALOGUE, Attribute, AttributeType, Catalogue, InvalidFacts, coerce, recorded


def fault(key: str, value: object) -> str:
    with pytest.raises(InvalidFacts) as caught:
        coerce(BUILT_IN_CATALOGUE, {key: value})
    (error,) = caught.value.errors
    assert error.path == key
    return error.message


def test_typed_values_pass_and_none_is_missing() -> None:
    raw = {
        "amount": 1050,
        "currency": "EUR",
        "country": None,
        "returning_customer": False,
        "product_categories": ["digital"],
        "date": "2026-02-28",
        "hour": 0,
        "locale": "",
    }
    assert dict(coerce(BUILT_IN_CATALOGUE, raw)) == {
        key: ("digital",) if key == "product_categories" else value for key, value in raw.items() if value is not None
    }


def test_facts_cannot_be_changed() -> None:
    facts = coerce(BUILT_IN_CATALOGUE, {"hour": 1})
    with pytest.raises(TypeError):
        facts["hour"] = 2  # type: ignore[index]  # the very thing that must fail


@pytest.mark.parametrize(
    ("key", "value", "fix"),
    [
        ("amount", "10", "whole number of minor units"),
        ("amount", True, "whole number"),
        ("amount", 10.0, "whole number"),
        ("amount", -1, "between 0 and"),
        ("amount", 10**30, "between 0 and"),
        ("attempts", False, "whole number"),
        ("attempts", 2**63, "between"),
        ("attempts", -1, "must be 0 or more"),
        ("hour", 24, "must be between 0 and 23"),
        ("hour", -1, "must be between 0 and 23"),
        ("returning_customer", 1, "true or false"),
        ("returning_customer", "true", "true or false"),
        ("country", "it", "two-letter country code"),
        ("country", "ZZ", "two-letter country code"),
        ("country", "EU", "two-letter country code"),
        ("currency", "EURO", "three-letter currency code"),
        ("currency", "XYX", "three-letter currency code"),
        ("channel", "fax", "one of online, in_store, phone, app"),
        ("product_categories", "digital", "list of texts"),
        ("product_categories", ["digital", "cars"], "each value must be one of"),
        ("failed_methods", ["card", 5], "each value must be a text"),
        ("failed_methods", ["x"] * 51, "at most 50"),
        ("locale", "x" * 256, "at most 255"),
        ("locale", "a\x00b", "NUL"),
        ("locale", "\ud800", "characters that no text has"),
        ("date", "2026-02-30", "a date such as"),
        ("date", "20260228", "a date such as"),
        ("date", 20260228, "must be a text"),
        ("colour", "red", "no such attribute"),
    ],
)
def test_wrong_values_name_the_fix(key: str, value: object, fix: str) -> None:
    assert fix in fault(key, value)


def test_every_fault_is_reported_at_once() -> None:
    with pytest.raises(InvalidFacts) as caught:
        coerce(BUILT_IN_CATALOGUE, {"amount": "1", "hour": 3, "colour": "red"})
    assert [error.path for error in caught.value.errors] == ["amount", "colour"]


def test_own_attributes_join_the_catalogue() -> None:
    tier = Attribute("tier", "Tier", AttributeType.STRING, ("gold", "silver"))
    catalogue = BUILT_IN_CATALOGUE.with_custom([tier])
    assert catalogue.get("tier") is tier
    assert [*catalogue][-1] is tier
    assert len(catalogue) == len(BUILT_IN_CATALOGUE) + 1
    assert coerce(catalogue, {"tier": "gold"}) == {"tier": "gold"}
    with pytest.raises(ValueError, match="share a key"):
        catalogue.with_custom([tier])
    assert Catalogue(()).get("amount") is None


def test_choices_of_every_built_in_attribute_are_accepted() -> None:
    for attribute in BUILT_IN_CATALOGUE:
        for choice in attribute.choices or ():
            value = [choice] if attribute.type is AttributeType.STRING_LIST else choice
            assert attribute.key in coerce(BUILT_IN_CATALOGUE, {attribute.key: value})


def test_recorded_facts_are_read_as_they_were_whatever_the_catalogue_says_now() -> None:
    stored = {"country": "IT", "gone": "gold", "badges": ["a", "b"], "hour": 9, "vip": False, "nothing": None}
    facts = recorded(stored)
    assert facts == {"country": "IT", "gone": "gold", "badges": ("a", "b"), "hour": 9, "vip": False}
    assert facts["vip"] is False
    assert recorded({"odd": {"a": 1}, "half": 0.5}) == {}
    known = {key: value for key, value in stored.items() if BUILT_IN_CATALOGUE.get(key)}
    assert recorded(known) == coerce(BUILT_IN_CATALOGUE, known)
