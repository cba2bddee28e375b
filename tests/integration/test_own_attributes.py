"""Attributes that the merchant declares: in force at once in every process, never pulled away from under the rules."""

from typing import Any

import pytest
from flask import Flask

from app.models import DecisionRecord, OwnAttribute, db
from app.services import (
    catalogue,
    decisions,
    draft_publishing,
    drafts,
    own_attributes,
    rule_checks,
    rule_sets,
    sessions,
)
from app.services.attribute_errors import AttributeChanged, AttributeInUse
from app.services.attribute_fields import Fields
from app.services.errors import FieldsRefused, NotFound
from app.services.transaction import transaction
from rules import InvalidFacts, InvalidRuleSet
from tests.support import flow
from tests.support.api import Api, session_body
from tests.support.attributes import asking_for, declare
from tests.support.hub import variant

SENT = {"attributes": {"vip": True}}


def test_another_process_knows_it_at_its_next_request(app: Flask) -> None:
    other = Api(variant(app).test_client())
    refused = other.post("/v1/checkout/sessions", session_body(**SENT))
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "attributes.vip")
    with app.app_context():
        declare()
        rule_sets.publish(asking_for(), author="tester")
    opened = other.open_session(**SENT)
    assert [method["method"] for method in opened["payment_methods"]] == ["paypal"]
    assert opened["decision"]["rule"]["id"] == "rule_own"
    plain = other.open_session()
    assert plain["decision"]["rule"]["id"] != "rule_own"
    explained = other.get(f"/v1/checkout/sessions/{opened['id']}/decision").json
    assert explained["facts"]["vip"] is True
    assert explained["explanation"]["rules"][0]["when"]["all"][0]["actual"] is True


def test_the_api_lists_it_and_says_when_it_is_retired(app: Flask, api: Api) -> None:
    with app.app_context():
        declare("loyalty", "string", choices=("silver", "gold"))
    listed = api.get("/v1/rules/attributes").json["data"]
    assert listed[-1] == {
        "key": "loyalty",
        "label": "LOYALTY",
        "type": "string",
        "operators": ["equals", "not_equals", "in", "not_in", "is_known", "is_unknown"],
        "choices": ["silver", "gold"],
        "minimum": None,
        "maximum": None,
        "help": "",
        "derived": False,
        "retired": False,
    }
    with app.app_context():
        own_attributes.retire("loyalty", actor="tester")
    assert api.get("/v1/rules/attributes").json["data"][-1]["retired"] is True


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("boolean", True, 1),
        ("integer", 3, "3"),
        ("money", 4990, -1),
        ("string", "gold", 5),
        ("string_list", ["a", "b"], "a"),
        ("country", "IT", "Italy"),
        ("currency", "EUR", "euro"),
        ("date", "2027-01-31", "31.1.2027"),
    ],
)
def test_each_type_takes_its_own_values_and_no_others(app: Flask, api: Api, kind: str, good: Any, bad: Any) -> None:
    with app.app_context():
        declare("own", kind)
    assert api.post("/v1/checkout/sessions", session_body(attributes={"own": good})).status_code == 201
    refused = api.post("/v1/checkout/sessions", session_body(attributes={"own": bad}))
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "attributes.own")


def test_retired_it_goes_on_working_and_the_check_says_so(app: Flask, api: Api) -> None:
    with app.app_context():
        declare()
        rule_sets.publish(asking_for(), author="tester")
        own_attributes.retire("vip", actor="tester")
        findings = rule_checks.check(asking_for()).findings
        [finding] = [item for item in findings if item.kind.value == "retired_attribute"]
        assert (finding.rule_id, finding.severity.value) == ("rule_own", "warning")
        assert "“VIP”, which is retired" in finding.message
        assert catalogue.catalogue().get("vip").retired
    assert api.open_session(**SENT)["decision"]["rule"]["id"] == "rule_own"
    with app.app_context():
        own_attributes.bring_back("vip", actor="tester")
        assert not catalogue.catalogue().get("vip").retired


