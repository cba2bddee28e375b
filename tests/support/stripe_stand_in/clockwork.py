"""What time does by itself: sessions expire, payments and refunds settle, periods turn, invoices are collected."""

import json
import sqlite3

from tests.support.stripe_stand_in import charging, invoices, refunds, sessions, subscriptions
from tests.support.stripe_stand_in.invoices import Settings
from tests.support.stripe_stand_in.store import Books, Document

EARLIEST = "SELECT realm, document, due_at FROM objects WHERE due_at <= ? ORDER BY due_at, seq LIMIT 1"


def run(connection: sqlite3.Connection, until: float, settings: Settings) -> None:
    """Do everything that is due by `until`, in its order, each thing at its own time."""
    while row := connection.execute(EARLIEST, (until,)).fetchone():
        books = Books(connection, row["realm"])
        books.at(row["due_at"])
        _do(books, json.loads(row["document"]), settings)


def settle_now(books: Books, settings: Settings) -> None:
    """Let every payment and refund that is under way come to its end."""
    for kind in ("payment_intent", "refund"):
        for document in reversed(list(books.all(kind))):
            if document["status"] in ("processing", "pending"):
                _do(books, document, settings)


def _do(books: Books, document: Document, settings: Settings) -> None:
    kind = document["object"]
    if kind == "checkout.session":
        sessions.expire(books, document)
    elif kind == "refund":
        refunds.settle(books, document)
    elif kind == "subscription":
        subscriptions.turn(books, document, settings)
    elif kind == "invoice":
        invoices.advance(books, document, settings)
        _give_up(books, document)
    else:
        assert kind == "payment_intent", kind
        charging.settle(books, document)
        sessions.settled(books, document)
        if invoice := books.find(books.hidden(document).get("invoice"), "invoice"):
            invoices.concluded(books, invoice, document, settings)
            _give_up(books, invoice)


def _give_up(books: Books, invoice: Document) -> None:
    """End a subscription whose invoice was tried often enough."""
    subscription = books.find(invoice["parent"]["subscription_details"]["subscription"], "subscription")
    if subscription and subscription["status"] != "canceled" and books.hidden(subscription).get("given_up"):
        subscriptions.end(books, subscription, "payment_failed")
