"""Rules, adjustments and the default offer made and changed by their forms, on both databases."""

import re
from typing import Any

import pytest
from flask import Flask

from app.services import drafts
from rules import seed_json
from tests.support.backoffice import Operator, add_person, words
from tests.support.builder import Author, change_draft, draft_of

LARGE = {
    "id": "rule_large_baskets",
    "name": "Large baskets",
    "enabled": True,
    "valid_until": "2031-12-31",
    "when": {
        "all": [
            {"attribute": "amount", "operator": "between", "value": [
                {"amount": 50000, "currency": "EUR"}, {"amount": 100050, "currency": "EUR"}]},
            {"attribute": "country", "operator": "in", "value": ["IT", "ES"]},
            {"any": [
                {"attribute": "returning_customer", "operator": "equals", "value": True},
                {"attribute": "device", "operator": "is_unknown"},
            ]},
        ]
    },
    "offer": {"methods": [
        {"method": "paypal", "providers": {"strategy": "ordered", "accounts": [{"account": "sandbox_south"}]}},
        {"method": "card", "providers": {"strategy": "weighted", "accounts": [
            {"account": "sandbox_north", "weight": 70}, {"account": "sandbox_south", "weight": 30}]}},
    ]},
}  # fmt: skip


def rule_of(app: Flask, item_id: str, kind: str = "rules") -> Any:
    """A rule of the draft as it is, or None."""
    return next((item for item in draft_of(app).document[kind] if item["id"] == item_id), None)


def named(app: Flask, name: str, kind: str = "rules") -> Any:
    """A rule of the draft by its name."""
    return next(item for item in draft_of(app).document[kind] if item["name"] == name)


def test_a_rule_is_made_with_buttons_alone(app: Flask) -> None:
    author = Author(app).open("new-rule")
    first = draft_of(app).document["rules"][0]["id"]
    author.press("add:when", name="Large baskets", when__new="amount", valid_until="2031-12-31")
    assert author.form.focus == "when.0.operator"
    author.press(
        "add:when", when__0__operator="between", when__0__low="500", when__0__high="1000,50", when__new="country"
    )
    author.press("take:when.1", when__1__text="Italia, ES")
    assert author.form.values("when.1.pick") == ["IT", "ES"]
    author.press("group:when").press("add:when.2", when__2__new="returning_customer")
    author.form.set("when.2.0.pick", "true")
    author.press("add:when.2", when__2__new="device").form.set("when.2.1.operator", "is_unknown")
    author.press("add:offer", offer__new="card")
    author.press("add:offer", offer__new="paypal", offer__0__strategy="weighted")
    author.form.set("offer.0.0.weight", "70").set("offer.0.1.weight", "30")
    author.press("up:offer.1")
    assert author.form.values("offer.0.method") == ["paypal"]
    author.press("remove:offer.0.0", offer__new="klarna").press("refresh", position=f"after:{first}")
    assert (
        "when the amount is between €500.00 and €1,000.50 and the country is one of Italy, Spain and (“Returning"
        in author.said
    )
    before = draft_of(app)
    reply = author.save()
    assert reply.status_code == 303, words(reply.text)
    after = draft_of(app)
    made = after.document["rules"][1]["id"]
    assert re.fullmatch("rule_large_baskets_[0-9a-f]{8}", made)
    assert reply.location.endswith(f"/admin/rules/draft/#rule-{made}")
    assert after.document["rules"][1] == LARGE | {"id": made}
    assert after.document["rules"][:1] + after.document["rules"][2:] == before.document["rules"]
    assert (after.revision, after.author) == (before.revision + 1, f"user:{app.config['JUNCTION'].admin_email}")
    assert "Saved in the draft" in author.operator.words("/admin/rules/draft/")


def test_what_is_opened_and_saved_untouched_changes_nothing(app: Flask) -> None:
    author, document = Author(app), seed_json()
    revision = draft_of(app).revision
    paths = [f"rules/{rule['id']}" for rule in document["rules"]]
    paths += [f"adjustments/{item['id']}" for item in document["adjustments"]] + ["default"]
    for path in paths:
        assert author.open(path).save().status_code == 303, path
        assert "The draft has it as it is here" in author.operator.words("/admin/rules/draft/")
    assert draft_of(app).revision == revision
    assert draft_of(app).author is None


