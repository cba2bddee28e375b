"""Webhooks out in a real browser: registered without script, told by the running hub, verified by the page's code."""

import json

from playwright.sync_api import Browser, StorageState, expect

from tests.support.browser import Visit
from tests.support.receiver import Receiver
from tests.support.stack import Stack
from tests.support.waiting import wait_until


def test_an_endpoint_from_its_registration_to_its_first_delivery(
    chromium: Browser, stack: Stack, signed_in: StorageState
) -> None:
    with Receiver() as receiver, Visit(chromium, script=False, storage_state=signed_in) as here:
        page = here.page
        page.goto(f"{stack.url}/admin/webhooks/")
        page.get_by_role("link", name="Register an endpoint").click()
        page.get_by_label("Address").fill("https://10.0.0.1/hook")
        page.get_by_label("Only these:").check()
        page.get_by_label("payment.paid").check()
        page.get_by_role("button", name="Register").click()
        expect(page.locator("#field-url-error")).to_contain_text("private network")
        expect(page.get_by_label("payment.paid")).to_be_checked()
        page.get_by_label("Address").fill(receiver.url)
        page.get_by_role("button", name="Register").click()
        secret = page.locator(".secret").inner_text()
        page.get_by_role("link", name="I have kept it").click()
        endpoint = page.url
        page.get_by_role("button", name="Send a test").click()
        assert wait_until(lambda: receiver.received, seconds=20), stack.log[-2000:]
        delivery = page.url
        assert wait_until(lambda: page.reload() and page.get_by_text("Delivered", exact=True).count(), pause=0.3)
    received = receiver.received[0]
    with Visit(chromium, storage_state=signed_in) as here:
        page = here.page
        for address in (f"{stack.url}/admin/webhooks/", f"{stack.url}/admin/webhooks/new", endpoint, delivery):
            page.goto(address)
            for details in page.locator("main details:not(.menu) > summary").all():
                details.click()
            if page.get_by_label("Only these:").count():
                page.get_by_label("Only these:").check()
            here.hold_in_every_look()
        page.goto(endpoint)
        code = page.locator("code[data-language=javascript]").text_content() or ""
        call = f"(given) => {{ {code}; return verify(...given).catch((error) => String(error)); }}"
        body = received.body.decode()
        assert page.evaluate(call, [secret, received.headers, body]) == json.loads(body)
        assert "does not match" in page.evaluate(call, [secret, received.headers, body.replace("test", "text")])
        late = received.headers | {"webhook-timestamp": "1000000000"}
        assert "does not match" in page.evaluate(call, [secret, late, body])
        page.get_by_text("Remove…").click()
        page.get_by_role("button", name="Remove it").click()
        expect(page.get_by_text("The endpoint is removed.")).to_be_visible()
