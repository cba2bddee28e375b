"""Every page in a real browser: no serious fault by axe, no sideways scrolling on a phone, no error, light and dark."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
import requests
from playwright.sync_api import StorageState

from tests.browser.conftest import Visitor
from tests.support.api import session_body
from tests.support.checkout import choose, decide, pay, pay_button, shop_as
from tests.support.stack import Stack
from tests.support.waiting import wait_until

CUSTOMER_PAGES = [
    "shop",
    "shop_problem",
    "thanks",
    "choose",
    "choose_business",
    "declined",
    "continue",
    "confirming",
    "paid",
    "expired",
    "terms",
    "unknown",
    "not_found",
]
PROVIDER_PAGES = ["provider", "provider_strong", "provider_ended", "provider_home"]
ADMIN_PAGES = [
    "",
    "payments/",
    "payments/?status=paid",
    "sessions/",
    "rules/",
    "rules/versions/",
    "rules/versions/1",
    "rules/draft/",
    "rules/draft/check",
    "rules/draft/discard",
    "rules/draft/import",
    "rules/draft/review/",
    "rules/experiments/",
    "rules/attributes/",
    "rules/attributes/new-attribute",
    "messages/",
    "mailbox/",
    "wording/",
    "wording/payment.paid/email/it",
    "wording/payment_link.sent/sms/en",
    "people/",
    "account/",
    "alerts/",
    "jobs/",
    "providers/",
    "search/?q=order-1001",
    "search/?q=nothing",
    "nothing",
    "{payment}",
    "{retried}",
    "{session}",
]


class World:
    """Sessions in every state, made once by the API and the provider's pages."""

    def __init__(self, stack: Stack, expire: Callable[[str], None]) -> None:
        self._stack = stack
        self.open, self._twice = self._session(), self._session()
        self.business = self._session(
            amount=90000, locale="de", customer={"email": "kauf@example.com", "country": "DE", "type": "business"}
        )
        self.expired = self._session()
        expire(self.expired)
        self.paid, _ = self._paid("approve")
        self.declined, _ = self._paid("decline")
        self.started, self.provider = self._paid(None)
        _, self.provider_ended = self._paid("approve")
        self.strong, self.provider_strong = self._paid(
            None, customer={"country": "US", "type": "consumer"}, currency="USD", locale="en"
        )
        stack.faults("north", error_500=1)
        self.unknown, _ = self._paid(None)
        stack.faults("north")
        self.retried, _ = self._paid("decline")
        self._pay(self.retried)
        assert wait_until(lambda: self._payment(self.retried)["status"] in ("failed", "pending"))

    def url(self, page: str) -> str:
        """Where a page is found."""
        hub, checkout = self._stack.url, f"{self._stack.url}/checkout"
        return {
            "shop": f"{hub}/shop?lang=en",
            "shop_problem": f"{hub}/shop?extra=lots&country=XX&lang=de",
            "thanks": f"{hub}/shop/thanks",
            "not_found": f"{hub}/nothing",
            "choose": f"{checkout}/{self.open}",
            "choose_again": f"{checkout}/{self._twice}",
            "choose_business": f"{checkout}/{self.business}",
            "declined": f"{checkout}/{self.declined}",
            "continue": f"{checkout}/{self.started}",
            "confirming": f"{checkout}/{self.unknown}",
            "paid": f"{checkout}/{self.paid}",
            "expired": f"{checkout}/{self.expired}",
            "terms": f"{checkout}/{self.open}/terms",
            "unknown": f"{checkout}/cs_none",
            "provider": self.provider,
            "provider_strong": self.provider_strong,
            "provider_ended": self.provider_ended,
            "provider_home": f"{self._stack.sandbox_url}/",
        }[page]

    def pay_elsewhere(self) -> None:
        """Pay the session of `choose_again` in another window."""
        requests.post(self._pay(self._twice), data={"outcome": "approve"}, allow_redirects=False, timeout=20)
        assert wait_until(lambda: self._payment(self._twice)["status"] == "paid")

    def admin_url(self, page: str) -> str:
        """Where a page of the backoffice is found."""
        ids = {
            "payment": f"payments/{self._payment(self.paid)['id']}",
            "retried": f"payments/{self._payment(self.retried)['id']}",
            "session": f"sessions/{self.open}",
        }
        return f"{self._stack.url}/admin/{page.format(**ids)}"

    def _session(self, **changes: Any) -> str:
        reply = self._stack.api("POST", "/v1/checkout/sessions", session_body(**changes), key=str(uuid4()))
        return str(reply.json()["id"])

    def _pay(self, session_id: str) -> str:
        body = {"method": "card", "accept_terms": True}
        reply = self._stack.api("POST", f"/v1/checkout/sessions/{session_id}/pay", body, key=str(uuid4()))
        assert reply.status_code == 200, reply.text
        return reply.json()["next_action"]["url"] or ""

    def _payment(self, session_id: str) -> dict[str, Any]:
        payment_id = self._stack.api("GET", f"/v1/checkout/sessions/{session_id}").json()["payment"]
        return dict(self._stack.api("GET", f"/v1/payments/{payment_id}").json())

    def _paid(self, outcome: str | None, **changes: Any) -> tuple[str, str]:
        """A session and the provider's page of its charge, where `outcome` was pressed, if any."""
        session_id = self._session(**changes)
        page = self._pay(session_id)
        if outcome:
            requests.post(page, data={"outcome": outcome, "confirmed": "yes"}, allow_redirects=False, timeout=20)
            done = {"approve": "paid", "decline": "failed"}[outcome]
            assert wait_until(lambda: self._payment(session_id)["status"] == done)
        return session_id, page


