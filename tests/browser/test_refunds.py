"""Giving money back with a real browser: by form and without script, on a phone, with every page held to the rules."""

import re
from uuid import uuid4

import pytest
import requests
from playwright.sync_api import StorageState, expect

from tests.browser.conftest import Visitor
from tests.support.api import session_body
from tests.support.stack import Stack
from tests.support.waiting import wait_until


@pytest.fixture
def paid(stack: Stack) -> list[str]:
    """Three payments of 129.90 EUR that were collected."""
    made = []
    for _ in range(3):
        session = stack.api("POST", "/v1/checkout/sessions", session_body(), key=str(uuid4())).json()["id"]
        pay = f"/v1/checkout/sessions/{session}/pay"
        reply = stack.api("POST", pay, {"method": "card", "accept_terms": True}, key=str(uuid4())).json()
        requests.post(reply["next_action"]["url"], data={"outcome": "approve"}, allow_redirects=False, timeout=20)
        made.append(reply["payment"]["id"])
    assert wait_until(lambda: all(_payment(stack, each)["status"] == "paid" for each in made))
    return made


def _payment(stack: Stack, payment_id: str) -> dict[str, object]:
    return dict(stack.api("GET", f"/v1/payments/{payment_id}").json())


def test_a_refund_by_form_without_script_on_a_phone(
    visit: Visitor, stack: Stack, signed_in: StorageState, paid: list[str]
) -> None:
    with visit(script=False, width=320, storage_state=signed_in) as here:
        page = here.page
        page.goto(f"{stack.url}/admin/payments/{paid[0]}")
        page.get_by_text("Give money back").click()
        page.get_by_label("Amount in EUR").fill("500")
        page.get_by_role("button", name="Continue").click()
        expect(page.locator("#field-amount-error")).to_contain_text("Only €129.90 is left")
        page.get_by_label("Amount in EUR").fill("20,28")
        page.get_by_label("Reason").select_option("goods_returned")
        page.get_by_label("Note").fill("One lantern came back")
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Give back €20.28?")
        page.get_by_role("button", name="Give back €20.28").click()
        expect(page).to_have_url(re.compile(f"/admin/payments/{paid[0]}#refunds"))
        expect(page.get_by_text("€20.28 is being given back")).to_be_visible()
        assert wait_until(lambda: _payment(stack, paid[0])["refunded"] == 2028)
        page.reload()
        expect(page.get_by_text("Refunded", exact=True).last).to_be_visible()
        expect(page.get_by_text("Partly refunded").first).to_be_visible()


def test_several_at_once_and_every_page_in_every_look(
    visit: Visitor, stack: Stack, signed_in: StorageState, paid: list[str]
) -> None:
    with visit(storage_state=signed_in) as here:
        page = here.page
        page.goto(f"{stack.url}/admin/payments/{paid[0]}")
        page.get_by_text("Give money back").click()
        here.hold_in_every_look()
        page.get_by_label("Amount in EUR").fill("-")
        page.get_by_role("button", name="Continue").click()
        here.hold_in_every_look()
        page.get_by_label("Amount in EUR").fill("1.00")
        page.get_by_role("button", name="Continue").click()
        here.hold_in_every_look()
        page.goto(f"{stack.url}/admin/payments/")
        for payment_id in paid[1:]:
            page.locator(f"input[value={payment_id}]").check()
        here.hold_in_every_look()
        page.get_by_role("button", name="Refund the chosen payments").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Give back €259.80?")
        here.hold_in_every_look()
        page.get_by_role("button", name="Give back €259.80").click()
        expect(page.get_by_text("2 refunds accepted")).to_be_visible()
        here.hold_in_every_look()
        page.get_by_role("link", name="Your refunds").click()
        page.wait_for_url(f"{stack.url}/admin/refunds/?view=mine")
        here.hold_in_every_look()
        page.locator(".row-link").first.click()
        page.wait_for_url(re.compile("/admin/refunds/re_"))
        expect(page.get_by_text("The customer asked for it").first).to_be_visible()
        here.hold_in_every_look()
        assert wait_until(lambda: all(_payment(stack, each)["status"] == "refunded" for each in paid[1:]))
