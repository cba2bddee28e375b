"""The customer's page of a Checkout Session: buttons for what a customer may do."""

import json
import sqlite3
from html import escape
from urllib.parse import quote

from werkzeug import Request, Response
from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.utils import redirect

from tests.support.stripe_stand_in import sessions
from tests.support.stripe_stand_in.charging import DECLINES
from tests.support.stripe_stand_in.invoices import Settings
from tests.support.stripe_stand_in.methods import TYPES
from tests.support.stripe_stand_in.store import Books, Document

BUTTONS = {"approve": "Pay", "decline": "Be declined", "pending": "Leave it pending", "cancel": "Go back"}


def show(connection: sqlite3.Connection, identifier: str) -> Response:
    """The page, or that its time is over."""
    _, session = _session(connection, identifier)
    if session["status"] != "open":
        return Response(
            "<!doctype html><title>Checkout</title><h1>This page is over.</h1>", 410, content_type="text/html"
        )
    types = "".join(f"<option>{escape(name)}</option>" for name in session["payment_method_types"])
    buttons = "".join(
        f"<button name='outcome' value='{outcome}'>{label}</button> " for outcome, label in BUTTONS.items()
    )
    html = (
        "<!doctype html><html lang='en'><title>Checkout</title><main>"
        f"<h1>{session['amount_total']} {escape(session['currency'].upper())}</h1>"
        f"<form method='post'><label>Method <select name='method'>{types}</select></label> {buttons}</form>"
        "</main></html>"
    )
    return Response(html, content_type="text/html")


def decide(connection: sqlite3.Connection, request: Request, identifier: str, settings: Settings) -> Response:
    """What the customer pressed. A `code` names the decline, a `method` one of those offered."""
    books, session = _session(connection, identifier)
    outcome = request.form.get("outcome", "")
    if outcome not in BUTTONS:
        raise BadRequest("no such outcome")
    if outcome == "cancel":
        return redirect(session["cancel_url"] or session["success_url"], 303)
    if session["status"] != "open" or session["expires_at"] <= books.now:
        return Response("this page is over", 410)
    kind = request.form.get("method") or session["payment_method_types"][0]
    if kind not in session["payment_method_types"]:
        raise BadRequest("this method is not offered")
    if outcome == "decline":
        code = request.form.get("code", "generic_decline")
        if code not in DECLINES:
            raise BadRequest("no such decline")
        sessions.pay(books, session, kind, code, settings.settle_seconds)
        return redirect(f"/c/pay/{identifier}", 303)
    if outcome == "pending" and not TYPES[kind].delayed:
        raise BadRequest(f"{kind} is decided at once")
    result = "processing" if TYPES[kind].delayed else "succeeded"
    sessions.pay(books, session, kind, result, settings.settle_seconds)
    return redirect(session["success_url"].replace("{CHECKOUT_SESSION_ID}", quote(identifier)), 303)


def _session(connection: sqlite3.Connection, identifier: str) -> tuple[Books, Document]:
    row = connection.execute(
        "SELECT realm, document FROM objects WHERE id = ? AND kind = 'checkout.session'", (identifier,)
    ).fetchone()
    if row is None:
        raise NotFound
    return Books(connection, row["realm"]), json.loads(row["document"])
