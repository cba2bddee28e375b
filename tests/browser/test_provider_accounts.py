"""Provider accounts in a real browser: added without script and by keyboard, tried out, switched, removed."""

import re

from playwright.sync_api import Browser, StorageState, expect

from providers.sandbox.accounts import api_key, webhook_secret
from tests.support.browser import Visit
from tests.support.sandbox import MASTER_KEY, MASTER_WEBHOOK_SECRET
from tests.support.stack import Stack

KEY = api_key("north", MASTER_KEY)


def test_an_account_from_its_keys_to_its_removal(chromium: Browser, stack: Stack, signed_in: StorageState) -> None:
    with Visit(chromium, script=False, storage_state=signed_in) as here:
        page = here.page
        page.goto(f"{stack.url}/admin/providers/")
        page.get_by_role("link", name="Add an account").click()
        page.get_by_role("link", name="Sandbox").click()
        page.get_by_label("Name").fill("Spare")
        page.get_by_label("Live: customers pay").check()
        page.get_by_label("Address", exact=True).fill(stack.sandbox_url)
        page.get_by_label("Sandbox account").fill("north")
        page.get_by_label("API key").fill(KEY)
        page.get_by_label("Webhook secret").fill(webhook_secret("north", MASTER_WEBHOOK_SECRET))
        page.get_by_label("Webhook secret").press("Enter")
        expect(page.locator("#field-live-error")).to_contain_text("moves no real money")
        expect(page.get_by_label("API key")).to_have_value("")
        page.get_by_label("Test: no real money moves").check()
        page.get_by_label("API key").fill("sk_wrong_0123456789")
        page.get_by_label("Webhook secret").fill("whsec_d3Jvbmc=")
        page.get_by_role("button", name="Add and test").click()
        expect(page.get_by_text("Sandbox refused it")).to_be_visible()
        account = page.url
        page.get_by_role("link", name="Change").click()
        page.get_by_label("API key").fill(KEY)
        page.get_by_role("button", name="Save and test").click()
        expect(page.get_by_text("It works. The sandbox knows this account as north.")).to_be_visible()
        expect(page.get_by_text(f"•••• {KEY[-4:]}")).to_be_visible()
        assert KEY not in page.content()
        page.get_by_label("Satispay").uncheck()
        page.get_by_role("button", name="Save the methods").click()
        expect(page.get_by_label("Satispay")).not_to_be_checked()
        page.get_by_role("button", name="Switch on").press("Enter")
        expect(page.get_by_text("rules may send payments to it")).to_be_visible()
        page.get_by_text("Put in outage…").press("Enter")
        page.get_by_role("button", name="Put in outage").press("Enter")
        expect(page.get_by_text("In outage: nothing new is sent to it.")).to_be_visible()
    with Visit(chromium, storage_state=signed_in) as here:
        page = here.page
        listed = f"{stack.url}/admin/providers/"
        for address in (listed, f"{listed}new", f"{listed}new?provider=sandbox", f"{account}/change", account):
            page.goto(address)
            for details in page.locator("main details > summary").all():
                details.click()
            here.hold_in_every_look()
        page.locator("[data-copy=address]").click()
        expect(page.locator("[data-copied]").first).to_have_text(re.compile("Copied|Selected"))
        page.get_by_role("button", name="Remove it").click()
        expect(page.get_by_text("The account is removed, and its keys with it.")).to_be_visible()
