"""Taking money: charges and balance transactions under a PaymentIntent, its success, its failure, its settling."""

from dataclasses import dataclass

from tests.support.stripe_stand_in import faults
from tests.support.stripe_stand_in.events import tell
from tests.support.stripe_stand_in.methods import TYPES
from tests.support.stripe_stand_in.store import Books, Document, new_id

RATE = 0.9  # to euros, for whatever is settled in them
FEE = 25


@dataclass(frozen=True)
class Decline:
    """Why a payment was declined, as Stripe's card errors say it."""

    code: str
    message: str
    decline_code: str | None = None
    kind: str = "card_error"

    def error(self) -> Document:
        """`last_payment_error` without its objects."""
        given = {"code": self.code, "decline_code": self.decline_code, "message": self.message, "type": self.kind}
        return {name: value for name, value in given.items() if value is not None}


DECLINES = {
    "generic_decline": Decline("card_declined", "Your card was declined.", "generic_decline"),
    "insufficient_funds": Decline("card_declined", "Your card has insufficient funds.", "insufficient_funds"),
    "lost_card": Decline("card_declined", "Your card was declined.", "lost_card"),
    "do_not_honor": Decline("card_declined", "Your card was declined.", "do_not_honor"),
    "expired_card": Decline("expired_card", "Your card has expired."),
    "authentication_required": Decline(
        "authentication_required", "Your card was declined. This transaction requires authentication.",
        "authentication_required",
    ),
    "returned": Decline("payment_intent_payment_attempt_failed", "The payment failed.", None, "invalid_request_error"),
}  # fmt: skip


def decide(books: Books, method: Document) -> str:
    """What becomes of a charge by a stored method: succeeded, processing, or a key of DECLINES."""
    own = books.hidden(method).get("outcome")
    for switch, outcome in (
        ("decline_tokens_soft", "insufficient_funds"),
        ("decline_tokens_hard", "expired_card"),
        ("authentication_required", "authentication_required"),
        ("tokens_pending", "processing"),
    ):
        if faults.strikes(books.connection, books.account, switch):
            return outcome
    return own or ("processing" if TYPES[method["type"]].delayed else "succeeded")


def confirm(
    books: Books,
    intent: Document,
    method: Document,
    outcome: str,
    settle_seconds: float,
    debit: Document | None = None,
) -> Document:
    """Let the intent be paid by the method, with that outcome; `debit` is what the method leaves behind instead."""
    intent["payment_method"] = method["id"]
    if outcome == "succeeded":
        return succeed(books, intent, _charge(books, intent, method, "succeeded", debit))
    if outcome == "processing":
        charge = _charge(books, intent, method, "pending", debit)
        intent.update(status="processing", latest_charge=charge["id"], last_payment_error=None)
        books.due(intent, books.time + settle_seconds)
        tell(books, "charge.pending", charge)
        tell(books, "payment_intent.processing", books.save(intent))
        return intent
    return fail(books, intent, _charge(books, intent, method, "failed"), DECLINES[outcome], method)


def succeed(books: Books, intent: Document, charge: Document) -> Document:
    """The money has come."""
    charge.update(status="succeeded", paid=True, captured=True, amount_captured=charge["amount"])
    kind = "charge" if charge["payment_method_details"]["type"] == "card" else "payment"
    charge["balance_transaction"] = move(books, kind, charge, charge["amount"])["id"]
    intent.update(
        status="succeeded", amount_received=intent["amount"], latest_charge=charge["id"], last_payment_error=None
    )
    books.due(intent, None)
    tell(books, "charge.succeeded", books.save(charge))
    tell(books, "payment_intent.succeeded", books.save(intent))
    return intent


def fail(books: Books, intent: Document, charge: Document, decline: Decline, method: Document) -> Document:
    """The money has not come; the intent can be tried again."""
    charge.update(
        status="failed", paid=False, captured=False, failure_code=decline.code, failure_message=decline.message,
        outcome={"type": "issuer_declined", "reason": decline.decline_code, "network_status": "declined_by_network"},
    )  # fmt: skip
    error = decline.error() | {"charge": charge["id"], "payment_method": method}
    intent.update(
        status="requires_payment_method", latest_charge=charge["id"], last_payment_error=error, payment_method=None
    )
    books.due(intent, None)
    tell(books, "charge.failed", books.save(charge))
    tell(books, "payment_intent.payment_failed", books.save(intent))
    return intent


def settle(books: Books, intent: Document) -> Document:
    """A payment that was processing comes to its end; the outcome is what the account's switches say."""
    charge = books.find(intent["latest_charge"])
    assert charge is not None
    if faults.strikes(books.connection, books.account, "fail_settlement"):
        method = books.find(charge["payment_method"])
        assert method is not None
        return fail(books, intent, charge, DECLINES["returned"], method)
    return succeed(books, intent, charge)


def move(books: Books, kind: str, source: Document, amount: int) -> Document:
    """A balance transaction: settled in euros, whatever was charged."""
    foreign = source["currency"] != "eur"
    settled = round(amount * RATE) if foreign else amount
    fee = FEE if kind in ("charge", "payment") else 0
    return books.add(
        {
            "id": new_id("txn"),
            "object": "balance_transaction",
            "amount": settled,
            "available_on": books.now + 7 * 86_400,
            "balance_type": "payments",
            "created": books.now,
            "currency": "eur",
            "description": source.get("description"),
            "exchange_rate": RATE if foreign else None,
            "fee": fee,
            "fee_details": [],
            "net": settled - fee,
            "reporting_category": "refund" if "refund" in kind else "charge",
            "source": source["id"],
            "status": "pending",
            "type": kind,
        }
    )


def _charge(books: Books, intent: Document, method: Document, status: str, debit: Document | None = None) -> Document:
    details = {"generated_sepa_debit": debit["id"]} if debit else {}
    return books.add(
        {
            "id": new_id("ch" if method["type"] == "card" else "py"),
            "object": "charge",
            "amount": intent["amount"],
            "amount_captured": 0,
            "amount_refunded": 0,
            "balance_transaction": None,
            "billing_details": method["billing_details"],
            "captured": False,
            "created": books.now,
            "currency": intent["currency"],
            "customer": intent["customer"],
            "description": intent["description"],
            "disputed": False,
            "failure_balance_transaction": None,
            "failure_code": None,
            "failure_message": None,
            "fraud_details": {},
            "livemode": books.live,
            "metadata": intent["metadata"],
            "outcome": {"type": "authorized", "network_status": "approved_by_network", "reason": None},
            "paid": False,
            "payment_intent": intent["id"],
            "payment_method": method["id"],
            "payment_method_details": {"type": method["type"], method["type"]: details},
            "receipt_email": None,
            "receipt_number": None,
            "receipt_url": None,
            "refunded": False,
            "review": None,
            "status": status,
            "statement_descriptor": None,
            "transfer_group": None,
        }
    )