@pytest.fixture(scope="module")
def world(stack: Stack, expire: Callable[[str], None]) -> World:
    return World(stack, expire)


@pytest.mark.parametrize("page", [*CUSTOMER_PAGES, *PROVIDER_PAGES])
def test_a_customers_page(visit: Visitor, world: World, page: str) -> None:
    with visit() as here:
        here.page.goto(world.url(page))
        here.hold_in_every_look()


def test_the_page_that_says_what_is_missing(visit: Visitor, world: World) -> None:
    with visit() as here:
        here.page.goto(world.url("choose"))
        pay_button(here.page).click()
        here.page.get_by_role("alert").wait_for()
        here.hold_in_every_look()


def test_the_page_that_says_it_was_paid_already(visit: Visitor, world: World) -> None:
    with visit() as here:
        here.page.goto(world.url("choose_again"))
        choose(here.page, "card")
        world.pay_elsewhere()
        pay_button(here.page).click()
        here.page.get_by_role("alert").wait_for()
        here.hold_in_every_look()


def test_the_sign_in_page(visit: Visitor, stack: Stack) -> None:
    with visit() as here:
        here.page.goto(f"{stack.url}/admin/login")
        here.hold_in_every_look()


@pytest.mark.parametrize("page", ADMIN_PAGES)
def test_an_operators_page(visit: Visitor, world: World, signed_in: StorageState, page: str) -> None:
    with visit(storage_state=signed_in) as here:
        here.page.goto(world.admin_url(page))
        here.hold_in_every_look()


def test_the_page_of_the_api_shows_every_operation(visit: Visitor, stack: Stack) -> None:
    """Its program is not ours: it has to work under our policy, from our own files."""
    document = stack.api("GET", "/v1/openapi.json").json()
    verbs = ("get", "post", "put", "patch", "delete")
    operations = sum(
        verb in verbs for part in ("paths", "webhooks") for path in document[part].values() for verb in path
    )
    with visit() as here:
        here.page.goto(f"{stack.url}/docs")
        here.page.locator(".opblock").first.wait_for()
        assert here.page.locator(".opblock").count() == operations


@pytest.mark.parametrize("reduced", ["reduce", "no-preference"])
def test_the_whole_way_with_the_keyboard(visit: Visitor, stack: Stack, reduced: str) -> None:
    with visit(reduced_motion=reduced) as here:
        shop_as(here.page, stack.url, "Italian consumer")
        here.page.locator("input[name=method][value=card]").focus()
        here.page.keyboard.press("Space")
        here.page.locator("#accept_terms").focus()
        here.page.keyboard.press("Space")
        here.page.keyboard.press("Enter")
        here.page.wait_for_url("**/pay/ch_*")
        decide(here.page, "decline")
        pay(here.page, "paypal")
        here.page.locator("button[value=approve]").focus()
        here.page.keyboard.press("Enter")
        here.page.wait_for_url("**/checkout/**")
        assert here.page.locator(".result").count() == 1


@pytest.mark.parametrize("forced", ["active", "none"])
def test_what_is_focused_can_be_seen(visit: Visitor, world: World, forced: str) -> None:
    """Every control that Tab reaches on the checkout shows an outline of its own or of its surroundings."""
    with visit(forced_colors=forced) as here:
        here.page.goto(world.url("choose"))
        reached = set()
        for _ in range(14):
            here.page.keyboard.press("Tab")
            shown = here.page.evaluate(
                """() => {
                    const focused = document.activeElement;
                    const seen = (element) => getComputedStyle(element).outlineStyle !== 'none'
                        || getComputedStyle(element).boxShadow !== 'none';
                    return [focused.id || focused.textContent.trim().slice(0, 20),
                            focused === document.body || seen(focused) || seen(focused.closest('label') || focused)];
                }"""
            )
            reached.add(shown[0])
            assert shown[1], f"{shown[0]} has the focus and does not show it"
        assert "accept_terms" in reached
