"""Fault switches: ways in which real providers misbehave, turned on for one account at a time."""

import random
import sqlite3
from collections.abc import Mapping
from typing import Any

from providers.sandbox.service.errors import Refusal

SWITCHES: Mapping[str, str] = {
    "refuse": "Refuse every new charge and subscription",
    "refuse_refunds": "Refuse every new refund",
    "decline_tokens_soft": "Decline charges by a stored token: not enough money",
    "decline_tokens_hard": "Decline charges by a stored token for good: the card has expired",
    "authentication_required": "Decline charges by a stored token: the bank wants the customer to confirm",
    "tokens_pending": "Let charges by a stored token stay pending",
    "outage": "Be down: answer 503 to every call",
    "error_500": "Answer 500 before doing anything",
    "drop_reply": "Do the work, then drop the connection without a reply",
    "delay_seconds": "Do the work, then wait before replying",
    "malformed_reply": "Do the work, then reply with something that is not JSON",
    "truncated_reply": "Do the work, then break off in the middle of the reply",
    "endless_reply": "Do the work, then never stop replying",
    "duplicate_webhooks": "Deliver every event twice",
    "shuffle_webhooks": "Deliver events out of order",
    "hold_webhooks": "Keep events back until this is switched off",
    "fail_settlement": "Let pending payments and refunds end as failed",
    "report_omits": "Leave the day's first movement out of its report",
    "report_extra": "Report a payment that never was",
    "report_wrong_amount": "Report the day's last movement with another amount",
    "report_wrong_state": "Report one of the day's movements as still pending",
}
MAX_DELAY_SECONDS = 120.0

# The same switches as the home page sorts them; the delay has a field of its own.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "Calls": (
        "outage", "error_500", "drop_reply", "malformed_reply", "truncated_reply", "endless_reply", "delay_seconds",
    ),
    "Charges and refunds": ("refuse", "refuse_refunds", "fail_settlement"),
    "Stored tokens and renewals": (
        "decline_tokens_soft", "decline_tokens_hard", "authentication_required", "tokens_pending",
    ),
    "Webhooks": ("duplicate_webhooks", "shuffle_webhooks", "hold_webhooks"),
    "Reports": ("report_omits", "report_extra", "report_wrong_amount", "report_wrong_state"),
}  # fmt: skip


def replace(connection: sqlite3.Connection, account: str, switches: Mapping[str, Any]) -> None:
    """Turn on exactly these switches.

    A value is a probability from 0 to 1 or {"times": n}; `delay_seconds` is a number of seconds, or
    {"seconds": s, "times": n}. Raises: Refusal 422.
    """
    rows = [(account, name, *_read(name, value)) for name, value in switches.items()]
    connection.execute("DELETE FROM faults WHERE account = ?", (account,))
    connection.executemany(
        "INSERT INTO faults (account, name, probability, times, seconds) VALUES (?, ?, ?, ?, ?)", rows
    )


def current(connection: sqlite3.Connection, account: str) -> dict[str, dict[str, float | int | None]]:
    """The switches that are on: {name: {probability, times, seconds}}."""
    rows = connection.execute("SELECT * FROM faults WHERE account = ? ORDER BY name", (account,))
    return {row["name"]: {key: row[key] for key in ("probability", "times", "seconds")} for row in rows}


def strikes(connection: sqlite3.Connection, account: str, name: str) -> bool:
    """Whether the switch strikes this time; one that was set for a number of times is used up by it."""
    return _strike(connection, account, name) is not None


def delay(connection: sqlite3.Connection, account: str) -> float:
    """How many seconds to wait before replying this time."""
    row = _strike(connection, account, "delay_seconds")
    return float(row["seconds"]) if row else 0.0


def _strike(connection: sqlite3.Connection, account: str, name: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM faults WHERE account = ? AND name = ? AND (times IS NULL OR times > 0)", (account, name)
    ).fetchone()
    if row is None or random.random() >= row["probability"]:  # noqa: S311 - chance, not secrecy
        return None
    connection.execute(
        "UPDATE faults SET times = times - 1 WHERE account = ? AND name = ? AND times > 0", (account, name)
    )
    return row


def _read(name: str, value: Any) -> tuple[float, int | None, float]:
    """Probability, times and seconds of one switch. Raises: Refusal 422."""
    if name not in SWITCHES:
        raise Refusal(422, "unknown_switch", f"There is no switch {name!r}.")
    given = value if isinstance(value, dict) else {}
    number = None if isinstance(value, dict) else value
    is_delay = name == "delay_seconds"
    probability = given.get("probability", 1 if is_delay or number is None else number)
    seconds = given.get("seconds", number if is_delay and number is not None else 0)
    times = given.get("times")
    if not (isinstance(probability, int | float) and 0 <= probability <= 1):
        raise Refusal(422, "invalid_switch", f"{name}: a probability is between 0 and 1.")
    if not (isinstance(seconds, int | float) and 0 <= seconds <= MAX_DELAY_SECONDS):
        raise Refusal(422, "invalid_switch", f"{name}: a delay is between 0 and {MAX_DELAY_SECONDS:.0f} seconds.")
    if not (times is None or (isinstance(times, int) and times >= 0)):
        raise Refusal(422, "invalid_switch", f"{name}: times is a whole number.")
    return float(probability), times, float(seconds)
