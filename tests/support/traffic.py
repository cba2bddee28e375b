"""Customers and a merchant who keep paying while things break, and the check that nothing went wrong with the money."""

import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import requests

from tests.support.api import session_body
from tests.support.stack import Stack

PATIENCE = 20  # seconds that a merchant repeats a request, under the same key, before giving up
OUTCOMES = ("approve", "approve", "decline", "approve", "pending")


class Traffic:
    """Payments run against a stack by a few threads; every request that fails is repeated as a good merchant would."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._pool = ThreadPoolExecutor(4)
        self.sessions: list[str] = []

    def start(self, count: int) -> list[Any]:
        """Begin `count` payments; the futures end with what became of each, in words."""
        return [self._pool.submit(self._pay_one, OUTCOMES[number % len(OUTCOMES)]) for number in range(count)]

    def stop(self) -> None:
        """Wait for the threads."""
        self._pool.shutdown()

    def _pay_one(self, outcome: str) -> str:
        session = self._ask("/v1/checkout/sessions", session_body())
        if session is None:
            return "no session"
        self.sessions.append(session["id"])
        path = f"/v1/checkout/sessions/{session['id']}/pay"
        deadline = time.monotonic() + PATIENCE
        page = ""
        while not page:  # a provider that was away for a moment is tried again, an unknown outcome waited for
            paid = self._ask(path, {"method": "card", "accept_terms": True})
            if paid is None or time.monotonic() > deadline:
                return "no page"
            page = paid["next_action"]["url"] or ""
            time.sleep(0 if page else 0.5)
        form = {"outcome": outcome, "confirmed": "yes"}
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                if requests.post(page, data=form, allow_redirects=False, timeout=10).status_code == 303:
                    return outcome
            except requests.RequestException:
                time.sleep(0.3)
        return "no sandbox"

    def _ask(self, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """POST until it is answered, always under one key; None when patience ran out.

        A request that is refused for good is a fault of the hub: nothing here is wrong.
        """
        key, deadline = str(uuid4()), time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                reply = self._stack.api("POST", path, body, key=key, timeout=20)
            except requests.RequestException:
                time.sleep(0.2)
                continue
            if reply.status_code in (200, 201):
                return dict(reply.json())
            busy = reply.status_code in (502, 503) or (reply.status_code == 409 and "busy" in reply.json()["code"])
            assert busy, f"{reply.status_code} {reply.text}"
            time.sleep(0.5)
        return None


def differences(stack: Stack, sessions: Iterable[str]) -> list[str]:
    """Where hub and sandbox disagree about these sessions, in words; empty when every payment is in its true state."""
    charges = {charge["reference"]: charge for charge in stack.ledger()}
    found = []
    for session_id in sessions:
        session = stack.api("GET", f"/v1/checkout/sessions/{session_id}").json()
        if session["payment"] is None:
            continue
        payment = stack.api("GET", f"/v1/payments/{session['payment']}").json()
        states: Counter[str] = Counter()
        for attempt in payment["attempts"]:
            charge = charges.get(attempt["id"])
            true = "failed" if charge is None else charge["state"]
            states[true] += 1
            if attempt["status"] != true:
                found.append(f"{attempt['id']} is {attempt['status']}, in truth {true}")
        true = "paid" if states["succeeded"] else "pending" if states["pending"] else "failed"
        if payment["status"] != true:
            found.append(f"{payment['id']} is {payment['status']}, in truth {true}")
        if payment["paid"] != (payment["amount"] if true == "paid" else 0):
            found.append(f"{payment['id']} says that {payment['paid']} was paid")
    return found


def charged_twice(stack: Stack) -> list[str]:
    """The sessions for which the sandbox took money more than once, or may still take it after it did; and any
    charge that the hub knows nothing of."""
    owner = {
        attempt["id"]: payment["checkout_session"] for payment in all_payments(stack) for attempt in payment["attempts"]
    }
    takes = Counter(
        owner.get(charge["reference"], f"nobody: {charge['reference']}")
        for charge in stack.ledger()
        if charge["state"] in ("succeeded", "pending")
    )
    return [session for session, times in takes.items() if times > 1 or session.startswith("nobody")]


def all_payments(stack: Stack) -> list[dict[str, Any]]:
    """Every payment that the hub knows, newest first."""
    found, cursor = [], ""
    while True:
        page = stack.api("GET", f"/v1/payments?limit=100{cursor}").json()
        found += page["data"]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"
