"""A rule's whole way by keyboard alone, without script and with: written, checked, replayed, approved, live, undone."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Visitor
from tests.support.browser import Visit
from tests.support.checkout import SESSION, offered
from tests.support.hub import ADMIN_EMAIL, ADMIN_PASSWORD
from tests.support.keyboard import Keyboard
from tests.support.stack import Stack

LOOKS_AGAIN = 120  # times at the progress of a replay, half a second apart
OUTCOME = re.compile(r"Of [\d,]+ sessions?, [\d,]+ \(.*\) would see something else: €")
SENTENCE = "When the country is Italy and the amount is at least €10.00, offer PayPal through"


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A hub where nobody approves what they wrote themselves."""
    with Stack(tmp_path_factory.mktemp("strict"), {"ONE_PERSON_PUBLISHES": "0"}) as stack:
        yield stack


class Person(Keyboard):
    """Somebody at the backoffice or in the shop, with a browser of their own and without a mouse."""

    def __init__(self, here: Visit, hub: str) -> None:
        super().__init__(here.page)
        self.hub = hub

    @property
    def main(self) -> Locator:
        """The page without what is around it."""
        return self.page.locator("main")

    def sign_in(self, email: str, password: str) -> None:
        self.page.goto(f"{self.hub}/admin/")
        self.type(self.page.get_by_label("E-mail address"), email)
        self.type(self.page.get_by_label("Password"), password)
        self.enter()
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Dashboard")

    def open(self, name: str) -> None:
        """Follow a line of the navigation."""
        self.press(self.page.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name=name))

    def follow(self, name: str) -> None:
        """Follow a link of the page."""
        self.press(self.main.get_by_role("link", name=name).first)

    def push(self, name: str) -> None:
        """Press a button of the page."""
        self.press(self.main.get_by_role("button", name=name).first)

    def field(self, name: str) -> Locator:
        """A field of the form by its name."""
        return self.main.locator(f'[name="{name}"]')

    def does(self, what: str) -> None:
        """Press a button of the form of a rule."""
        self.press(self.main.locator(f'.builder button[value="{what}"]:not([tabindex="-1"])').first)

    def says(self, text: str | re.Pattern[str]) -> None:
        expect(self.main).to_contain_text(text)

    def buy(self) -> list[str]:
        """Go from the shop to the checkout as an Italian consumer; the methods that are offered."""
        self.page.goto(f"{self.hub}/shop?lang=en")
        self.follow("Italian consumer")
        self.press(self.main.locator("button[formaction='/shop/checkout']"))
        expect(self.page).to_have_url(SESSION)
        return offered(self.page)


def add_person(administrator: Person, email: str, role: str) -> str:
    """Add somebody on the page of the people; their password."""
    administrator.open("People")
    administrator.type(administrator.field("email"), email)
    administrator.choose(administrator.field("role"), role)
    administrator.push("Add")
    return administrator.main.locator("code.secret").inner_text()


def write_rule(author: Person, name: str) -> None:
    """Add a rule on country and amount on top of the others; a mistake in it is told beside its field, and mended."""
    author.open("Rules")
    author.follow("Edit rules")
    author.follow("Add a rule")
    author.type(author.field("name"), name)
    author.choose(author.field("position"), "First rule")
    author.choose(author.field("when.new"), "Country")
    author.does("add:when")
    author.type(author.field("when.0.text"), "Italy")
    author.choose(author.field("when.new"), "Amount")
    author.does("add:when")
    author.choose(author.field("when.1.operator"), "is at least")
    author.type(author.field("when.1.low"), "ten")
    for method in ("PayPal", "Bank transfer"):
        author.choose(author.field("offer.new"), method)
        author.does("add:offer")
    author.does("save")
    author.says("One thing needs your attention. Nothing was saved.")
    wrong = author.field("when.1.low")
    expect(wrong).to_have_attribute("aria-invalid", "true")
    beside = author.page.locator(f'[id="{wrong.get_attribute("aria-describedby")}"]')
    expect(beside).to_contain_text("Write the amount as in 1250.00")
    field, message = wrong.bounding_box(), beside.bounding_box()
    assert field
    assert message
    assert 0 < message["y"] - field["y"] < 100, "the message does not stand beside its field"
    author.type(wrong, "10")
    author.does("save")
    author.says("Saved in the draft.")
    expect(author.main.locator("li.rule").first).to_contain_text(SENTENCE)


def replay(author: Person, *, script: bool) -> None:
    """Replay the draft over the last week and wait for the outcome, which comes by itself where there is script."""
    author.follow("See what it would have changed last week")
    author.push("Replay")
    outcome, again = author.main.get_by_text(OUTCOME), author.main.get_by_role("link", name="Look again")
    for _ in range(0 if script else LOOKS_AGAIN):
        if not again.count():
            break
        author.press(again)
        author.page.wait_for_timeout(500)
    expect(outcome).to_be_visible(timeout=60_000)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("script", [False, True], ids=["no script", "script"])
def test_a_rule_from_the_first_word_to_the_checkout_and_back(visit: Visitor, strict: Stack, script: bool) -> None:
    name = f"Italian baskets {'with' if script else 'without'} script"
    emails = {role: f"{role}-{script}@example.com".lower() for role in ("author", "approver")}
    versions = strict.api("GET", "/v1/rules/versions").json()
    active, new = versions["active"], max(version["number"] for version in versions["data"]) + 1

    def person(here: Visit) -> Person:
        return Person(here, strict.url)

    with visit(script=script) as desk:
        administrator = person(desk)
        administrator.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD)
        authors = add_person(administrator, emails["author"], "Rules author")
        approvers = add_person(administrator, emails["approver"], "Rules approver")

    with visit(script=script) as shop, visit(script=script) as left, visit(script=script) as right:
        customer, author, approver = person(shop), person(left), person(right)
        before = customer.buy()
        assert before not in ([], ["paypal", "bank_transfer"])

        author.sign_in(emails["author"], authors)
        write_rule(author, name)
        author.follow("Check")
        author.says("The draft can go live")
        author.follow("Review and publish")
        replay(author, script=script)
        author.follow("Draft")
        author.follow("Review and publish")
        author.says("See the replay of this draft")
        author.says("You wrote in this draft, so somebody who wrote nothing in it has to approve it.")
        expect(author.main.get_by_role("button", name="Approve the draft")).to_have_count(0)
        assert customer.buy() == before, "what was not published reached a customer"

        approver.sign_in(emails["approver"], approvers)
        approver.open("Rules")
        approver.follow("Review it")
        approver.says(SENTENCE)
        approver.push("Approve the draft")
        approver.type(approver.field("note"), "Fewer ways to pay for Italian baskets")
        approver.push("Publish")
        approver.says(f"Version {new} is published")
        assert customer.buy() == ["paypal", "bank_transfer"]

        approver.follow("All versions")
        approver.follow(f"Version {active} ")
        approver.push("Go back to this version")
        approver.says(f"Version {active} is active: from now on it decides for every customer.")
        assert customer.buy() == before
        approver.open("Rules")
        approver.follow("All versions")
        approver.says(f"Back to version {active}")