@pytest.mark.usefixtures("app_context")
def test_only_what_nothing_uses_can_be_removed() -> None:
    declare("never_used")
    own_attributes.remove("never_used", actor="tester")
    with pytest.raises(NotFound):
        own_attributes.remove("never_used", actor="tester")
    declare("drafted")
    revision = drafts.get_draft().revision
    draft = drafts.save_draft(asking_for("drafted"), revision=revision, author="anna")
    with pytest.raises(AttributeInUse, match="the rule “Asks for drafted” of the draft"):
        own_attributes.remove("drafted", actor="tester")
    drafts.discard_draft(revision=draft.revision, actor="anna")
    own_attributes.remove("drafted", actor="tester")


@pytest.mark.usefixtures("app_context")
def test_an_old_version_that_names_it_keeps_it() -> None:
    declare("old_one")
    declare("old")  # the start of another key is another attribute
    rule_sets.publish(asking_for("old_one"), author="tester")
    rule_sets.activate_version(1, actor="tester")
    with pytest.raises(AttributeInUse, match="version 2"):
        own_attributes.remove("old_one", actor="tester")
    own_attributes.remove("old", actor="tester")
    rule_sets.activate_version(2, actor="tester")


@pytest.mark.usefixtures("app_context")
def test_once_a_session_carried_it_it_stays_and_keeps_its_type() -> None:
    declare("vip")
    own_attributes.change("vip", Fields("VIP", "integer"), revision=1, actor="tester")
    first = flow.open_session(attributes={"vip": 3})
    flow.open_session(attributes={"vip": 4})
    row = own_attributes.get_own("vip")
    assert row.carried_at == first.created_at
    with pytest.raises(AttributeInUse, match="sessions have carried it since"):
        own_attributes.remove("vip", actor="tester")
    with pytest.raises(AttributeInUse):
        own_attributes.change("vip", Fields("VIP", "boolean"), revision=2, actor="tester")
    own_attributes.change("vip", Fields("Very important", "integer"), revision=2, actor="tester")


@pytest.mark.usefixtures("app_context")
def test_a_session_that_is_refused_carries_nothing() -> None:
    declare("vip")
    with pytest.raises(InvalidFacts):
        flow.open_session(attributes={"vip": True, "unheard_of": 1})
    flow.open_session(attributes={"vip": None})
    assert own_attributes.get_own("vip").carried_at is None


@pytest.mark.usefixtures("app_context")
def test_of_two_people_the_second_is_told() -> None:
    declare("vip")
    own_attributes.change("vip", Fields("First", "boolean"), revision=1, actor="anna")
    with pytest.raises(AttributeChanged, match="“First”"):
        own_attributes.change("vip", Fields("Second", "boolean"), revision=1, actor="bruno")
    assert own_attributes.get_own("vip").label == "First"


@pytest.mark.usefixtures("app_context")
def test_a_choice_that_rules_name_cannot_be_taken_away() -> None:
    declare("loyalty", "string", choices=("bronze", "silver", "gold"))
    rule_sets.publish(asking_for("loyalty", "in", ["silver"]), author="tester")
    drafts.save_draft(asking_for("loyalty", "equals", "gold"), revision=drafts.get_draft().revision, author="anna")
    for choices, kept in ((("bronze", "gold"), "silver"), (("silver", "bronze"), "gold")):
        with pytest.raises(FieldsRefused, match=f"Keep “{kept}”: the rule “Asks for loyalty”"):
            own_attributes.change("loyalty", Fields("LOYALTY", "string", choices), revision=1, actor="tester")
    narrow = Fields("LOYALTY", "string", ("silver", "gold", "platinum"))
    own_attributes.change("loyalty", narrow, revision=1, actor="tester")
    rule_sets.publish(asking_for("loyalty", "equals", "platinum"), author="tester")
    with pytest.raises(InvalidRuleSet):
        rule_sets.publish(asking_for("loyalty", "equals", "bronze"), author="tester")


