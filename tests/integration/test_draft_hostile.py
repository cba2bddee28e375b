"""Hostile drafts: refused with a sentence or kept as plain text, never able to hang or break anything."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.services import drafts, rule_sets
from rules import seed_json
from rules.limits import MAX_RULES
from tests.support.api import Api
from tests.support.backoffice import Operator
from tests.support.drafts import DRAFT, Drafter
from tests.support.problems import assert_problem

Count = Callable[[], dict[str, int]]
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>"


def with_rule(**changes: Any) -> dict[str, Any]:
    """The seed with its first rule changed."""
    document = seed_json()
    document["rules"][0] |= changes
    return document


def nested(levels: int) -> dict[str, Any]:
    tree: dict[str, Any] = {"all": []}
    for _ in range(levels):
        tree = {"all": [tree]}
    return tree


def locale_test(values: Any, operator: str = "in") -> dict[str, Any]:
    return {"all": [{"attribute": "locale", "operator": operator, "value": values}]}


@pytest.mark.parametrize(
    ("document", "status", "fix"),
    [
        pytest.param(with_rule(when=nested(8)), 400, "nested too deeply", id="too deep"),
        pytest.param(with_rule(when=locale_test(["it"] * 10_000)), 422, "has 10000 entries", id="10,000 values"),
        pytest.param(seed_json() | {"rules": [{}] * 10_000}, 422, "has 10000 entries", id="too many rules"),
        pytest.param(seed_json() | {"rules": {}}, 422, "write a list", id="rules that are no list"),
        pytest.param(seed_json() | {"rules": [1, None, "x", []]}, 422, "write an object", id="rules that are no rules"),
        pytest.param(with_rule(name=7), 422, "write a text", id="a name that is a number"),
        pytest.param(with_rule(name=None), 422, "write a text", id="no name"),
        pytest.param(with_rule(name="a\x00b"), 422, "control character", id="a name that cannot be stored"),
        pytest.param(with_rule(name="\ud800"), 422, "half characters", id="half a character"),
        pytest.param(with_rule(enabled="yes"), 422, "true or false", id="a switch that is a word"),
        pytest.param(with_rule(valid_from="2026-02-30"), 422, "write the day", id="a day that is not there"),
        pytest.param(with_rule(when=[]), 422, "write a group", id="conditions that are no group"),
        pytest.param(with_rule(when={"all": [], "any": []}), 422, "write a group", id="two groups in one"),
        pytest.param(with_rule(when=locale_test(1.5, "equals")), 422, "write a text", id="a number with a fraction"),
        pytest.param(with_rule(when=locale_test(1e400, "equals")), 422, "write a text", id="infinity"),
        pytest.param(with_rule(when=locale_test([["x"]])), 422, "write a text", id="a list in a list"),
        pytest.param(with_rule(run="rm -rf"), 422, "means nothing here", id="a field nobody knows"),
        pytest.param(with_rule(offer={"methods": "card"}), 422, "write a list", id="an offer that is a word"),
        pytest.param({}, 422, "which is missing", id="nothing"),
    ],
)  # fmt: skip
def test_what_is_no_rule_set_is_refused_and_changes_nothing(
    kept_api: Api, unchanged: Count, document: Any, status: int, fix: str
) -> None:
    drafter = Drafter(kept_api)
    before = drafter.read(), unchanged()
    assert_problem(drafter.save(document), status, None, fix)
    assert (drafter.read(), unchanged()) == before


@pytest.mark.parametrize("body", [None, [], "x", 7, {}, {"rule_set": []}, {"rule_set": None}, {"rules": []}])
def test_a_body_without_a_rule_set_is_refused(kept_api: Api, body: Any) -> None:
    headers = kept_api.headers() | {"If-Match": '"1"'}
    reply = kept_api.client.put(DRAFT, json=body, headers=headers)
    assert reply.status_code in (400, 422)
    assert reply.json["errors"]


def test_a_body_larger_than_any_rule_set_is_refused_unread(kept_api: Api) -> None:
    document = with_rule(name="x" * (2 * 1024 * 1024))
    assert_problem(Drafter(kept_api).save(document, 1), 413, None, "larger than 2048 KiB")


def large(count: int) -> dict[str, Any]:
    plain = seed_json()
    rule = plain["rules"][-1] | {"when": {"all": [{"attribute": "amount", "operator": "is_known"}]}}
    rule |= {"offer": {"methods": plain["default"]["methods"][:1]}}
    return plain | {"rules": [rule | {"id": f"rule_{n}", "name": f"R{n}"} for n in range(count)]}


@pytest.mark.parametrize(
    ("document", "fix"),
    [
        pytest.param(with_rule(when=nested(6)), "nested 7 deep", id="deep"),
        pytest.param(with_rule(when=locale_test(["it"] * 4_999)), "list 1 to 400 values", id="many values"),
        pytest.param(
            with_rule(when={"all": locale_test(["it"])["all"] * 4_999}), "4999 conditions", id="many conditions"
        ),
        pytest.param(large(MAX_RULES + 1), f"There are {MAX_RULES + 1} rules", id="many rules"),
        pytest.param(with_rule(name="\n\u202e"), "printable", id="a name nobody can read"),
        pytest.param(with_rule(when=locale_test({"amount": 10**4000, "currency": "?"}, "equals")), "money", id="huge"),
    ],
)
def test_what_no_rule_set_may_hold_is_told_by_the_check_and_never_published(
    app: Flask, document: Any, fix: str
) -> None:
    with app.app_context():  # past the limits of the API, as a page might
        revision = drafts.save_draft(document, revision=drafts.get_draft().revision, author="anna").revision
    drafter = Drafter(Api(app.test_client()))
    problems = drafter.api.post(f"{DRAFT}/check").json["problems"]
    assert fix in problems[0]["message"]
    assert len(problems) <= 50
    assert_problem(drafter.approve(revision), 422, None, fix)
    assert drafter.publish(revision).status_code == 409
    told = drafter.api.get(f"{DRAFT}/difference")
    assert told.status_code == 200
    assert max(len(change["message"]) for change in told.json["data"]) < 20_000
    with app.app_context():
        assert rule_sets.active_number() == 1


def test_script_in_a_name_is_text_wherever_it_is_shown(app: Flask) -> None:
    drafter = Drafter(Api(app.test_client()))
    assert drafter.save(with_rule(name=SCRIPT)).status_code == 200
    for reply in (drafter.api.get(DRAFT), drafter.api.get(f"{DRAFT}/difference"), drafter.approve()):
        assert reply.content_type == "application/json"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert drafter.publish(note=SCRIPT).status_code == 201
    operator = Operator(app)
    for path in ("/admin/rules/", "/admin/rules/versions/"):
        page = operator.page(path)
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert" not in page
        assert "<img src=x" not in page


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_rule_set_of_full_size_goes_through(app: Flask) -> None:
    """The limit of a body is no limit for people: two thousand rules are written, compared and checked."""
    drafter = Drafter(Api(app.test_client()))
    document = large(2_000)
    assert len(json.dumps(document)) > 256 * 1024
    assert drafter.save(document).status_code == 200
    assert drafter.api.post(f"{DRAFT}/check").json["problems"] == []
    assert len(drafter.api.get(f"{DRAFT}/difference").json["data"]) >= 2_000
