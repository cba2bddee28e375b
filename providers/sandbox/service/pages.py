"""The service's pages: the hosted payment page for customers, and a home page with the switches for newcomers."""

import sqlite3
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from werkzeug import Request, Response
from werkzeug.utils import redirect

from providers.origin import origin_of
from providers.sandbox.service import charges, clock, faults, tokens, wording
from providers.sandbox.service.config import ServiceConfig
from providers.sandbox.service.errors import Refusal
from providers.sandbox.service.store import Store

HERE = Path(__file__).parent
POLICY = (
    "default-src 'none'; style-src 'self'; form-action 'self'{origin}; base-uri 'none'; frame-ancestors 'none'"
)
LATEST = 20
SUBSCRIPTIONS = """
SELECT subscriptions.*,
       (SELECT count(*) FROM renewals WHERE subscription_id = subscriptions.id AND status = 'succeeded') AS renewed,
       (SELECT min(next_try_at) FROM renewals WHERE subscription_id = subscriptions.id) AS next_try_at
  FROM subscriptions WHERE account = ? ORDER BY created_at DESC LIMIT ?
"""


class Pages:
    """The pages; each takes the request and the path's arguments. They need no script and load nothing foreign."""

    def __init__(self, store: Store, config: ServiceConfig) -> None:
        self._store = store
        self._config = config
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
        )
        self._templates.globals["money"] = wording.format_amount
        self._templates.globals["methods"] = wording.METHODS
        self._templates.globals["every"] = wording.every
        self._templates.globals["moment"] = wording.moment
        self._stylesheet = (HERE / "static" / "sandbox.css").read_bytes()

    def show_payment(self, request: Request, charge_id: str) -> Response:
        """GET /pay/{id}: what to pay and the three outcomes; or, once decided, how it ended."""
        with self._store.transaction() as connection:
            charge = charges.get(connection, charge_id)
        return self._payment_page(charge)

    def decide_payment(self, request: Request, charge_id: str) -> Response:
        """POST /pay/{id} with `outcome`: move the charge at most once, and send the customer back either way."""
        outcome = request.form.get("outcome", "")
        with self._store.transaction() as connection:
            charge = charges.get(connection, charge_id)
            needs_proof = charge["status"] == "awaiting_customer" and charge["strong_authentication"]
            if needs_proof and outcome in ("approve", "pending") and request.form.get("confirmed") != "yes":
                return self._payment_page(charge, problem=True)
            charge = self._decide(connection, charge, outcome)
        return redirect(_return_url(charge), 303)

    def _decide(self, connection: sqlite3.Connection, charge: sqlite3.Row, outcome: str) -> sqlite3.Row:
        """Apply the customer's choice. Raises: Refusal 400 for a choice that the page does not offer."""
        source = "awaiting_customer"
        if outcome == "approve":
            return charges.move(connection, charge, source, "succeeded")
        if outcome == "decline":
            return charges.move(connection, charge, source, "failed", failure=tokens.DECLINED)
        if outcome == "pending":
            settle_at = clock.now() + self._config.settle_seconds
            return charges.move(connection, charge, source, "processing", settle_at=settle_at)
        if outcome == "cancel":
            return charges.move(connection, charge, source, "failed", failure=charges.CANCELLED_BY_CUSTOMER)
        raise Refusal(400, "unknown_outcome", "Choose one of the buttons on the payment page.")

    def home(self, request: Request) -> Response:
        """GET /: the accounts, their fault switches, their latest charges and subscriptions."""
        with self._store.transaction() as connection:
            accounts = {
                name: {
                    "faults": faults.current(connection, name),
                    "charges": connection.execute(
                        "SELECT * FROM charges WHERE account = ? ORDER BY created_at DESC LIMIT ?", (name, LATEST)
                    ).fetchall(),
                    "subscriptions": connection.execute(SUBSCRIPTIONS, (name, LATEST)).fetchall(),
                }
                for name in self._config.accounts
            }
        page = self._templates.get_template("home.html").render(
            accounts=accounts, switches=faults.SWITCHES, groups=faults.GROUPS
        )
        return _page(page)

    def switch_faults(self, request: Request, account: str) -> Response:
        """POST /faults/{account}: turn on exactly the switches that are ticked, and show the home page again."""
        sender = request.headers.get("Origin")
        if sender is not None and sender != request.host_url.rstrip("/"):
            raise Refusal(403, "foreign_form", "The switches are only turned from this page.")
        if account not in self._config.accounts:
            raise Refusal(404, "unknown_account", "There is no such account.")
        switches: dict[str, float] = {name: 1 for name in faults.SWITCHES if request.form.get(name) == "on"}
        seconds = request.form.get("delay_seconds", 0.0, type=float)
        with self._store.transaction() as connection:
            faults.replace(connection, account, switches | ({"delay_seconds": seconds} if seconds else {}))
        return redirect("/", 303)

    def stylesheet(self, request: Request) -> Response:
        """GET /sandbox.css."""
        return Response(self._stylesheet, content_type="text/css; charset=utf-8")

    def refused(self, refusal: Refusal) -> Response:
        """A page for what cannot be shown or done."""
        page = self._templates.get_template("refused.html").render(message=refusal.message)
        return _page(page, refusal.status)

    def _payment_page(self, charge: sqlite3.Row, problem: bool = False) -> Response:
        amount = wording.format_amount(charge["amount"], charge["currency"], charge["locale"])
        label, hint = wording.METHODS[charge["method"]]
        shared = {"charge": charge, "amount": amount, "label": label, "return_url": _return_url(charge)}
        if charge["status"] == "awaiting_customer":
            page = self._templates.get_template("pay.html").render(hint=hint, problem=problem, **shared)
            return _page(page, 422 if problem else 200, origin_of(charge["return_url"]))
        title, text = wording.ENDINGS[charge["failure_code"] or charge["status"]]
        page = self._templates.get_template("ended.html").render(title=title, text=text, **shared)
        return _page(page)


def _page(html: str, status: int = 200, redirect_origin: str | None = None) -> Response:
    """An HTML reply; Chromium holds a form's redirect to `form-action` too, so the way back has to stand in it."""
    response = Response(html, status, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = POLICY.format(origin=f" {redirect_origin or ''}".rstrip())
    return response


def _return_url(charge: sqlite3.Row) -> str:
    """The merchant's address for the way back, with our reference as `attempt` unless it is there already."""
    given: str = charge["return_url"]
    parts = urlsplit(given)
    query = parse_qsl(parts.query, keep_blank_values=True)
    if "attempt" in dict(query):
        return given
    return parts._replace(query=urlencode([*query, ("attempt", charge["reference"])])).geturl()
