"""A real Chromium, one for the test process, and the whole hub to visit with it."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, StorageState, expect, sync_playwright

from tests.run import find_chromium
from tests.support.browser import ARGUMENTS, Visit
from tests.support.hub import ADMIN_EMAIL, ADMIN_PASSWORD
from tests.support.stack import Stack

expect.set_options(timeout=15_000)  # the machine may be busy
Visitor = Callable[..., Visit]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser that `make test` found or installed, or the one that CHROMIUM names."""
    program = shutil.which(os.environ.get("CHROMIUM") or find_chromium() or "")
    assert program, "There is no Chromium: install it, or name it in CHROMIUM."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser) -> Visitor:
    """Open a visit: `with visit(script=False, width=320) as here: here.page.goto(...)`."""

    def begin(**options: object) -> Visit:
        return Visit(chromium, **options)  # type: ignore[arg-type]  # the options are those of Visit

    return begin


@pytest.fixture(scope="session")
def signed_in(chromium: Browser, stack: Stack) -> StorageState:
    """What a browser remembers of an operator who signed in; sign-ins are limited, so once is enough."""
    with Visit(chromium) as here:
        here.page.goto(f"{stack.url}/admin/")
        here.page.get_by_label("E-mail address").fill(ADMIN_EMAIL)
        here.page.get_by_label("Password").fill(ADMIN_PASSWORD)
        here.page.get_by_role("button", name="Sign in").click()
        here.page.wait_for_url(f"{stack.url}/admin/")
        return here.context.storage_state()


@pytest.fixture(scope="session")
def expire(stack: Stack) -> Callable[[str], None]:
    """Let a session's time be over."""

    def let_time_pass(session_id: str) -> None:
        path = stack.database_url.removeprefix("sqlite:///")
        past = (datetime.now(UTC) - timedelta(minutes=1)).strftime("%Y-%m-%d %H:%M:%S.%f")
        with closing(sqlite3.connect(path, timeout=30)) as connection, connection:
            connection.execute("UPDATE checkout_sessions SET expires_at = ? WHERE id = ?", (past, session_id))

    return let_time_pass
