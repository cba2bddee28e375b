"""Reconciliation in a real browser: a day on which the provider's report lies, and an item that a person decides."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import requests
from playwright.sync_api import Page, StorageState, expect

from app.domain.ids import new_id
from tests.browser.conftest import Visitor
from tests.support.api import session_body
from tests.support.stack import Stack
from tests.support.waiting import wait_until


def charged(stack: Stack, outcome: str | None) -> dict[str, Any]:
    """The attempt of a new payment by card at the first account, after `outcome` was pressed there."""
    session = stack.api("POST", "/v1/checkout/sessions", session_body(), key=str(uuid4())).json()
    body = {"method": "card", "accept_terms": True}
    path = f"/v1/checkout/sessions/{session['id']}/pay"
    answer = stack.api("POST", path, body, key=str(uuid4())).json()
    payment = f"/v1/payments/{answer['payment']['id']}"
    if outcome:
        page = answer["next_action"]["url"]
        form = {"outcome": outcome, "confirmed": "yes"}
        back = requests.post(page, data=form, allow_redirects=False, timeout=20).headers["Location"]
        requests.get(back, allow_redirects=False, timeout=20)  # the customer comes back, so that nobody has to wait
        assert wait_until(lambda: stack.api("GET", payment).json()["status"] == "paid")
    return dict(answer["payment"]["attempts"][-1])


def put_in_queue(stack: Stack, attempt_id: str) -> str:
    """What an hour of silence does, done at once; the item's id."""
    now, item = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"), new_id("alert")
    path = stack.database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, timeout=30)) as connection, connection:
        row = (item, "outcome_unknown", attempt_id, "Nobody knows what became of it.", now)
        connection.execute("INSERT INTO alerts (id, kind, subject_id, message, created_at) VALUES (?, ?, ?, ?, ?)", row)
    return item


def test_a_report_that_lies_is_found_out_line_by_line(visit: Visitor, stack: Stack, signed_in: StorageState) -> None:
    for _ in range(4):
        charged(stack, "approve")
    lies = ("report_omits", "report_extra", "report_wrong_amount", "report_wrong_state")
    stack.faults("north", **dict.fromkeys(lies, 1))
    try:
        with visit(storage_state=signed_in) as here:
            here.page.goto(f"{stack.url}/admin/reconciliation/")
            here.hold_in_every_look()
            here.page.locator("select[name=account]").select_option("sandbox_north")
            here.page.get_by_role("button", name="Compare now").click()
            wait_for_the_worker(here.page)
            for title in ("Missing here", "Missing there", "Amounts differ", "States differ"):
                expect(here.page.get_by_role("heading", name=title).first).to_be_visible()
            card = here.page.locator("article").filter(has=here.page.get_by_role("heading", name="Missing here")).first
            card.locator("summary").click()
            here.hold_in_every_look()
            card.locator("textarea").fill("They tested something.")
            card.get_by_role("button", name="Resolve it").click()
            expect(here.page.get_by_role("status").first).to_contain_text("with your name")
            here.page.get_by_role("link", name="Resolved").click()
            expect(here.page.locator("blockquote")).to_have_text("They tested something.")
            here.page.goto(f"{stack.url}/admin/review/")
            expect(here.page.get_by_role("link", name="Books differ")).to_be_visible()
            here.hold_in_every_look()
    finally:
        stack.faults("north")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_person_decides_what_the_provider_does_not_answer(
    visit: Visitor, stack: Stack, signed_in: StorageState, script: bool
) -> None:
    stack.faults("north", outage=1)
    try:
        item = put_in_queue(stack, charged(stack, None)["id"])
        with visit(storage_state=signed_in, script=script) as here:
            here.page.goto(f"{stack.url}/admin/review/{item}")
            here.page.get_by_role("button", name="Ask the provider now").click()
            expect(here.page.get_by_role("status").first).to_contain_text("waits for your decision")
            here.page.get_by_text("The provider says nothing was collected").click()
            here.page.get_by_role("button", name="Record as not collected").click()
            expect(here.page.get_by_role("alert")).to_contain_text("one field needs another look")
            if script:
                here.hold_in_every_look()
            here.page.get_by_label("Note").locator("visible=true").fill("Their support found no charge.")
            here.page.get_by_role("button", name="Record as not collected").click()
            expect(here.page.locator("blockquote")).to_have_text("Their support found no charge.")
    finally:
        stack.faults("north")


def wait_for_the_worker(page: Page) -> None:
    """Load the page again until the day is compared."""
    for _ in range(40):
        if page.get_by_role("heading", name="Missing here").count():
            return
        page.wait_for_timeout(300)
        page.reload()
