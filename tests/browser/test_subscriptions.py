"""A subscription in a real browser: bought in the shop, cancelled by an operator, withdrawn, cancelled, changed."""

import re

import pytest
from playwright.sync_api import Page, StorageState, expect

from tests.browser.conftest import Visitor
from tests.support.checkout import SESSION, decide, pay, session_of
from tests.support.stack import Stack

DAY = re.compile(r"The next renewal is due on (\d+ \w+ \d{4})\.")


def subscribe(page: Page, hub: str, charged_by: str) -> str:
    """Subscribe to the shop's coffee club each month and pay the first parcel; the subscription's id is found later."""
    page.goto(f"{hub}/shop?lang=en")
    page.get_by_label("Later parcels are charged by").select_option(charged_by)
    page.get_by_role("button", name="Subscribe").click()
    expect(page).to_have_url(SESSION)
    session_id = session_of(page)
    expect(page.locator("#agreement")).to_contain_text("€9.90 every month")
    pay(page, "card")
    decide(page, "approve")
    expect(page.get_by_role("heading", level=1)).to_have_text("Payment received")
    expect(page.locator("#agreement")).to_contain_text("The next payment is made on")
    return session_id


@pytest.mark.parametrize(("charged_by", "script"), [("automatic", True), ("manual", False)])
def test_from_the_shop_to_a_cancellation_that_everybody_sees(
    visit: Visitor, stack: Stack, signed_in: StorageState, charged_by: str, script: bool
) -> None:
    with visit(script=script) as here:
        session_id = subscribe(here.page, stack.url, charged_by)
        checkout = here.page.url
    session = stack.api("GET", f"/v1/checkout/sessions/{session_id}").json()
    page = f"{stack.url}/admin/subscriptions/{session['subscription']}"
    with visit(script=script, storage_state=signed_in) as here:
        main = here.page.locator("main")
        here.page.goto(page)
        found = DAY.search(main.inner_text())
        assert found is not None
        ends = f"Ends {found[1]}"
        for times in range(2):
            here.page.get_by_role("link", name="Cancel…").click()
            expect(main).to_contain_text(f"It stays active until {found[1]}")
            if times == 0 and script:  # the look is examined by script
                here.hold_in_every_look()
            here.page.get_by_label("Reason").fill("moves away")
            here.page.get_by_role("button", name=f"Cancel on {found[1]}").click()
            expect(main).to_contain_text("Until then this can be withdrawn")
            for path in (page, f"{stack.url}/admin/subscriptions/", f"{stack.url}/admin/payments/{session['payment']}"):
                here.page.goto(path)
                expect(main).to_contain_text(ends)
            here.page.goto(page)
            if times == 0:
                here.page.get_by_role("link", name="Withdraw the cancellation…").click()
                here.page.get_by_role("button", name="Withdraw the cancellation").click()
                expect(main).not_to_contain_text(ends)
        if script:
            here.hold_in_every_look()
        here.page.goto(checkout)
        expect(here.page.locator("#agreement")).to_contain_text("Your subscription is cancelled")
    told = stack.api("GET", f"/v1/subscriptions/{session['subscription']}").json()
    assert told["status"] == "active"
    assert told["cancel_at"] is not None
    assert told["upcoming"] == []


def test_another_amount_and_the_settings_by_an_operator(visit: Visitor, stack: Stack, signed_in: StorageState) -> None:
    with visit() as here:
        session_id = subscribe(here.page, stack.url, "manual")
        here.hold_in_every_look()
    subscription = stack.api("GET", f"/v1/checkout/sessions/{session_id}").json()["subscription"]
    with visit(storage_state=signed_in) as here:
        here.page.goto(f"{stack.url}/admin/subscriptions/{subscription}/amount")
        here.page.get_by_label("New amount in EUR").fill("a lot")
        here.page.get_by_role("button", name="Change the amount").click()
        here.hold_in_every_look()
        here.page.get_by_label("New amount in EUR").fill("12,50")
        here.page.get_by_role("button", name="Change the amount").click()
        expect(here.page.get_by_role("heading", level=1)).to_contain_text("€12.50 every month")
        here.page.goto(f"{stack.url}/admin/settings/")
        here.hold_in_every_look()
        here.page.goto(f"{stack.url}/admin/subscriptions/?view=active")
        here.hold_in_every_look()
