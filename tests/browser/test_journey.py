"""The customer's journey in a real browser, with script and without: from the shop to a payment in the backoffice."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, StorageState, expect

from tests.browser.conftest import Visitor
from tests.support.checkout import choose, decide, offered, pay, pay_button, session_of, shop_as
from tests.support.stack import Stack
from tests.support.waiting import wait_until

PAID = re.compile("Payment received|Pagamento ricevuto|Zahlung erhalten")

pytestmark = pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])


def charges_of(stack: Stack, session_id: str) -> list[str]:
    """The states of the charges that the sandbox made for a session."""
    payment_id = stack.api("GET", f"/v1/checkout/sessions/{session_id}").json()["payment"]
    attempts = stack.api("GET", f"/v1/payments/{payment_id}").json()["attempts"]
    ours = {attempt["id"] for attempt in attempts}
    return sorted(charge["state"] for charge in stack.ledger() if charge["reference"] in ours)


def expect_paid(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(PAID)


def test_two_customers_see_two_checkouts_and_both_payments_are_explained(
    visit: Visitor, stack: Stack, signed_in: StorageState, script: bool
) -> None:
    seen, sessions = {}, {}
    for customer, method in (("Italian consumer", "card"), ("German business", "invoice")):
        with visit(script=script) as here:
            sessions[customer] = shop_as(here.page, stack.url, customer)
            seen[customer] = offered(here.page)
            pay(here.page, method)
            decide(here.page, "approve")
            expect_paid(here.page)
        assert charges_of(stack, sessions[customer]) == ["succeeded"]
    assert "satispay" in seen["Italian consumer"]
    assert "invoice" in seen["German business"]
    assert not set(seen["German business"]) & {"satispay", "bancomat_pay"}

    with visit(script=script, storage_state=signed_in) as here:
        rules = set()
        for session_id in sessions.values():
            session = stack.api("GET", f"/v1/checkout/sessions/{session_id}").json()
            rules.add(session["decision"]["rule"]["name"])
            here.page.goto(f"{stack.url}/admin/payments/{session['payment']}")
            expect(here.page.locator("main")).to_contain_text(session["decision"]["rule"]["name"])
            expect(here.page.locator("main")).to_contain_text("Not in the rule")
        assert len(rules) == 2


def test_the_page_speaks_and_writes_money_as_the_customer_does(visit: Visitor, stack: Stack, script: bool) -> None:
    with visit(script=script) as here:
        shop_as(here.page, stack.url, "Italian consumer")
        assert here.page.locator("html").get_attribute("lang") == "it"
        expect(pay_button(here.page)).to_have_text(re.compile(r"^\s*Paga \d+,\d\d\s€\s*$"))


def test_a_declined_customer_chooses_again_from_an_adapted_offer(visit: Visitor, stack: Stack, script: bool) -> None:
    with visit(script=script) as here:
        session_id = shop_as(here.page, stack.url, "Italian consumer")
        before = offered(here.page)
        pay(here.page, "card")
        decide(here.page, "decline")
        expect(here.page.locator(".notice.failed")).to_be_visible()
        after = offered(here.page)
        assert after != before, "the offer did not adapt"
        pay(here.page, after[0])
        decide(here.page, "approve")
        expect_paid(here.page)
    assert charges_of(stack, session_id) == ["failed", "succeeded"]


def test_a_customer_who_turns_back_at_the_provider_pays_otherwise(visit: Visitor, stack: Stack, script: bool) -> None:
    with visit(script=script) as here:
        session_id = shop_as(here.page, stack.url, "Italian consumer")
        pay(here.page, "satispay")
        decide(here.page, "cancel")
        pay(here.page, "card")
        decide(here.page, "approve")
        expect_paid(here.page)
    assert charges_of(stack, session_id) == ["failed", "succeeded"]


def test_a_pending_payment_is_waited_for(visit: Visitor, stack: Stack, script: bool) -> None:
    with visit(script=script) as here:
        session_id = shop_as(here.page, stack.url, "Italian consumer")
        pay(here.page, "card")
        decide(here.page, "pending")
        if not script:  # with script the page changes by itself
            check = here.page.locator("form[action$='/check'] button")
            assert wait_until(lambda: press_if_there(check) or PAID.search(here.page.content()), pause=0.5)
        expect_paid(here.page)
    assert charges_of(stack, session_id) == ["succeeded"]


def press_if_there(button: object) -> bool:
    """Press "Check again" while the page still has it; never says that the waiting is over."""
    if button.count():  # type: ignore[attr-defined]  # a Locator
        button.click()  # type: ignore[attr-defined]
    return False


def test_a_double_click_on_pay_charges_once(visit: Visitor, stack: Stack, script: bool) -> None:
    with visit(script=script) as here:
        session_id = shop_as(here.page, stack.url, "Italian consumer")
        choose(here.page, "card")
        pay_button(here.page).dblclick(no_wait_after=True)
        expect(here.page).to_have_url(re.compile("/pay/ch_"))
        decide(here.page, "approve")
        expect_paid(here.page)
    assert charges_of(stack, session_id) == ["succeeded"]


def test_two_tabs_pay_once(visit: Visitor, stack: Stack, script: bool) -> None:
    with visit(script=script) as here:
        session_id = shop_as(here.page, stack.url, "Italian consumer")
        other = here.context.new_page()
        other.goto(here.page.url)
        pay(here.page, "card")
        choose(other, "satispay")
        pay_button(other).click()
        expect(other.locator("form[action$='/change'] button")).to_be_visible()
        decide(here.page, "approve")
        expect_paid(here.page)
        other.reload()
        expect_paid(other)
    assert charges_of(stack, session_id) == ["succeeded"]


def test_the_back_button_leads_nowhere_dangerous(visit: Visitor, stack: Stack, script: bool) -> None:
    with visit(script=script) as here:
        session_id = shop_as(here.page, stack.url, "Italian consumer")
        pay(here.page, "card")
        here.page.go_back()
        expect(here.page.locator("main a.primary")).to_have_attribute("href", re.compile("/pay/ch_"))
        here.page.locator("main a.primary").click()
        decide(here.page, "approve")
        expect_paid(here.page)
        here.page.go_back()
        if re.search("/pay/ch_", here.page.url):
            expect(here.page.locator("main")).to_contain_text("approved")
        here.page.goto(f"{stack.url}/checkout/{session_id}")
        expect_paid(here.page)
    assert charges_of(stack, session_id) == ["succeeded"]


def test_what_is_missing_is_said_and_what_was_chosen_is_kept(visit: Visitor, stack: Stack, script: bool) -> None:
    with visit(script=script) as here:
        shop_as(here.page, stack.url, "Italian consumer")
        here.page.locator("input[name=method][value=paypal]").check()
        pay_button(here.page).click()
        expect(here.page.get_by_role("alert")).to_be_visible()
        expect(here.page.locator("input[name=method][value=paypal]")).to_be_checked()
        here.page.get_by_role("alert").get_by_role("link").click()
        expect(here.page.locator("#accept_terms")).to_be_in_viewport()
        here.page.locator("#accept_terms").check()
        pay_button(here.page).click()
        expect(here.page).to_have_url(re.compile("/pay/ch_"))


def test_an_expired_checkout_says_so_and_charges_nothing(
    visit: Visitor, stack: Stack, expire: Callable[[str], None], script: bool
) -> None:
    with visit(script=script) as here:
        session_id = shop_as(here.page, stack.url, "Italian consumer")
        choose(here.page, "card")
        expire(session_id)
        pay_button(here.page).click()
        expect(here.page.get_by_role("heading", level=1)).to_have_text(re.compile("scadut", re.IGNORECASE))
        expect(here.page.locator("main a.primary")).to_have_attribute("href", re.compile("/shop/cart"))
    assert stack.api("GET", f"/v1/checkout/sessions/{session_id}").json()["payment"] is None


def test_a_paid_checkout_is_not_paid_again(visit: Visitor, stack: Stack, script: bool) -> None:
    with visit(script=script) as here:
        session_id = shop_as(here.page, stack.url, "Italian consumer")
        stale = here.context.new_page()
        stale.goto(here.page.url)
        pay(here.page, "card")
        decide(here.page, "approve")
        choose(stale, "paypal")
        pay_button(stale).click()
        expect_paid(stale)
        expect(stale.get_by_role("alert")).to_be_visible()
        here.page.goto(f"{stack.url}/checkout/{session_id}?status=failed&paid=0")
        expect_paid(here.page)
        here.page.locator("main a.primary").click()
        expect(here.page).to_have_url(re.compile("/shop/thanks"))
        assert session_of(stale) == session_id
    assert charges_of(stack, session_id) == ["succeeded"]
