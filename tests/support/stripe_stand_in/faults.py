"""Fault switches: what a test asks the stand-in to do wrong, for one account (both its modes)."""

import random
import re
import sqlite3
from collections.abc import Mapping
from typing import Any

from tests.support.stripe_stand_in.store import recall, remember

MONEY = r"/v1/(checkout/sessions|payment_intents|refunds|subscriptions)(/|$)"
SWITCHES: Mapping[str, str] = {
    "outage": "Answer 503 to every call",
    "unauthorized": "Answer 401 before doing anything",
    "rate_limit": "Answer 429 before doing anything",
    "error_500": "Answer 500 before doing anything",
    "drop_before": "Close the connection before doing anything",
    "refuse": "Refuse to make sessions, payment intents and subscriptions",
    "refuse_refunds": "Refuse to make refunds",
    "error_500_after": "Do the work, then answer 500; the 500 is kept as the answer of the idempotency key",
    "drop_reply": "Do the work, then close the connection without a reply",
    "late_reply": "Do the work, then wait `seconds` before replying",
    "malformed_reply": "Do the work, then reply with something that is not JSON",
    "truncated_reply": "Do the work, then break off in the middle of the reply",
    "endless_reply": "Do the work, then never stop replying",
    "redirect": "Do the work, then answer with a redirect",
    "decline_tokens_soft": "Decline stored methods: not enough money",
    "decline_tokens_hard": "Decline stored methods: the card has expired",
    "authentication_required": "Stored methods need the customer",
    "tokens_pending": "Let payments by stored methods stay processing",
    "fail_settlement": "Let what settles later fail",
    "duplicate_webhooks": "Deliver every event twice",
    "shuffle_webhooks": "Deliver events out of order",
    "hold_webhooks": "Keep events back until this is switched off",
}
ANYTHING = frozenset({"outage"})  # strikes reads as well, unless it says otherwise


def replace(connection: sqlite3.Connection, account: str, switches: Mapping[str, Any]) -> None:
    """Turn on exactly these: a probability, or {"probability", "times", "seconds", "on": pattern, "reads": bool}.

    `on` is matched with the path of the call; without it a switch strikes calls that move money.
    Raises: ValueError for a switch that there is not.
    """
    if unknown := set(switches) - set(SWITCHES):
        raise ValueError(f"There is no switch {', '.join(sorted(unknown))}.")
    read = {
        name: dict(value) if isinstance(value, dict) else {"probability": value} for name, value in switches.items()
    }
    remember(connection, f"faults:{account}", read)


def strikes(
    connection: sqlite3.Connection, account: str, name: str, method: str = "", path: str = ""
) -> dict[str, Any] | None:
    """The switch if it strikes this time; one that was set for a number of times is used up by it."""
    switches = recall(connection, f"faults:{account}", {})
    switch: dict[str, Any] | None = switches.get(name)
    if switch is None or switch.get("times", 1) <= 0:
        return None
    if path:
        reads = switch.get("reads", name in ANYTHING)
        if (method == "GET" and not reads) or not re.search(switch.get("on", "" if reads else MONEY), path):
            return None
    if random.random() >= switch.get("probability", 1):
        return None
    if "times" in switch:
        switch["times"] -= 1
        remember(connection, f"faults:{account}", switches)
    return switch
