"""Every page of the rules, and what each says of an obstacle: no fault by axe, on a phone, light and dark."""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import requests
from playwright.sync_api import Browser, Page, StorageState, expect

from rules import seed_json
from tests.browser.conftest import Visitor
from tests.support.api import session_body
from tests.support.browser import Visit
from tests.support.experiments import offer
from tests.support.hub import ADMIN_EMAIL, ADMIN_PASSWORD, API_KEY
from tests.support.stack import Stack
from tests.support.waiting import wait_until

LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützen"  # one word, wider than a phone
ITALY = "rule_italy"
PAGES = [
    "rules/",
    "rules/draft/",
    "rules/draft/rules/rule_0",
    f"rules/draft/rules/{ITALY}",
    "rules/draft/adjustments/adj_weekend_notice",
    "rules/draft/default",
    "rules/draft/check",
    "rules/draft/review/",
    "rules/draft/discard",
    "rules/draft/import",
    "rules/replays/",
    "rules/replays/{replay}",
    "rules/experiments/",
    f"rules/experiments/{ITALY}",
    "rules/attributes/",
    "rules/attributes/new-attribute",
    "rules/attributes/vip",
    "rules/versions/",
    "rules/versions/2",
    "rules/versions/2?since=1",
    "rules/try/?version=draft&session={session}",
    "people/",
    "people/{person}",
    "account/",
]


def is_in(key: str, *values: Any) -> dict[str, Any]:
    return {"attribute": key, "operator": "in", "value": list(values)}


def published() -> dict[str, Any]:
    """The rules of a new hub with an experiment in the rule for Italy."""
    document = copy.deepcopy(seed_json())
    [rule] = [rule for rule in document["rules"] if rule["id"] == ITALY]
    rule["experiment"] = {"share": 50, "offer": offer("paypal", "card")}
    return document


def drafted() -> dict[str, Any]:
    """The same with a long rule on top, one that never matches, one that is off, and one moved and one removed."""
    document = published()
    rules = document["rules"]
    euros = [{"amount": amount, "currency": "EUR"} for amount in (10000, 5000)]
    never = [
        {"attribute": "amount", "operator": operator, "value": value}
        for operator, value in zip(("greater_than", "less_than"), euros, strict=True)
    ]
    many = ["AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT"]
    added = [
        {"name": LONG, "when": {"any": [is_in("country", *many), {"none": [is_in("device", "mobile")]}]}},
        {"name": "Never", "when": {"all": never}},
        {"name": "Off", "when": {"all": []}, "enabled": False, "valid_from": "2030-01-01"},
    ]
    base = {"enabled": True, "offer": offer("paypal", "bank_transfer")}
    top = [{"id": f"rule_{number}"} | base | rule for number, rule in enumerate(added)]
    return document | {"rules": [*top, rules[1], rules[0], *rules[2:-1]], "adjustments": document["adjustments"][1:]}


