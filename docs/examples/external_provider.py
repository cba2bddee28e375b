"""An external provider for Junction in one file: a payment page with two buttons, refunds, and callbacks to the hub.

docs/external-provider.md says how it is run. What the interface demands of every service is marked with "Rule".
"""

import json
import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import requests
from flask import Flask, Response, abort, jsonify, redirect, request
from markupsafe import Markup
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from werkzeug.serving import make_server

FILE = Path(os.environ.get("BOOKS", "external_provider.json"))
LOCK = threading.Lock()
CURRENCIES = ("EUR", "USD")
PAGE = Markup("""<!doctype html><html lang="en"><meta charset="utf-8"><title>Example Pay</title>
<h1>Pay {amount} {currency}</h1><p>{merchant_reference}</p><form method="post">
<button name="outcome" value="approve">Approve</button> <button name="outcome" value="decline">Decline</button>
</form>""")
app = Flask(__name__)


@contextmanager
def books() -> Iterator[dict[str, Any]]:
    """All charges and refunds by our caller's reference, for one thread at a time; kept unless something is raised."""
    with LOCK:
        kept = json.loads(FILE.read_text()) if FILE.exists() else {"charges": {}, "refunds": {}}
        yield kept
        new = FILE.with_suffix(".new")
        new.write_text(json.dumps(kept))
        new.replace(FILE)


def refuse(status: int, message: str) -> NoReturn:
    """Rule: a refusal says that nothing was done, and why."""
    error = {"kind": "technical", "code": f"refused_{status}", "message": message}
    abort(Response(json.dumps({"error": error}), status, content_type="application/json"))


@app.before_request
def check_signature() -> None:
    """Rule: a request is only believed when it is signed: method, path as sent, new line, body."""
    if request.path.startswith("/v1/"):
        content = f"{request.method} {request.environ['RAW_URI']}\n{request.get_data().decode(errors='replace')}"
        try:
            Webhook(os.environ["SIGNING_SECRET"]).verify(content, dict(request.headers), json_parse=False)
        except (WebhookVerificationError, ValueError):
            refuse(401, "The signature is missing or wrong.")


@app.get("/v1/capabilities")
def capabilities() -> Response:
    card = {"currencies": CURRENCIES, "flows": ["direct", "pay_by_link"], "min_amount": {"EUR": 50, "USD": 50}}
    return jsonify(
        name="Example Pay", live=False, methods={"card": card}, refunds=True, partial_refunds=True, cancel=True
    )


@app.post("/v1/charges")
def create_charge() -> Response:
    """Rule: one charge for a reference, however often it is asked for, and what was asked first counts."""
    wanted = request.get_json(force=True)
    fields = ("reference", "method", "amount", "currency", "merchant_reference", "return_url", "expires_at")
    charge = {"id": f"ch_{secrets.token_hex(12)}", **{key: wanted[key] for key in fields}, "state": "pending"}
    with books() as kept:
        if charge["reference"] not in kept["charges"]:
            if charge["method"] != "card" or charge["currency"] not in CURRENCIES or charge["amount"] < 50:
                refuse(422, "This method, currency or amount is not accepted.")
            kept["charges"][charge["reference"]] = charge
        known = kept["charges"][charge["reference"]]
    if any(known[key] != charge[key] for key in ("method", "amount", "currency")):
        refuse(409, "This reference was used for another charge.")
    return jsonify(charge_view(known))


@app.post("/v1/charges/<charge_id>/cancel")
def cancel_charge(charge_id: str) -> Response:
    """Rule: what nobody has paid yet can be paid no more; anything else stays as it is."""
    with books() as kept:
        charge = find_by_id(kept, charge_id)
        if charge["state"] == "pending":
            charge |= {"state": "failed", "failure": failure("customer_cancelled")}
    return jsonify(charge_view(charge))


