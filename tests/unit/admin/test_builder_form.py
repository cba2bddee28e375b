"""The form's buttons, its messages, and where each of them stands."""

import random
import re
from typing import Any

import pytest

from admin.builder.checking import check
from admin.builder.model import ADJUSTMENT, DEFAULT, RULE, ConditionForm, GroupForm, ItemForm, conditions, groups
from admin.builder.operations import absorb, apply, new_plan
from admin.builder.page import Page
from admin.builder.posted import escaped, nested, read_form, unescaped
from admin.builder.saving import digest, find, new_id, new_mark, put
from rules import seed_json
from rules.limits import MAX_CONDITIONS, MAX_DEPTH, MAX_GROUPS
from tests.support.forms import Form
from tests.unit.admin.builder_cases import KNOWN, html_of, sent_back


def pressed(form: ItemForm, do: str) -> str:
    """Press a button of a form; where the person goes on."""
    return apply(form, do, KNOWN)


def test_conditions_and_groups_grow_to_their_bounds_and_no_further() -> None:
    form = ItemForm(RULE)
    for _ in range(MAX_CONDITIONS + 5):
        form.when.new = "amount"
        apply(form, "add:when", KNOWN)
    assert sum(1 for _ in conditions(form.when)) == MAX_CONDITIONS
    path = "when"
    for _ in range(MAX_DEPTH + 2):
        apply(form, f"group:{path}", KNOWN)
        path += f".{MAX_CONDITIONS if path == 'when' else 0}"
    assert sum(1 for _ in groups(form.when)) == MAX_DEPTH - 1
    for _ in range(MAX_GROUPS + 5):
        apply(form, "group:when", KNOWN)
    assert sum(1 for _ in groups(form.when)) == MAX_GROUPS
    buttons = Form(html_of(form), cls=None).buttons
    assert not [do for do in buttons if do.startswith(("add:when", "group:"))]


def test_the_way_a_line_moves_and_where_the_focus_stays() -> None:
    form = ItemForm(DEFAULT)
    for method in ("card", "paypal", "ideal"):
        form.offer.new = method
        apply(form, "add:offer", KNOWN)
    assert pressed(form, "down:offer.0") == "down:offer.1"
    assert pressed(form, "down:offer.1") == "up:offer.2"  # it is last now: only up is there
    assert [method.method for method in form.offer.methods] == ["paypal", "ideal", "card"]
    assert pressed(form, "up:offer.2") == "up:offer.1"
    assert pressed(form, "remove:offer.0") == "offer.new"
    assert [method.method for method in form.offer.methods] == ["card", "ideal"]
    assert [one.account for one in form.offer.methods[0].accounts] == ["north", "south"]  # not the one switched off
    form.offer.new = "card"
    apply(form, "add:offer", KNOWN)
    assert len(form.offer.methods) == 2


def test_every_button_leads_to_a_field_of_the_next_page() -> None:
    """A walk by the buttons that are there: the focus is always somewhere, and nothing breaks."""
    chance = random.Random(7)
    for kind in (RULE, ADJUSTMENT, DEFAULT):
        form = ItemForm(kind)
        for _ in range(150):
            page = Form(html_of(form), cls=None)
            assert len(page.ids) == len(set(page.ids))
            for name in {name for name, _ in page.fields if name.endswith("new") or name == "new"}:
                page.set(name, chance.choice(_choices(html_of(form), name)))
            do = chance.choice(page.buttons)
            form = read_form(page.pressed(do), kind, "")
            focus = apply(form, do, KNOWN)
            shown = Form(html_of(form, focus=focus), cls=None)
            assert focus in shown.ids or focus in ("", "preview"), (do, focus)
            assert shown.focus == (focus if focus != "preview" else "")


def _choices(html: str, name: str) -> list[str]:
    found = re.search(rf'<select name="{re.escape(name)}".*?</select>', html, re.DOTALL)
    return re.findall(r'<option value="([^"]*)"', found[0]) if found else ["fr", "es", ""]


@pytest.mark.parametrize(
    ("condition", "name", "said"),
    [
        (
            ConditionForm("channel", "equals", ["online", "app"]),
            "value",
            "Keep one, or choose “is one of” for several.",
        ),
        (ConditionForm("channel", "in"), "value", "Choose at least one."),
        (ConditionForm("vip", "equals"), "value", "Choose one."),
        (ConditionForm("hour", "equals", low="1, 2"), "value", "Write one number, or choose “is one of” for several."),
        (ConditionForm("hour", "in", low="1, x"), "value", "Write a whole number, such as 3."),
        (ConditionForm("amount", "between", low="5", currency="EUR"), "high", "Fill this in."),
        (ConditionForm("amount", "between", low="5", high="4", currency="EUR"), "value", "Put the lower value first."),
        (ConditionForm("amount", "equals", low="5", currency=""), "value", "Choose the currency."),
        (ConditionForm("date", "equals", low="soon"), "value", "Write the day as in 2026-01-31: year, month, day."),
        (ConditionForm("club", "equals", ["bronze"]), "value", "The value must be one of gold, silver."),
        (ConditionForm("club", "between", ["gold"]), "operator", "“between” does not suit “Club”"),
        (
            ConditionForm("lost", "equals", ["x"]),
            "attribute",
            "There is no attribute “lost”; choose another or declare",
        ),
    ],
)
def test_a_message_stands_at_its_field(condition: ConditionForm, name: str, said: str) -> None:
    form = sent_back(ItemForm(RULE, "rule_x", "“X”: a, b", when=GroupForm("all", [GroupForm("any", [condition])])))
    messages = check(form, KNOWN, strictly=True).messages
    assert list(messages) == [f"when.0.0.{name}", "offer.new"], messages
    assert messages[f"when.0.0.{name}"].startswith(said)
    html = html_of(form, messages=messages)
    assert f'id="when.0.0.{name}" aria-invalid="true" aria-describedby="when.0.0.{name}-error"' in html


