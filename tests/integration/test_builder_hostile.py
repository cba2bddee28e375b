"""What nobody types into the forms of rules: answered with a sentence, soon, and nothing is stored."""

import time
from typing import Any

import pytest
from flask import Flask

from admin.builder.model import MAX_BODY, MAX_FIELDS
from app.services import drafts
from tests.support.backoffice import Operator
from tests.support.builder import Author, change_draft, draft_of
from tests.support.forms import Fields

FORMS = ["new-rule", "rules/rule_subscription", "new-adjustment", "adjustments/adj_weekend_notice", "default"]
BOMB = "9" * 5000
DEEP = ".".join(["when"] + ["0"] * 18)
FIELDS: dict[str, Fields] = {
    "nothing": [],
    "nonsense": [("do", "explode"), ("a.b.c", "x"), ("..", "y"), (".", "z"), ("", "")],
    "wrong_places": [("do", "remove:when.999"), ("when.9999.attribute", "amount")],
    "odd_digits": [("do", "remove:when.²"), ("when.².attribute", "amount"), ("do", "up:offer.١")],
    "huge_place": [("do", f"up:when.{BOMB}"), (f"when.{BOMB}.attribute", "amount")],
    "deep": [("do", f"add:{DEEP}"), (f"{DEEP}.kind", "all"), (f"{DEEP}.new", "amount")],
    "very_deep": [("do", "save"), (".".join(["when"] * 4000), "x"), ("a." * 60000, "x")],
    "a_group_that_is_a_condition": [("when.kind", "all"), ("when.0.kind", "xor"), ("when.0.attribute", "amount")],
    "an_unknown_operator": [("when.0.attribute", "amount"), ("when.0.operator", "explodes"), ("do", "save")],
    "an_unknown_attribute": [("when.0.attribute", "x" * 9000), ("when.0.operator", "equals"), ("do", "save")],
    "huge_numbers": [
        ("when.0.attribute", "amount"), ("when.0.operator", "equals"), ("when.0.low", BOMB), ("when.0.currency", "EUR"),
        ("when.1.attribute", "hour"), ("when.1.operator", "in"), ("when.1.low", f"{BOMB}, -{BOMB}"),
        ("when.2.attribute", "hour"), ("when.2.operator", "equals"), ("when.2.low", "9223372036854775808"),
        ("share", BOMB), ("split", "1"), ("revision", BOMB), ("do", "save"),
    ],
    "odd_numbers": [
        ("when.0.attribute", "amount"), ("when.0.operator", "equals"), ("when.0.low", "١٢"), ("when.0.currency", "XXX"),
        ("when.1.attribute", "hour"), ("when.1.operator", "equals"), ("when.1.low", "1e5"),
        ("when.2.attribute", "date"), ("when.2.operator", "equals"), ("when.2.low", "2026-02-30"), ("do", "save"),
    ],
    "a_long_name_of_a_country": [
        ("when.0.attribute", "country"), ("when.0.operator", "in"), ("when.0.text", "a b" * 50_000), ("do", "save")],
    "a_long_quote": [
        ("when.0.attribute", "locale"), ("when.0.operator", "in"), ("when.0.text", '"' + "a" * 200_000),
        ("do", "save")],
    "a_bomb_of_brackets": [
        ("when.0.attribute", "channel"), ("when.0.operator", "in"), ("when.0.was", "[" * 100_000), ("do", "save")],
    "a_list_of_lists": [
        ("when.0.attribute", "channel"), ("when.0.operator", "in"), ("when.0.was", '[["online"], 1]'), ("do", "save")],
    "script": [
        ("name", "<script>alert(1)</script>"), ("when.0.attribute", '"><script>x</script>'),
        ("when.0.operator", "equals"),
        ("when.0.text", "</textarea><img src=x>"), ("offer.0.method", "<b>"), ("offer.0.0.account", "<i>"),
        ("actions.0.type", "<script>"), ("actions.1.type", "show_notice"),
        ("actions.1.notices.0.language", '"><script>'), ("actions.1.notices.0.text", "</textarea><script>"),
        ("do", "save"),
    ],
    "many_conditions": [
        *((f"when.{place}.attribute", "amount") for place in range(100)),
        *((f"when.{place}.operator", "between") for place in range(100)), ("do", "save")],
    "actions_of_no_kind": [("actions.0.type", "nothing"), ("actions.1.type", "route_method"), ("do", "save")],
    "a_notice_in_a_language_twice": [
        ("actions.0.type", "show_notice"), ("actions.0.notices.0.language", "en"), ("actions.0.notices.0.text", "a"),
        ("actions.0.notices.1.language", "en"), ("actions.0.notices.1.text", ""), ("do", "save")],
    "a_language_that_is_none": [
        ("name", "X"), ("actions.0.type", "show_notice"), ("actions.0.notices.0.language", "../etc"),
        ("actions.0.notices.0.text", "a"), ("do", "save")],
    "a_method_without_anything": [("offer.0.strategy", "weighted"), ("offer.0.0.weight", "x"), ("do", "save")],
}  # fmt: skip
REFUSED: dict[str, tuple[Fields, tuple[int, ...]]] = {
    "nul": ([("name", "a\x00b")], (400,)),
    "too_many_fields": ([(f"x{number}", "") for number in range(MAX_FIELDS + 1)], (413,)),
    "too_many_conditions": ([(f"when.{place}.attribute", "amount") for place in range(2_000)], (413,)),
    "too_large": ([("name", "x" * MAX_BODY)], (413,)),
}


