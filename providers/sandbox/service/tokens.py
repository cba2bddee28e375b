"""Tokens: what a customer who agreed to later charges leaves behind, and how a charge by one is decided at once."""

import sqlite3
from dataclasses import dataclass

from providers.interface import Failure, FailureKind
from providers.sandbox.service import clock, faults

UNKNOWN = Failure(FailureKind.HARD_DECLINE, "unknown_token", "This token charges nobody by this method.")
EXPIRED = Failure(FailureKind.HARD_DECLINE, "instrument_expired", "The customer's card or account is closed.")
DECLINED = Failure(FailureKind.SOFT_DECLINE, "insufficient_funds", "The bank declined: insufficient funds.")
NEEDS_CUSTOMER = Failure(
    FailureKind.NEEDS_CUSTOMER, "authentication_required", "The bank wants the customer to confirm the payment."
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a charge begins: its status, why it failed if it did, and when it settles (epoch seconds) if it will."""

    status: str
    failure: Failure | None = None
    settle_at: float | None = None


WAITING = Verdict("awaiting_customer")


def is_good(connection: sqlite3.Connection, account: str, token: str, method: str) -> bool:
    """Whether a paid charge of this account by this method left the token behind."""
    found = connection.execute(
        "SELECT id FROM charges WHERE token = ? AND account = ? AND method = ? AND status = 'succeeded'",
        (token, account, method),
    ).fetchone()
    return found is not None


def decide(
    connection: sqlite3.Connection, account: str, token: str, method: str, settle_seconds: float
) -> Verdict:
    """The verdict on a charge without its customer, as the switches say."""
    if not is_good(connection, account, token, method):
        return Verdict("failed", UNKNOWN)
    if faults.strikes(connection, account, "decline_tokens_hard"):
        return Verdict("failed", EXPIRED)
    if faults.strikes(connection, account, "decline_tokens_soft"):
        return Verdict("failed", DECLINED)
    if faults.strikes(connection, account, "authentication_required"):
        return Verdict("failed", NEEDS_CUSTOMER)
    if faults.strikes(connection, account, "tokens_pending"):
        return Verdict("processing", settle_at=clock.now() + settle_seconds)
    return Verdict("succeeded")
