"""Sessions of the past, stored in bulk with their decisions, for replays."""

import random
from collections.abc import Iterable, Mapping
from datetime import timedelta
from itertools import count, islice
from typing import Any

from sqlalchemy import insert

from app.domain.ids import new_id
from app.domain.statuses import SessionStatus
from app.models import CheckoutSession, DecisionRecord, db, utc_now
from app.services.transaction import transaction
from rules import Decision

# What the hub computes for each session, and no case cares about.
COMPUTED: dict[str, Any] = {
    "flow": "direct",
    "locale": "it",
    "attempts": 0,
    "failed_methods": [],
    "failed_accounts": [],
    "cross_border": False,
}
FAILED = {"failed_methods": ["card"], "failed_accounts": ["sandbox_north"]}
OUTCOME = Decision(1, None, "Default offer", (), ()).to_json()
CHUNK = 5_000


def store_sessions(facts: Iterable[Mapping[str, Any]], *, days: float = 6, seed: int = 3) -> list[str]:
    """Store a session of the last `days` days for each of the facts, every third one paid; their ids, oldest first.

    Several share a moment, as on a busy day, and some have a second decision, made after a failed attempt.
    """
    chooser, numbers, stored = random.Random(seed), count(), []
    known = iter(facts)
    first = utc_now() - timedelta(days=days)
    while chunk := list(islice(known, CHUNK)):
        sessions, decisions = [], []
        for given in chunk:
            number = next(numbers)
            carried = COMPUTED | dict(given)
            at = first + timedelta(seconds=number // 3 * 0.5)
            session_id = new_id("cs")
            paid = number % 3 == 0
            sessions.append(
                {
                    "id": session_id,
                    "status": SessionStatus.COMPLETED if paid else SessionStatus.EXPIRED,
                    "amount": max(int(carried.get("amount", 1)), 1),
                    "currency": carried.get("currency", "EUR"),
                    "reference": f"stored-{number}",
                    "success_url": "https://shop.example.com/thanks",
                    "failure_url": "https://shop.example.com/cart",
                    "created_at": at,
                    "expires_at": at + timedelta(days=1),
                }
            )
            for sequence in range(1 + (chooser.random() < 0.05)):
                decisions.append(
                    {
                        "id": new_id("dec"),
                        "session_id": session_id,
                        "sequence": sequence,
                        "version": 1,
                        "facts": carried | ({"attempts": sequence, **FAILED} if sequence else {}),
                        "outcome": OUTCOME,
                        "created_at": at + timedelta(minutes=sequence),
                    }
                )
            stored.append(session_id)
        with transaction():
            db.session.execute(insert(CheckoutSession), sessions)
            db.session.execute(insert(DecisionRecord), decisions)
    return stored
