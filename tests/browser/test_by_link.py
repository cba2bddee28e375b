"""Pay by link in a real browser: asked for in the shop, read from the mailbox, paid on a phone, told to operators."""

import re
import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import StorageState, expect

from tests.browser.conftest import Visitor
from tests.support.checkout import SESSION, decide, offered
from tests.support.stack import Stack
from tests.support.waiting import wait_until


def message_to(stack: Stack, recipient: str) -> list[tuple[str, str]]:
    """The channel and the text of the messages that the mailbox took for somebody."""
    path = stack.database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, timeout=30)) as connection:
        taken = "SELECT channel, body FROM messages WHERE recipient = ? AND sent_at IS NOT NULL"
        return connection.execute(taken, (recipient,)).fetchall()


@pytest.mark.parametrize(
    ("script", "typed", "recipient", "channel"),
    [
        (True, "lin.k@example.com", "lin.k@example.com", "email"),
        (False, "+39 333 555-0100", "+393335550100", "sms"),
    ],
    ids=["script, e-mail", "no script, SMS"],
)
def test_from_the_shop_over_a_message_to_the_result(
    visit: Visitor, stack: Stack, signed_in: StorageState, script: bool, typed: str, recipient: str, channel: str
) -> None:
    with visit(script=script) as here:
        here.page.goto(f"{stack.url}/shop?lang=en&country=IT&moka=1")
        here.page.locator("button[formaction='/shop/link']").click()
        here.page.locator("form[action='/shop/link'] button.primary").click()
        expect(here.page.get_by_role("alert")).to_contain_text("e-mail address")
        here.page.locator("#to").fill(typed)
        here.page.locator("#accept_terms").check()
        here.page.locator("form[action='/shop/link'] button.primary").click()
        expect(here.page.get_by_role("heading", level=1)).to_have_text("The link is on its way")
        assert recipient not in here.page.content()
        assert recipient not in here.page.url
        assert "/link/plink_" not in here.page.content()

    assert wait_until(lambda: message_to(stack, recipient), pause=0.2)
    ((through, text),) = message_to(stack, recipient)
    address = re.search(r"http\S+/link/\S+", text)
    assert through == channel
    assert address is not None

    with visit(script=script, width=390) as phone:
        phone.page.goto(address[0])
        expect(phone.page).to_have_url(SESSION)
        assert phone.page.locator("#accept_terms").count() == 0, "they were accepted in the shop"
        phone.page.locator(f"input[value={offered(phone.page)[0]}]").check()
        phone.page.locator("form[action$='/pay'] button.primary").click()
        expect(phone.page).to_have_url(re.compile("/pay/ch_"))
        decide(phone.page, "approve")
        expect(phone.page.get_by_role("heading", level=1)).to_have_text("Payment received")
        phone.page.goto(address[0])
        expect(phone.page.get_by_role("heading", level=1)).to_have_text("Payment received")

    with visit(script=script, storage_state=signed_in) as office:
        office.page.goto(f"{stack.url}/admin/links/?view=paid")
        office.page.get_by_role("row").filter(has_text=recipient).get_by_role("link").click()
        expect(office.page.locator("main")).to_contain_text("paid 1 of 1")


def test_the_pages_of_links_hold_in_every_look(visit: Visitor, stack: Stack, signed_in: StorageState) -> None:
    body = {
        "amount": 4990,
        "currency": "EUR",
        "reference": "order-look",
        "deliver_to": {"email": "look@example.com"},
        "max_payments": 3,
    }
    link = stack.api("POST", "/v1/payment-links", body, key="link-for-looks").json()
    with visit() as here:
        here.page.goto(f"{stack.url}/shop/link?lang=de&moka=2")
        here.page.locator("form[action='/shop/link'] button.primary").click()
        here.hold_in_every_look()
        here.page.goto(link["url"])
        here.hold_in_every_look()
        here.page.goto(f"{stack.url}/link/forged")
        here.hold_in_every_look()
    with visit(storage_state=signed_in) as office:
        for path in ("/admin/links/", "/admin/links/new", f"/admin/links/{link['id']}"):
            office.page.goto(stack.url + path)
            office.hold_in_every_look()
        office.page.get_by_text("Revoke…").click()
        office.hold_in_every_look()
        office.page.get_by_role("button", name="Revoke it").click()
        expect(office.page.get_by_role("status").first).to_contain_text("It is revoked")
    with visit() as late:
        late.page.goto(link["url"])
        expect(late.page.get_by_role("heading", level=1)).to_have_text("This link is no longer valid")
