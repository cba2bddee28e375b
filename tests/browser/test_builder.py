"""The form of one rule in a real browser: by keyboard alone and without script, in every look, and with script."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from playwright.sync_api import Locator, Page, StorageState, expect

from tests.browser.conftest import Visitor
from tests.support.hub import API_KEY
from tests.support.keyboard import Keyboard
from tests.support.stack import Stack

FORMS = [
    "new-rule",
    "rules/rule_retry_after_decline",
    "rules/rule_business_high",
    "new-adjustment",
    "adjustments/adj_weekend_notice",
    "adjustments/adj_mobile_paypal",
    "default",
]


@pytest.fixture
def draft(stack: Stack) -> Iterator[str]:
    """Where the draft's pages are; what a test wrote in it is given up afterwards, since the hub is shared."""
    yield f"{stack.url}/admin/rules/draft"
    over_the_api(stack, "DELETE")


def over_the_api(stack: Stack, method: str, body: Any = None) -> None:
    """Write the draft, or give it up, as another author."""
    revision = stack.api("GET", "/v1/rules/draft").json()["revision"]
    headers = {"Authorization": f"Bearer {API_KEY}", "If-Match": f'"{revision}"'}
    reply = requests.request(method, f"{stack.url}/v1/rules/draft", json=body, headers=headers, timeout=30)
    assert reply.ok, reply.text


class Author(Keyboard):
    """Somebody at the form, who knows its fields and buttons by name."""

    def named(self, name: str) -> Locator:
        """The field or button with this id, or else the buttons with this value."""
        by_id = self.page.locator(f'[id="{name}"]')
        return by_id if by_id.count() else self.page.locator(f'button[value="{name}"]')

    def settled(self, name: str) -> None:
        """Wait until the new page has put the focus there by itself."""
        expect(self.named(name)).to_be_focused()


def test_a_rule_by_keyboard_without_script(visit: Visitor, signed_in: StorageState, draft: str) -> None:
    with visit(script=False, storage_state=signed_in) as here:
        here.page.goto(f"{draft}/new-rule")
        keys = Author(here.page)
        at = keys.named
        keys.type(at("name"), "Large Italian baskets")
        keys.choose(at("when.new"), "Amount")
        keys.press(at("add:when"))
        keys.settled("when.0.operator")
        keys.choose(at("when.0.operator"), "is at least")
        keys.type(at("when.0.value"), "12,5x")
        keys.choose(at("when.new"), "Country")
        keys.press(at("add:when"))
        keys.settled("when.1.operator")
        keys.type(at("when.1.value"), "Italia, ES")
        keys.enter()  # shows the sentence, saves nothing; what cannot be read has the focus
        keys.settled("when.0.value")
        expect(here.page.get_by_text("Write the amount as in 1250.00: use digits only.").first).to_be_visible()
        expect(here.page.get_by_role("checkbox", name="Italy")).to_be_checked()
        keys.type(at("when.0.value"), "250")
        keys.choose(at("when.new"), "Device")
        keys.press(at("add:when"))
        keys.settled("when.2.operator")
        keys.choose(at("when.2.operator"), "is not known")
        keys.press(at("save"))
        keys.settled("summary")
        keys.to(at("offer.new"))
        keys.choose(at("offer.new"), "PayPal")
        keys.press(at("add:offer"))
        keys.settled("offer.0.strategy")
        keys.press(at("save"))
        here.page.wait_for_url("**/rules/draft/#rule-*")
        card = here.page.locator("[id^=rule-rule_large_italian_baskets_]")
        expect(card).to_contain_text(
            "When the amount is at least €250.00 and the country is one of Italy, Spain and the device is not known, "
            "offer PayPal through"
        )


