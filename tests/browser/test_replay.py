"""A replay of the draft in a real browser: by itself with script, by "Look again" without, on every width and look."""

import copy
import re
from uuid import uuid4

import pytest
import requests
from playwright.sync_api import Page, StorageState, expect

from rules import seed_json
from tests.browser.conftest import Visitor
from tests.support.api import session_body
from tests.support.browser import LOOKS
from tests.support.hub import API_KEY
from tests.support.stack import Stack

REPLAYS = "/admin/rules/replays/"
OUTCOME = re.compile(r"Of [\d,]+ sessions, [\d,]+ \(.*\) would see something else: €")


@pytest.fixture(scope="module")
def replayed(stack: Stack) -> Stack:
    """A hub with some sessions, and a draft in which every one of them would be offered less."""
    for _ in range(3):
        stack.api("POST", "/v1/checkout/sessions", session_body(), key=str(uuid4())).raise_for_status()
    document = copy.deepcopy(seed_json())
    document["rules"] = []
    document["default"]["methods"] = [document["default"]["methods"][0]]
    draft, headers = f"{stack.url}/v1/rules/draft", {"Authorization": f"Bearer {API_KEY}"}
    etag = requests.get(draft, headers=headers, timeout=30).headers["ETag"]
    saved = requests.put(draft, json={"rule_set": document}, headers=headers | {"If-Match": etag}, timeout=30)
    assert saved.status_code == 200, saved.text
    return stack


def start(page: Page, stack: Stack) -> None:
    """Start a replay from the list, by keyboard."""
    page.goto(stack.url + REPLAYS)
    page.get_by_label("Sessions of the last").focus()
    for _ in range(9):  # a date is several stops
        page.keyboard.press("Tab")
        if page.locator("button:focus").count():
            break
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{REPLAYS}rpl_*")


def test_the_outcome_appears_by_itself(replayed: Stack, visit: Visitor, signed_in: StorageState) -> None:
    with visit(storage_state=signed_in) as here:
        start(here.page, replayed)
        expect(here.page.get_by_text(OUTCOME)).to_be_visible(timeout=60_000)
        expect(here.page.get_by_role("button", name="Cancel")).to_be_hidden()
        expect(here.page.get_by_role("heading", name="By rule")).to_be_visible()


def test_without_script_one_looks_again(replayed: Stack, visit: Visitor, signed_in: StorageState) -> None:
    with visit(storage_state=signed_in, script=False) as here:
        start(here.page, replayed)
        again = here.page.get_by_role("link", name="Look again")
        for _ in range(120):
            if not again.is_visible():
                break
            again.click()
            here.page.wait_for_timeout(500)
        expect(here.page.get_by_text(OUTCOME)).to_be_visible()
        here.page.locator("details.pair summary").first.focus()
        here.page.keyboard.press("Enter")
        example = here.page.locator("details.pair a[href^='/admin/sessions/']").first
        expect(example).to_be_visible()
        example.click()
        expect(here.page).to_have_url(re.compile("/admin/sessions/cs_"))
        here.page.go_back()


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_pages_have_no_faults(
    replayed: Stack, visit: Visitor, signed_in: StorageState, width: int, scheme: str
) -> None:
    with visit(storage_state=signed_in, width=width, color_scheme=scheme) as here:
        start(here.page, replayed)
        expect(here.page.get_by_text(OUTCOME)).to_be_visible(timeout=60_000)
        here.page.locator("details.pair summary").first.click()
        assert here.faults() == []
        assert here.overflow() == 0
        here.page.goto(replayed.url + REPLAYS)
        assert here.faults() == []
        assert here.overflow() == 0