@pytest.mark.usefixtures("app_context")
def test_a_session_decides_anew_and_is_explained_after_its_choice_went() -> None:
    declare("loyalty", "string", choices=("bronze", "gold"))
    session = flow.open_session(attributes={"loyalty": "bronze"})
    own_attributes.change("loyalty", Fields("LOYALTY", "string", ("gold",)), revision=1, actor="tester")
    attempt = flow.pay(session.id)
    with transaction():
        attempt = db.session.get(type(attempt), attempt.id)
        record = decisions.decide_for(sessions.get_session(session.id), [attempt])
        assert record.facts["loyalty"] == "bronze"
        decisions.explain_record(record)
    with pytest.raises(InvalidFacts):
        flow.open_session(attributes={"loyalty": "bronze"})


@pytest.mark.parametrize(
    ("key", "fields", "wrong"),
    [
        ("VIP", Fields("VIP", "boolean"), "key"),
        ("1st", Fields("First", "boolean"), "key"),
        ("", Fields("Nothing", "boolean"), "key"),
        ("a" * 41, Fields("Long", "boolean"), "key"),
        ("vip\n", Fields("Break", "boolean"), "key"),
        ("country", Fields("Somewhere", "boolean"), "key"),
        ("vip", Fields("", "boolean"), "label"),
        ("vip", Fields("x" * 81, "boolean"), "label"),
        ("vip", Fields("a\0b", "boolean"), "label"),
        ("vip", Fields("half \ud800", "boolean"), "label"),
        ("vip", Fields("turned \u202e round", "boolean"), "label"),
        ("vip", Fields("COUNTRY", "boolean"), "label"),
        ("vip", Fields("VIP", "object"), "type"),
        ("vip", Fields("VIP", ""), "type"),
        ("vip", Fields("VIP", "boolean", ("yes",)), "choices"),
        ("vip", Fields("VIP", "string", ("a", " a ")), "choices"),
        ("vip", Fields("VIP", "string", ("x" * 81,)), "choices"),
        ("vip", Fields("VIP", "string", ("\ud800",)), "choices"),
        ("vip", Fields("VIP", "string_list", tuple(map(str, range(101)))), "choices"),
        ("vip", Fields("VIP", "boolean", help="x" * 301), "help"),
        ("vip", Fields("VIP", "boolean", help="\0"), "help"),
    ],
)
@pytest.mark.usefixtures("app_context")
def test_what_cannot_be_an_attribute_is_refused_by_field(key: str, fields: Fields, wrong: str) -> None:
    with pytest.raises(FieldsRefused) as refused:
        own_attributes.declare(key, fields, actor="tester")
    assert set(refused.value.errors) == {wrong}
    assert own_attributes.list_own() == []


@pytest.mark.usefixtures("app_context")
def test_keys_and_labels_are_given_once_and_there_is_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    declare("vip", label="Grüße")
    declare("guest", label="Cafe\u0301")
    for key, label, wrong in (("vip", "Other", "key"), ("vip2", "GRÜSSE", "label"), ("vip3", "Caf\u00e9", "label")):
        with pytest.raises(FieldsRefused) as refused:
            declare(key, label=label)
        assert set(refused.value.errors) == {wrong}
    monkeypatch.setattr(own_attributes, "MOST", 2)
    with pytest.raises(FieldsRefused, match="the most there can be"):
        declare("one_more")


@pytest.mark.usefixtures("app_context")
def test_declared_anew_it_is_what_it_is_now() -> None:
    declare("level", "string", choices=("a",))
    assert catalogue.catalogue().get("level").choices == ("a",)
    own_attributes.remove("level", actor="tester")
    assert catalogue.catalogue().get("level") is None
    declare("level", "integer")
    known = catalogue.catalogue().get("level")
    assert (known.type.value, known.choices, known.retired) == ("integer", None, False)


@pytest.mark.usefixtures("app_context")
def test_a_draft_that_tests_it_is_published_and_the_record_says_so() -> None:
    declare("vip")
    saved = drafts.save_draft(asking_for(), revision=drafts.get_draft().revision, author="anna")
    drafts.approve(revision=saved.revision, approver="bruno")
    draft_publishing.publish(revision=saved.revision, actor="bruno", note="For our best customers")
    session = flow.open_session(attributes={"vip": True})
    record = db.session.query(DecisionRecord).filter_by(session_id=session.id).one()
    assert (record.rule_id, record.facts["vip"]) == ("rule_own", True)
    assert db.session.get(OwnAttribute, "vip").carried_at is not None