def test_every_control_can_be_reached_and_shows_it(visit: Visitor, signed_in: StorageState, draft: str) -> None:
    """What Tab reaches lies in the window, not under the bars at its ends, and shows that it has the focus."""
    with visit(script=False, storage_state=signed_in) as here:
        here.page.goto(f"{draft}/rules/rule_retry_after_decline")
        here.page.locator("#name").focus()
        names = []
        for _ in range(70):
            here.page.keyboard.press("Tab")
            name, shown, covered = here.page.evaluate(
                """() => {
                    const focused = document.activeElement;
                    const seen = (element) => !!element && getComputedStyle(element).outlineStyle !== 'none';
                    const target = focused.type === 'checkbox' ? focused.parentElement : focused;
                    const box = target.getBoundingClientRect();
                    const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
                    return [focused.name || focused.id, seen(focused) || seen(focused.nextElementSibling),
                            !(top && (target.contains(top) || top.contains(target)))];
                }"""
            )
            names.append(name)
            assert shown, f"{name} has the focus and does not show it"
            assert not covered, f"{name} has the focus behind something else"
        assert {"when.0.0.pick", "when.0.1.low", "offer.0.strategy", "do"} <= set(names)


@pytest.mark.parametrize("form", FORMS)
def test_the_form_in_every_look(visit: Visitor, signed_in: StorageState, draft: str, form: str) -> None:
    with visit(storage_state=signed_in) as here:
        here.page.goto(f"{draft}/{form}")
        here.hold_in_every_look()


def press(page: Page, do: str) -> None:
    """Press a button of the form, and wait for the page that it brings."""
    with page.expect_navigation():
        page.locator(f'button[name=do][value="{do}"]').last.click()


def test_messages_and_deep_groups_in_every_look(visit: Visitor, signed_in: StorageState, draft: str) -> None:
    with visit(storage_state=signed_in) as here:
        page = here.page
        page.goto(f"{draft}/new-rule")
        path = "when"
        for _ in range(4):
            press(page, f"group:{path}")
            path += ".0"
        page.locator(f'select[name="{path}.new"]').select_option("amount")
        press(page, f"add:{path}")
        page.locator(f'select[name="{path}.0.operator"]').select_option("between")
        expect(page.locator(f'input[name="{path}.0.high"]')).to_be_visible()
        page.locator(f'input[name="{path}.0.low"]').fill("many")
        page.locator('select[name="when.new"]').select_option("country")
        press(page, "add:when")
        page.locator('input[name="when.1.text"]').fill("Itly")
        page.locator('select[name="offer.new"]').select_option("card")
        press(page, "add:offer")
        press(page, "split:")
        page.locator('select[name="offer.0.strategy"]').select_option("weighted")
        expect(page.locator('input[name="offer.0.0.weight"]')).to_be_visible()
        expect(page.locator('input[name="other.0.0.weight"]')).to_be_hidden()
        press(page, "save")
        page.locator("#summary").wait_for()
        here.hold_in_every_look()
        page.get_by_role("link", name="There is no country").click()
        assert page.evaluate("document.activeElement.name") == "when.1.text"


def test_two_authors_in_every_look(visit: Visitor, signed_in: StorageState, draft: str, stack: Stack) -> None:
    with visit(storage_state=signed_in) as here:
        here.page.goto(f"{draft}/rules/rule_subscription")
        theirs = stack.api("GET", "/v1/rules/draft").json()["rule_set"]
        theirs["rules"][2]["offer"]["methods"].pop()
        over_the_api(stack, "PUT", {"rule_set": theirs})
        here.page.locator("#name").fill("Mine")
        press(here.page, "save")
        here.page.locator("#conflict").wait_for()
        here.hold_in_every_look()
        press(here.page, "save")
        here.page.wait_for_url("**/rules/draft/#rule-rule_subscription")


def test_script_warns_before_unsaved_work_is_left(visit: Visitor, signed_in: StorageState, draft: str) -> None:
    with visit(storage_state=signed_in) as here:
        asked = []
        here.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
        here.page.goto(f"{draft}/rules/rule_subscription")
        expect(here.page.get_by_text("Not saved yet")).to_be_hidden()
        here.page.locator("#name").fill("Mine")
        expect(here.page.get_by_text("Not saved yet")).to_be_visible()
        press(here.page, "refresh")
        assert asked == []
        expect(here.page.get_by_text("Not saved yet")).to_be_visible()
        here.page.get_by_role("link", name="Cancel").click()
        here.page.wait_for_url("**/rules/draft/")
        assert asked == ["beforeunload"]