@pytest.fixture(scope="module")
def author(kept_app: Flask) -> Author:
    return Author(kept_app)


def post(author: Author, path: str, fields: Fields) -> float:
    """Send fields to a form; how many seconds the answer took."""
    author.open(path)
    form = [field for field in author.form.fields if field[0] in ("csrf_token", "revision", "digest")]
    begin = time.perf_counter()
    author.send([*form, *fields])
    return time.perf_counter() - begin


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("case", sorted(FIELDS))
def test_it_is_answered_by_the_form(author: Author, path: str, case: str) -> None:
    before = draft_of(author.app).revision
    took = post(author, path, FIELDS[case])
    assert author.status in (200, 422), author.said[:500]
    assert took < 5
    text = author.reply.text if author.reply else ""
    assert "<script>" not in text
    assert "<img" not in text
    assert draft_of(author.app).revision == before


@pytest.mark.parametrize("case", sorted(REFUSED))
def test_it_is_refused(author: Author, case: str) -> None:
    fields, statuses = REFUSED[case]
    assert post(author, "new-rule", fields) < 5
    assert author.status in statuses
    assert len(author.said) < 3000


def test_a_rule_of_full_size_is_edited(app: Flask) -> None:
    """Fifty conditions with every country in some, and forty methods' worth of plans, within the bound of a body."""
    countries = [{"attribute": "country", "operator": "not_in", "value": _countries()} for _ in range(10)]
    amounts = [
        {"attribute": "amount", "operator": "greater_than", "value": {"amount": number, "currency": "EUR"}}
        for number in range(40)
    ]
    change_draft(app, lambda document: document["rules"][2]["when"].update(all=[*countries, *amounts]))
    author = Author(app).open("rules/rule_subscription")
    begin = time.perf_counter()
    assert author.save(name="Still here").status_code == 303
    assert time.perf_counter() - begin < 5
    assert draft_of(app).document["rules"][2]["when"] == {"all": [*countries, *amounts]}


def test_one_that_no_page_holds_is_refused_with_what_to_do(app: Flask) -> None:
    values = [f"value {number}" for number in range(400)]
    wide = {"all": [{"attribute": "locale", "operator": "in", "value": values}] * 20}
    change_draft(app, lambda document: document["rules"][2].update(when=wide))
    reply = Operator(app).get("/admin/rules/draft/rules/rule_subscription")
    assert reply.status_code == 413
    assert "Split it in two, or edit the rules as a file" in reply.text


@pytest.mark.parametrize("item_id", ["..", "%00", "a%2Fb", "x" * 3000, "%F0%9F%A7%BE", "<script>"])
def test_an_address_of_nothing(kept_app: Flask, author: Author, item_id: str) -> None:
    status = author.operator.get(f"/admin/rules/draft/rules/{item_id}").status_code
    assert status in (400, 404, 302, 308)


def test_a_form_for_something_that_was_never_there_adds_nothing(app: Flask) -> None:
    author = Author(app).open("rules/rule_subscription")
    author.path = "/admin/rules/draft/rules/rule_made_up"
    reply = author.save()
    assert reply.status_code == 404
    with app.app_context():
        assert "rule_made_up" not in str(drafts.get_draft().document)


def _countries() -> list[Any]:
    return ["AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT", "LU"]
