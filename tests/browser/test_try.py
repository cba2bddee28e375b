"""Try it in a real browser: no serious fault by axe, nothing too wide, and it works by keyboard with script off."""

from uuid import uuid4

import pytest
from playwright.sync_api import StorageState

from tests.browser.conftest import Visitor
from tests.support.api import session_body
from tests.support.stack import Stack

WRONG = "?f_amount=1.2.3&f_currency=EUR&f_country=Itly&f_product_categories=x&version=77"


@pytest.fixture(scope="module")
def session_id(stack: Stack) -> str:
    reply = stack.api("POST", "/v1/checkout/sessions", session_body(), key=str(uuid4()))
    return str(reply.json()["id"])


@pytest.mark.parametrize("query", ["", WRONG, "?version=active&session={session}"])
def test_each_state_of_the_page(
    visit: Visitor, stack: Stack, signed_in: StorageState, session_id: str, query: str
) -> None:
    with visit(storage_state=signed_in) as here:
        here.page.goto(f"{stack.url}/admin/rules/try/{query.format(session=session_id)}")
        here.hold_in_every_look()


def test_a_trial_by_keyboard_without_script(visit: Visitor, stack: Stack, signed_in: StorageState) -> None:
    with visit(script=False, storage_state=signed_in) as here:
        page = here.page
        page.goto(f"{stack.url}/admin/rules/try/?version=1")  # the draft is what the tests before left
        page.get_by_label("Amount").focus()
        page.keyboard.press("Control+A")
        page.keyboard.type("900,00")
        page.get_by_label("Country").focus()
        page.keyboard.press("Control+A")
        page.keyboard.type("Netherlands")
        page.keyboard.press("Enter")
        page.wait_for_url("**f_country=Netherlands**")
        assert page.get_by_label("Amount").input_value() == "900,00"
        assert "here: Netherlands" in page.locator("#result").inner_text()
        assert "iDEAL" in page.locator(".seen").first.inner_text()