class World:
    """A hub with a version, a draft full of everything, a replay of it, an attribute and a second person."""

    def __init__(self, stack: Stack, chromium: Browser) -> None:
        self.stack = stack
        stack.publish(published())
        for _ in range(4):
            reply = stack.api("POST", "/v1/checkout/sessions", session_body(), key=str(uuid4()))
            self.session = reply.json()["id"]
        self.write(drafted())
        self.replay = stack.api("POST", "/v1/rules/draft/replay", {"days": 7}, key=str(uuid4())).json()["id"]
        assert wait_until(self._is_replayed, seconds=90, pause=0.5), stack.log[-3000:]
        with Visit(chromium) as here:
            self._sign_in(here.page)
            self.remembered: StorageState = here.context.storage_state()
            self._declare_attribute(here.page)
            self.person = self._add_person(here.page)

    def address(self, page: str) -> str:
        return f"{self.stack.url}/admin/{page.format(**vars(self))}"

    def write(self, document: dict[str, Any]) -> None:
        """Write the draft as another author."""
        draft, headers = f"{self.stack.url}/v1/rules/draft", {"Authorization": f"Bearer {API_KEY}"}
        etag = requests.get(draft, headers=headers, timeout=30).headers["ETag"]
        saved = requests.put(draft, json={"rule_set": document}, headers=headers | {"If-Match": etag}, timeout=30)
        assert saved.ok, saved.text

    def _is_replayed(self) -> bool:
        found = self.stack.api("GET", f"/v1/rules/replays/{self.replay}").json()
        return bool(found["status"] == "finished")

    def _sign_in(self, page: Page) -> None:
        page.goto(f"{self.stack.url}/admin/")
        page.get_by_label("E-mail address").fill(ADMIN_EMAIL)
        page.get_by_label("Password").fill(ADMIN_PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{self.stack.url}/admin/")

    def _declare_attribute(self, page: Page) -> None:
        page.goto(self.address("rules/attributes/new-attribute"))
        for name, value in {"key": "vip", "label": LONG, "choices": f"{LONG}\ngold\nsilver"}.items():
            page.locator(f"[name={name}]").fill(value)
        page.get_by_role("button", name="Declare").click()
        page.wait_for_url("**/rules/attributes/**")

    def _add_person(self, page: Page) -> str:
        page.goto(self.address("people/"))
        page.locator("[name=email]").fill(f"{LONG[:40]}@example.com".replace("ä", "ae").lower())
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_role("link", name="Back to people").click()
        return str(page.locator("td a, th a").first.get_attribute("href")).rsplit("/", 1)[-1]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[World]:
    with Stack(tmp_path_factory.mktemp("rules")) as stack:
        yield World(stack, chromium)


@pytest.fixture
def here(visit: Visitor, world: World) -> Iterator[Visit]:
    """An administrator's visit; nothing may be refused by the policy of a page, nor fail in its script."""
    with visit(storage_state=world.remembered) as here:
        yield here


def press(page: Page, name: str | re.Pattern[str]) -> None:
    """Press a button of the page, and wait for the page that it brings."""
    with page.expect_navigation():
        page.locator("main").get_by_role("button", name=name).first.click()


@pytest.mark.parametrize("address", PAGES)
def test_a_page_of_the_rules(here: Visit, world: World, address: str) -> None:
    reply = here.page.goto(world.address(address))
    assert reply is not None
    assert reply.status == 200
    here.hold_in_every_look()


def test_what_is_folded_away(here: Visit, world: World) -> None:
    """The menu of a card, and the sessions behind a figure of a replay."""
    for address, folded in (("rules/draft/", "li.rule details"), ("rules/replays/{replay}", "details.pair")):
        here.page.goto(world.address(address))
        here.page.locator(f"{folded} summary").first.click()
        expect(here.page.locator(folded).first).to_have_attribute("open", "")
        here.hold_in_every_look()


def test_a_file_that_holds_no_rules(here: Visit, world: World) -> None:
    for content in (b"{", json.dumps({"rules": [{"name": 1}], LONG * 3: {}}).encode()):
        here.page.goto(world.address("rules/draft/import"))
        here.page.locator("#file").set_input_files({"name": "a.json", "mimeType": "text/plain", "buffer": content})
        press(here.page, "Put it in the draft")
        expect(here.page.locator("#problem")).to_be_visible()
        here.hold_in_every_look()


def test_somebody_who_is_added_twice(here: Visit, world: World) -> None:
    """The page with their password, and the form that says that they are there already."""
    for shown in ("code.secret", "#field-email-error"):
        here.page.goto(world.address("people/"))
        here.page.locator("[name=email]").fill(f"{'x' * 60}@{'y' * 60}.example.com")
        press(here.page, re.compile("^Add$"))
        expect(here.page.locator(shown)).to_be_visible()
        here.hold_in_every_look()


def test_a_stale_card(here: Visit, world: World) -> None:
    here.page.goto(world.address("rules/draft/"))
    world.write(drafted())
    press(here.page, re.compile("^Switch off"))
    expect(here.page.locator("main")).to_contain_text("changed the draft")
    here.hold_in_every_look()


def test_a_form_kept_over_a_lost_sign_in(here: Visit, world: World) -> None:
    page = here.page
    page.goto(world.address("rules/draft/new-rule"))
    page.locator("#name").fill(LONG)
    here.context.clear_cookies()
    press(page, "Save in the draft")
    expect(page.get_by_text("What you wrote is kept: sign in to go on.")).to_be_visible()
    here.hold_in_every_look()
    page.get_by_label("E-mail address").fill(ADMIN_EMAIL)
    page.get_by_label("Password").fill(ADMIN_PASSWORD)
    press(page, "Sign in")
    expect(page.get_by_role("heading", name="What you wrote is kept")).to_be_visible()
    here.hold_in_every_look()
    press(page, "Go on with what you wrote")
    expect(page.locator("#name")).to_have_value(LONG)


def test_an_approved_draft_whose_note_is_missing_and_one_that_is_planned(here: Visit, world: World) -> None:
    page = here.page
    world.write(drafted())
    page.goto(world.address("rules/draft/review/"))
    press(page, "Approve the draft")
    here.hold_in_every_look()
    press(page, "Publish")
    expect(page.locator("#note-wrong")).to_be_visible()
    here.hold_in_every_look()
    page.locator("#note").fill(f"{LONG} {LONG}")
    page.get_by_label("Later, on").check()
    page.locator("[name=day]").fill("2026-12-31")
    page.locator("[name=time]").fill("08:30")
    press(page, "Publish")
    expect(page.get_by_role("button", name="Cancel the plan")).to_be_visible()
    here.hold_in_every_look()
    world.write(drafted())


def test_a_draft_that_another_version_overtook(here: Visit, world: World) -> None:
    for number in (1, 2):
        here.page.goto(world.address(f"rules/versions/{number}"))
        press(here.page, re.compile("Go back to|Make this version"))
        if number == 1:
            for address in ("rules/draft/", "rules/draft/review/", "rules/draft/review/outdated"):
                here.page.goto(world.address(address))
                expect(here.page.locator("main")).to_contain_text("Version 1")
                here.hold_in_every_look()