def test_a_second_click_saves_nothing_twice_and_a_form_gone_back_to_is_the_same_rule(app: Flask) -> None:
    author = Author(app).open("new-rule").press("add:offer", name="Twice", offer__new="card")
    sent = author.form.pressed("save")
    assert [author.send(sent).status for _ in range(2)] == [303, 303]
    made = draft_of(app).document["rules"][-1]
    assert [rule["name"] for rule in draft_of(app).document["rules"]].count("Twice") == 1
    again = [(key, "Thrice" if key == "name" else value) for key, value in sent]
    assert author.send(again).status == 409
    assert author.save().status_code == 303
    assert draft_of(app).document["rules"][-1] == made | {"name": "Thrice"}


def test_the_id_of_a_deleted_rule_is_never_given_again(app: Flask) -> None:
    """What the old rule decided is not the new one's."""
    ids = set()
    for _ in range(2):
        author = Author(app).open("new-rule").press("add:offer", name="Business customers", offer__new="card")
        assert author.save().status_code == 303
        ids.add(draft_of(app).document["rules"][-1]["id"])
        change_draft(app, lambda document: document["rules"].pop())
    assert len(ids) == 2


def test_an_adjustment_is_made_and_changed(app: Flask) -> None:
    author = Author(app).open("new-adjustment")
    author.press("action:", name="Abroad", new="hide_methods")
    author.form.set("actions.0.pick", "sepa_debit", "invoice")
    author.press("action:", new="put_first").press("add:actions.1", actions__1__new="card")
    author.press("add:actions.1", actions__1__new="paypal").press("up:actions.1.picks.1")
    author.press("action:", new="route_method").press("remove:actions.2.plan.1", actions__2__plan__method="card")
    author.press("action:", new="require_strong_authentication").press("action:", new="show_notice")
    author.press("add:actions.4", actions__4__new="fr", actions__4__notices__0__text="Hello\r\nyou")
    author.press("refresh", actions__4__notices__3__text="Bonjour")
    assert author.save().status_code == 303
    made = named(app, "Abroad", "adjustments")
    assert made["when"] == {"all": []}
    assert made["actions"] == [
        {"type": "hide_methods", "methods": ["sepa_debit", "invoice"]},
        {"type": "put_first", "methods": ["paypal", "card"]},
        {"type": "route_method", "method": "card",
         "providers": {"strategy": "ordered", "accounts": [{"account": "sandbox_north"}]}},
        {"type": "require_strong_authentication"},
        {"type": "show_notice", "text": {"en": "Hello\nyou", "fr": "Bonjour"}},
    ]  # fmt: skip
    author.open(f"adjustments/{made['id']}").press("remove:actions.0").press("down:actions.0")
    author.form.set("enabled")
    assert author.save().status_code == 303
    changed = named(app, "Abroad", "adjustments")
    kinds = [action["type"] for action in changed["actions"]]
    assert kinds == ["route_method", "put_first", "require_strong_authentication", "show_notice"]
    assert changed["enabled"] is False


def test_an_experiment_begins_with_a_copy_of_the_offer_and_ends(app: Flask) -> None:
    author = Author(app).open("rules/rule_subscription").press("split:").press("remove:other.0", share="20")
    assert author.save().status_code == 303
    rule = rule_of(app, "rule_subscription")
    assert rule["experiment"]["share"] == 20
    assert rule["experiment"]["offer"]["methods"] == rule["offer"]["methods"][1:]
    assert author.open("rules/rule_subscription").save(share="100").status_code == 422
    assert "1 to 99" in author.said
    assert author.press("unsplit:").save().status_code == 303
    assert "experiment" not in rule_of(app, "rule_subscription")


def test_what_is_wrong_stands_beside_its_field_as_it_was_typed(app: Flask) -> None:
    author = Author(app).open("new-rule").press("add:when", when__new="amount")
    author.press("add:when", when__new="country").press("add:when", when__new="hour").press("group:when")
    reply = author.save(
        name=" ", when__0__low="12,5x", when__1__text="Itly", when__2__operator="between", when__2__low="9"
    )
    assert reply.status_code == 422
    text = reply.text
    for name, message in {
        "name": "Give it a name",
        "when.0.value": "Write the amount as in 1250.00",
        "when.1.value": "There is no country “Itly”. Did you mean Italy?",
        "when.2.high": "Fill this in.",
        "when.3.new": "A group is empty; add a condition to it or remove it.",
        "offer.new": "Offer 1 to 40 payment methods.",
    }.items():
        assert f'href="#{name}"' in text, name
        assert f'id="{name}"' in text
        assert f'aria-invalid="true" aria-describedby="{name}-error"' in text
        assert message in words(text[text.index(f'id="{name}-error"') :][:900]), name
    assert author.form.value("when.0.low") == "12,5x"
    assert author.form.value("when.1.text") == "Itly"
    assert author.form.focus == "summary"
    assert draft_of(app).author is None


