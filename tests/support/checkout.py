"""What a customer does on the pages, by what they see: choosing, accepting, paying, deciding at the provider."""

import re

from playwright.sync_api import Locator, Page, expect

SESSION = re.compile(r"/checkout/(cs_[0-9a-f]{32})")


def shop_as(page: Page, hub: str, customer: str) -> str:
    """Play a customer of the sample shop and go to the checkout; the session's id."""
    page.goto(f"{hub}/shop?lang=en")
    page.get_by_role("link", name=customer).click()
    page.locator("button[formaction='/shop/checkout']").click()
    expect(page).to_have_url(SESSION)
    return session_of(page)


def session_of(page: Page) -> str:
    """The session whose page is shown."""
    found = SESSION.search(page.url)
    assert found is not None, page.url
    return found[1]


def offered(page: Page) -> list[str]:
    """The methods on the page, in its order."""
    return [str(radio.get_attribute("value")) for radio in page.locator("input[name=method]").all()]


def choose(page: Page, method: str) -> None:
    """Choose a method and accept the terms, which nobody has ticked in advance."""
    page.locator(f"input[name=method][value={method}]").check()
    terms = page.locator("#accept_terms")
    expect(terms).not_to_be_checked()
    terms.check()


def pay(page: Page, method: str) -> None:
    """Choose, accept, press the pay button; the provider's page follows."""
    choose(page, method)
    pay_button(page).click()
    expect(page).to_have_url(re.compile("/pay/ch_"))


def pay_button(page: Page) -> Locator:
    """The button with the amount on it."""
    return page.locator("form[action$='/pay'] button.primary")


def decide(page: Page, outcome: str) -> None:
    """Press a button of the provider's page, the confirmation ticked where it asks for one, and come back."""
    confirmation = page.locator("input[name=confirmed]")
    if confirmation.count() and outcome in ("approve", "pending"):
        confirmation.check()
    page.locator(f"button[name=outcome][value={outcome}]").click()
    expect(page).to_have_url(SESSION)
