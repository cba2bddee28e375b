"""The draft's page in a real browser: by keyboard without script, and by dragging with it."""

import pytest
from playwright.sync_api import Page, StorageState, expect

from tests.browser.conftest import Visitor
from tests.support.stack import Stack


def names(page: Page) -> list[str]:
    """The names of the draft's rules, in the order in which they are shown."""
    shown = page.locator("ol.rules").first.locator("h3")
    return [name.split(":", 1)[1].strip() for name in shown.all_text_contents()]


@pytest.fixture
def draft(stack: Stack) -> str:
    return f"{stack.url}/admin/rules/draft/"


def test_a_rule_is_moved_and_put_back_by_keyboard_without_script(
    visit: Visitor, draft: str, signed_in: StorageState
) -> None:
    with visit(script=False, storage_state=signed_in) as here:
        here.page.goto(draft)
        before = names(here.page)
        here.page.get_by_role("button", name=f"Down rule 1, {before[0]}").press("Enter")
        expect(here.page.get_by_text(f"Moved “{before[0]}” down.")).to_be_attached()
        assert names(here.page)[:2] == before[1::-1]
        here.page.wait_for_load_state()
        expect(here.page.locator(":target")).to_be_attached()  # only then has the browser gone to the card
        here.page.keyboard.press("Tab")
        expect(here.page.get_by_role("link", name=f"Edit rule 2, {before[0]}")).to_be_focused()
        here.page.get_by_role("button", name="Undo: moved").press("Enter")
        expect(here.page.get_by_text("Taken back: moved")).to_be_attached()
        assert names(here.page) == before


def test_a_card_is_dragged_to_another_place(visit: Visitor, draft: str, signed_in: StorageState) -> None:
    with visit(storage_state=signed_in) as here:
        here.page.goto(draft)
        before = names(here.page)
        cards = here.page.locator("ol.rules").first.locator("> li")
        target = {"x": 100, "y": 4}
        cards.nth(3).locator(".handle").drag_to(cards.nth(2), target_position=target)
        expect(here.page.get_by_text(f"Moved “{before[3]}” to place 3.")).to_be_attached()
        assert names(here.page)[:4] == [*before[:2], before[3], before[2]]
        here.page.get_by_role("button", name="Undo: moved").click()
        expect(here.page.get_by_text("Taken back: moved")).to_be_attached()
        assert names(here.page) == before