def test_before_saving_only_what_was_typed_wrongly_is_told() -> None:
    form = ItemForm(RULE, when=GroupForm("all", [ConditionForm("amount", "between", low="x", currency="EUR")]))
    assert list(check(form, KNOWN, strictly=False).messages) == ["when.0.value"]


def test_messages_come_in_the_order_of_the_page() -> None:
    form = ItemForm(RULE, "rule_x", valid_from="x", share="x")
    form.when.children = [ConditionForm("amount", "between"), ConditionForm("hour", "equals")]
    page = Page(form, KNOWN, check(form, KNOWN, strictly=True).messages)
    names = [name for name, _, _ in page.summary()]
    assert names == ["name", "valid_from", "when.0.value", "when.0.high", "when.1.value", "offer.new"]
    assert [subject for _, subject, _ in page.summary()] == ["Name", "First day", "Amount", "Amount", "Hour", ""]


def test_typed_names_become_chosen_ones_and_free_text_keeps_its_commas() -> None:
    several, one = (
        ConditionForm("tier", "in", text='gold, "a, b", gold'),
        ConditionForm("tier", "equals", text=" a, b "),
    )
    country = ConditionForm("country", "in", ["IT"], text="it, Spain, Nowhere")
    absorb(ItemForm(RULE, when=GroupForm("all", [several, one, country])), KNOWN)
    assert (several.picks, several.text) == (["gold", "a, b"], "")
    assert (one.picks, one.text) == (["a, b"], "")
    assert (country.picks, country.text) == (["IT", "ES"], "Nowhere")


def test_a_retired_attribute_is_shown_and_not_offered() -> None:
    html = html_of(ItemForm(RULE, when=GroupForm("all", [ConditionForm("gone", "contains_any", ["a"])])))
    assert "Retired: no new condition can test it." in html
    assert "gone" not in _choices(html, "when.new")
    assert "club" in _choices(html, "when.new")
    form = ItemForm(RULE, when=GroupForm(new="gone"))
    apply(form, "add:when", KNOWN)
    assert form.when.children == []


def test_hints_tell_which_provider_cannot() -> None:
    page = Page(ItemForm(RULE), KNOWN)
    assert page.account_hint("card", "north") == ""
    assert page.account_hint("card", "old") == "switched off"
    assert page.account_hint("ideal", "south") == "does not take iDEAL"
    assert page.account_hint("card", "none") == "no such provider any more"
    assert page.account_hint("klarna", "part") == "Klarna is switched off there"
    assert [one.account for one in new_plan("klarna", KNOWN).accounts] == ["north"]


def test_values_survive_what_browsers_do_to_line_ends() -> None:
    for value in ("a\nb", "a\r\nb", "\\n", "\\", "", "\\\\\n"):
        assert unescaped(escaped(value)) == value
        assert not set(escaped(value)) & set("\r\n")


def test_names_that_are_too_deep_are_left_out() -> None:
    tree = nested([("a.b", "1"), (".".join("x" * 21), "2"), ("a.b", "3")])
    assert tree.at("a").at("b").values == ["1", "3"]
    assert list(tree.children) == ["a"]


def test_where_an_item_is_put() -> None:
    document = seed_json()
    ids = [rule["id"] for rule in document["rules"]]
    new: dict[str, Any] = {"id": "rule_new"}

    def placed(position: str) -> list[str]:
        return [rule["id"] for rule in put(document, RULE, new, position)["rules"]]

    assert placed("first") == ["rule_new", *ids]
    assert placed("last") == placed("after:rule_gone") == placed("") == [*ids, "rule_new"]
    assert placed(f"after:{ids[0]}") == [ids[0], "rule_new", *ids[1:]]
    changed = put(document, RULE, {"id": ids[1], "name": "X"}, "first")
    assert [rule["id"] for rule in changed["rules"]] == ids
    assert changed["rules"][1]["name"] == "X"
    assert document == seed_json()
    assert put(document, DEFAULT, new, "")["default"] == new
    assert find(document, RULE, "rule_none") is None
    assert digest(find(document, RULE, ids[0])) == digest(dict(reversed(document["rules"][0].items())))


def test_ids_come_from_names_and_are_never_used_again() -> None:
    document = {"rules": [{"id": "rule_cafe"}], "adjustments": []}
    assert new_id(document, RULE, "Café!", "5f0c9a1e") == "rule_cafe_5f0c9a1e"
    assert new_id(document, ADJUSTMENT, "日本", "5f0c9a1e") == "adj_new_5f0c9a1e"
    assert len(new_id(document, RULE, "x" * 120, "5f0c9a1e")) <= 64
    assert new_mark() != new_mark()
    document["rules"].append({"id": "rule_cafe_5f0c9a1e"})
    assert new_id(document, RULE, "Renamed since the first click", "5f0c9a1e") == "rule_cafe_5f0c9a1e"