def test_somebody_elses_change_is_told_and_kept(app: Flask) -> None:
    author = Author(app).open("rules/rule_subscription")
    change_draft(app, lambda document: document["rules"][0].update(name="Renamed by another"))
    reply = author.save(name="Mine")
    assert reply.status_code == 409
    assert "second@example.com changed the draft" in words(reply.text)
    assert "is as you found it" in words(reply.text)
    assert author.form.value("name") == "Mine"
    assert rule_of(app, "rule_subscription")["name"] == "Subscriptions"
    assert author.save().status_code == 303
    assert rule_of(app, "rule_subscription")["name"] == "Mine"
    assert draft_of(app).document["rules"][0]["name"] == "Renamed by another"


def test_a_change_of_the_same_rule_is_shown_beside_ours(app: Flask) -> None:
    author = Author(app).open("rules/rule_subscription")

    def offer_card_only(document: Any) -> None:
        [rule] = [rule for rule in document["rules"] if rule["id"] == "rule_subscription"]
        rule["offer"]["methods"] = rule["offer"]["methods"][1:2]

    change_draft(app, offer_card_only)
    reply = author.save(name="Mine")
    said = words(reply.text)
    assert "was changed too" in said
    assert (
        "In the draft now “Subscriptions”: When the flow is subscription, offer Card through North, then South Yours"
        in said
    )
    assert "Yours “Mine”: When the flow is subscription, offer SEPA Direct Debit" in said
    assert author.save().status_code == 303
    assert len(rule_of(app, "rule_subscription")["offer"]["methods"]) == 3


def test_a_rule_that_was_removed_meanwhile_comes_back_at_the_end(app: Flask) -> None:
    author = Author(app).open("rules/rule_subscription")
    change_draft(app, lambda document: document["rules"].pop(2))
    assert "was removed from the draft" in words(author.save(name="Mine").text)
    assert author.save().status_code == 303
    assert draft_of(app).document["rules"][-1]["name"] == "Mine"
    assert author.operator.get("/admin/rules/draft/rules/rule_none").status_code == 404


def test_a_change_between_reading_and_writing_is_not_lost(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    author, save = Author(app).open("rules/rule_subscription"), drafts.save_draft

    def save_after_another(*arguments: Any, **named: Any) -> Any:
        monkeypatch.setattr(drafts, "save_draft", save)
        draft = drafts.get_draft()
        draft.document["rules"][0]["name"] = "Renamed by another"
        save(draft.document, revision=draft.revision, author="user:second@example.com")
        return save(*arguments, **named)

    monkeypatch.setattr(drafts, "save_draft", save_after_another)
    assert author.save(name="Mine").status_code == 409
    assert author.save().status_code == 303
    names = [rule["name"] for rule in draft_of(app).document["rules"]]
    assert "Renamed by another" in names
    assert "Mine" in names


def test_two_of_one_id_are_not_mixed_up(app: Flask) -> None:
    author = Author(app).open("rules/rule_subscription")
    change_draft(app, lambda document: document["rules"].append(document["rules"][2] | {"name": "Its double"}))
    reply = author.operator.get("/admin/rules/draft/rules/rule_subscription")
    assert reply.status_code == 409
    assert "twice under one id" in words(reply.text)
    assert author.save(name="Mine").status_code == 409
    assert "Mine" not in str(draft_of(app).document)


def test_work_that_was_kept_comes_back_unsaved(app: Flask) -> None:
    author = Author(app).open("rules/rule_subscription").press("split:", name="Half done")
    author.send([*author.form.fields, ("do", "restore")])
    assert author.status == 200
    assert author.form.value("name") == "Half done"
    assert author.form.value("split") == "1"
    assert draft_of(app).author is None


@pytest.mark.parametrize("role", ["viewer", "rules_approver"])
def test_only_authors_get_in(app: Flask, role: str) -> None:
    add_person(app, "other@example.com", role)
    person = Operator(app, "other@example.com")
    for path in ("new-rule", "rules/rule_subscription", "new-adjustment", "adjustments/adj_gift_cards", "default"):
        assert person.get(f"/admin/rules/draft/{path}").status_code == 403
        assert person.press(f"/admin/rules/draft/{path}", do="save").status_code == 403