@app.post("/v1/refunds")
def create_refund() -> Response:
    """Rule: one refund for a reference, and never more in total than was paid."""
    wanted = request.get_json(force=True)
    refund = {key: wanted[key] for key in ("reference", "charge", "amount", "currency")}
    with books() as kept:
        if refund["reference"] not in kept["refunds"]:
            charge = find_by_id(kept, refund["charge"])
            if charge["state"] != "succeeded" or charge["currency"] != refund["currency"]:
                refuse(422, "Nobody has paid it, or in another currency.")
            before = sum(each["amount"] for each in kept["refunds"].values() if each["charge"] == refund["charge"])
            if not 0 < refund["amount"] <= charge["amount"] - before:
                refuse(422, "Less than this amount is left to refund.")
            outcome = {"id": f"rf_{secrets.token_hex(12)}", "state": "succeeded", "failure": None}
            kept["refunds"][refund["reference"]] = refund | outcome
        known = kept["refunds"][refund["reference"]]
    if any(known[key] != refund[key] for key in refund):
        refuse(409, "This reference was used for another refund.")
    return jsonify(known)


@app.get("/v1/<any(charges, refunds):things>")
def find(things: str) -> Response:
    """Rule: the truth about a reference as it stands now, or an empty list when it never arrived."""
    with books() as kept:
        known = kept[things].get(request.args.get("reference"))
    found = [] if known is None else [charge_view(known) if things == "charges" else known]
    return jsonify(data=found)


def find_by_id(kept: dict[str, Any], charge_id: str) -> dict[str, Any]:
    found = [charge for charge in kept["charges"].values() if charge["id"] == charge_id]
    return found[0] if found else refuse(404, "There is no such charge.")


def failure(kind: str) -> dict[str, str]:
    return {"kind": kind, "code": kind, "message": "Declined, given up, or not paid in time."}


def charge_view(charge: dict[str, Any]) -> dict[str, Any]:
    shown = {key: charge[key] for key in ("id", "reference", "amount", "currency", "state")}
    shown |= {"failure": charge.get("failure"), "page_url": None}
    if charge["state"] == "pending" and datetime.fromisoformat(charge["expires_at"]) < datetime.now(UTC):
        shown |= {"state": "failed", "failure": failure("expired")}
    elif charge["state"] == "pending":
        shown |= {"stage": "awaiting_customer", "page_url": f"{request.host_url}pay/{charge['id']}"}
    return shown


@app.route("/pay/<charge_id>", methods=["GET", "POST"])
def pay(charge_id: str) -> Any:
    """The customer's page: what is decided once stays, and the customer goes back to the hub either way."""
    with books() as kept:
        charge = find_by_id(kept, charge_id)
        waits = charge_view(charge)["state"] == "pending"
        if waits and request.method == "POST":
            approved = request.form["outcome"] == "approve"
            charge |= {"state": "succeeded"} if approved else {"state": "failed", "failure": failure("soft_decline")}
    if waits and request.method == "GET":
        return PAGE.format(**charge | {"amount": f"{charge['amount'] / 100:.2f}"})
    if waits:
        threading.Thread(target=tell, args=(charge,)).start()
    return redirect(charge["return_url"], 303)


def tell(charge: dict[str, Any]) -> None:
    """Rule: a callback is signed, and comes again under the same id until it is taken. It only says "look"."""
    event_id, data = f"evt_{secrets.token_hex(12)}", {"id": charge["id"], "charge_reference": charge["reference"]}
    said = {"type": f"charge.{charge['state']}", "timestamp": datetime.now(UTC).isoformat(), "data": data}
    for pause in (0.1, 1, 5, 30, 300):
        time.sleep(pause)
        now, body = datetime.now(UTC).replace(microsecond=0), json.dumps(said)
        headers = {"webhook-id": event_id, "webhook-timestamp": f"{now.timestamp():.0f}"}
        headers["webhook-signature"] = Webhook(os.environ["CALLBACK_SECRET"]).sign(event_id, now, body)
        try:
            reply = requests.post(os.environ["CALLBACK_URL"], body, headers=headers, timeout=10, allow_redirects=False)
        except requests.RequestException:
            continue
        if reply.status_code < 300:
            return


if __name__ == "__main__":
    server = make_server("127.0.0.1", int(os.environ.get("PORT", "8002")), app, threaded=True)
    print(f"Example Pay answers at http://127.0.0.1:{server.port}", flush=True)  # noqa: T201 - to whoever started it
    server.serve_forever()
