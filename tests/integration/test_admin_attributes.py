"""The attributes' pages: what is declared, where it is used, and forms that say beside the field what is wrong."""

import re

from flask import Flask

from app.services import own_attributes, rule_sets
from tests.support import flow
from tests.support.attributes import asking_for, declare
from tests.support.backoffice import Operator, add_person, words

LIST = "/admin/rules/attributes/"


def test_an_attribute_is_declared_and_shown_with_what_the_shop_sends(app: Flask) -> None:
    admin = Operator(app)
    assert "None yet" in admin.words(LIST)
    form = {"key": "loyalty", "label": "Loyalty level", "type": "string", "choices": "silver\r\n\r\n gold \r\n"}
    done = admin.press(f"{LIST}new-attribute", **form, help="From the till.")
    assert (done.status_code, done.location) == (302, f"{LIST}loyalty")
    page = admin.page(f"{LIST}loyalty")
    assert "&#34;attributes&#34;: {&#34;loyalty&#34;: &#34;silver&#34;}" in page
    assert ">\nsilver\ngold</textarea>" in page
    assert "Loyalty level loyalty Text 2 choices No rule Never New" in admin.words(LIST)
    with app.app_context():
        assert own_attributes.get_own("loyalty").created_by == "user:operator@example.com"


def test_every_fault_stands_beside_its_field_and_what_was_typed_is_kept(app: Flask) -> None:
    form = {"key": "Loyalty", "label": "", "type": "boolean", "choices": "<script>alert(1)</script>", "help": "x" * 301}
    refused = Operator(app).press(f"{LIST}new-attribute", **form)
    assert refused.status_code == 422
    for field in ("key", "label", "choices", "help"):
        assert f'id="field-{field}-error"' in refused.text
        assert re.search(rf'id="field-{field}" name="{field}" aria-invalid="true"', refused.text)
        assert f'href="#field-{field}"' in refused.text
    assert 'value="Loyalty"' in refused.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;</textarea>" in refused.text
    assert '<option value="boolean" selected>' in refused.text


def test_the_second_of_two_people_is_told_and_keeps_what_they_typed(app: Flask) -> None:
    with app.app_context():
        declare()
    admin = Operator(app)
    path, form = f"{LIST}vip/change", {"type": "boolean", "revision": "1"}
    assert admin.press(path, label="First", **form).status_code == 302
    second = admin.press(path, label="Second", **form)
    assert second.status_code == 409
    assert "Nothing was overwritten" in second.text
    assert 'value="Second"' in second.text
    assert admin.press(path, label="Second", **form).status_code == 409, "sent again, it must not overwrite either"
    assert admin.press(path, label="Third", type="boolean", revision="nonsense").status_code == 409
    assert "First" in admin.words(LIST)


def test_one_that_is_used_can_be_retired_and_brought_back_and_not_removed(app: Flask) -> None:
    with app.app_context():
        declare()
        rule_sets.publish(asking_for(), author="tester")
        flow.open_session(attributes={"vip": True})
    admin = Operator(app)
    page = admin.page(f"{LIST}vip")
    assert "Asks for vip rule of version 2" in words(page)
    assert f"{LIST}vip/remove" not in page
    refused = admin.press(f"{LIST}vip/remove")
    assert refused.status_code == 409
    assert "the rule “Asks for vip” of version 2 and sessions have carried it since" in refused.text
    changed = admin.press(f"{LIST}vip/change", label="VIP", type="integer", revision="1")
    assert changed.status_code == 409
    assert 'id="field-type-error"' in changed.text
    assert admin.press(f"{LIST}vip/retire").status_code == 302
    listed = admin.words(LIST)
    assert "Retired" in listed[: listed.index("Built in")]
    assert "Last " in listed
    assert admin.press(f"{LIST}vip/bring-back").status_code == 302
    assert "Retired" not in admin.words(f"{LIST}vip").split("Where it is used")[0]


def test_one_that_nothing_uses_is_removed(app: Flask) -> None:
    with app.app_context():
        declare()
        declare("new")  # a word of an address is a key like any other
    admin = Operator(app)
    assert f"{LIST}new/remove" in admin.page(f"{LIST}new")
    assert f"{LIST}vip/remove" in admin.page(f"{LIST}vip")
    assert admin.press(f"{LIST}vip/remove").status_code == 302
    assert admin.get(f"{LIST}vip").status_code == 404
    for step in ("change", "retire", "bring-back", "remove"):
        assert admin.press(f"{LIST}vip/{step}", label="x", type="date", revision="1").status_code == 404


def test_who_only_reads_sees_all_and_changes_nothing(app: Flask) -> None:
    with app.app_context():
        declare("loyalty", "string", choices=("silver", "gold"))
    add_person(app, "bruno@example.com", "rules_approver")
    reader = Operator(app, "bruno@example.com")
    assert "silver, gold" in reader.words(f"{LIST}loyalty")
    assert "<form" not in reader.page(f"{LIST}loyalty").split("<main")[1]
    assert f"{LIST}new-attribute" not in reader.page(LIST)
    assert reader.get(f"{LIST}new-attribute").status_code == 403
    for step in ("change", "retire", "bring-back", "remove"):
        assert reader.press(f"{LIST}loyalty/{step}").status_code == 403
