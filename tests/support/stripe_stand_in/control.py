"""What tests ask of the stand-in itself: its clock, its faults, its ledger, its webhooks."""

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from werkzeug import Request
from werkzeug.exceptions import NotFound

from tests.support.stripe_stand_in import clockwork, courier, faults, refunds
from tests.support.stripe_stand_in.invoices import Settings
from tests.support.stripe_stand_in.store import Books, clock, recall, remember

LEDGER = (
    "checkout.session", "payment_intent", "charge", "refund", "balance_transaction", "customer", "payment_method",
    "subscription", "invoice", "invoice_payment", "event",
)  # fmt: skip


def answer(connection: sqlite3.Connection, request: Request, settings: Settings) -> Any:
    """Do what `/_control/<name>` says with the JSON of the body, which names an `account` and perhaps `live`."""
    asked = json.loads(request.get_data() or b"{}")
    run = CONTROLS.get(request.path.removeprefix("/_control/"))
    if run is None:
        raise NotFound
    mode = "live" if asked.get("live") else "test"
    return run(Books(connection, f"{asked.get('account', 'north')}:{mode}"), asked, settings)


def _ledger(books: Books, asked: Any, settings: Settings) -> Any:
    return {kind: list(reversed(list(books.all(kind)))) for kind in LEDGER}


def _faults(books: Books, asked: Any, settings: Settings) -> Any:
    faults.replace(books.connection, books.account, asked["switches"])
    return {}


def _clock(books: Books, asked: Any, settings: Settings) -> Any:
    """Move forward by `seconds`, doing what falls due on the way; or back to real time."""
    if asked.get("reset"):
        remember(books.connection, "clock", 0.0)
    else:
        until = clock(books.connection) + asked["seconds"]
        clockwork.run(books.connection, until, settings)
        remember(books.connection, "clock", recall(books.connection, "clock", 0.0) + asked["seconds"])
    return {"now": clock(books.connection)}


def _settle(books: Books, asked: Any, settings: Settings) -> Any:
    clockwork.settle_now(books, settings)
    return {}


def _events(books: Books, asked: Any, settings: Settings) -> Any:
    return courier.told(books.connection, books.realm)


def _endpoint(books: Books, asked: Any, settings: Settings) -> Any:
    """Where webhooks go, which, and by which secrets they are signed."""
    endpoint = recall(books.connection, f"endpoint:{books.realm}", {"url": None, "events": ["*"], "secrets": None})
    remember(
        books.connection,
        f"endpoint:{books.realm}",
        endpoint | {name: asked[name] for name in ("url", "events", "secrets") if name in asked},
    )
    return {}


def _outcome(books: Books, asked: Any, settings: Settings) -> Any:
    """What becomes of charges by one stored method from now on: a decline, succeeded, processing."""
    method = books.find(asked["payment_method"], "payment_method")
    if method is None:
        raise NotFound
    books.hide(method, outcome=asked["outcome"])
    return {}


def _fail_refund(books: Books, asked: Any, settings: Settings) -> Any:
    """The bank sends a refund back, even one that succeeded."""
    refund = books.find(asked["refund"], "refund")
    if refund is None:
        raise NotFound
    refunds.fail(books, refund, asked.get("reason", "expired_or_canceled_card"))
    return {}


CONTROLS: dict[str, Callable[[Books, Any, Settings], Any]] = {
    "ledger": _ledger,
    "faults": _faults,
    "clock": _clock,
    "settle": _settle,
    "events": _events,
    "endpoint": _endpoint,
    "outcome": _outcome,
    "fail_refund": _fail_refund,
}
