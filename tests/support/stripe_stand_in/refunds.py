"""Refunds: made against a charge or its PaymentIntent, settled at once or later, and sent back by the bank."""

from tests.support.stripe_stand_in import charging, faults
from tests.support.stripe_stand_in.errors import StripeError, malformed, missing
from tests.support.stripe_stand_in.events import changed, tell
from tests.support.stripe_stand_in.methods import TYPES
from tests.support.stripe_stand_in.store import Books, Document, new_id


def create(books: Books, given: Document, settle_seconds: float) -> Document:
    """POST /v1/refunds."""
    charge = _charge(books, given)
    left = charge["amount"] - charge["amount_refunded"]
    amount = given.get("amount", left)
    if left == 0:
        raise StripeError(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if amount < 1:
        raise malformed("This value must be greater than or equal to 1.", "parameter_invalid_integer", "amount")
    if amount > left:
        raise StripeError(
            f"Refund amount ({amount}) is greater than what is left of the charge ({left})", param="amount"
        )
    later = TYPES[charge["payment_method_details"]["type"]].refunds_later
    refund: Document = {
        "id": new_id("re" if charge["id"].startswith("ch") else "pyr"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": books.now,
        "currency": charge["currency"],
        "destination_details": {"type": charge["payment_method_details"]["type"]},
        "metadata": given.get("metadata") or {},
        "payment_intent": charge["payment_intent"],
        "reason": given.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "pending" if later else "succeeded",
        "transfer_reversal": None,
    }
    if later:
        refund["pending_reason"] = "processing"
    books.add(refund, due_at=books.time + settle_seconds if later else None)
    kind = "payment_refund" if refund["id"].startswith("pyr") else "refund"
    refund["balance_transaction"] = charging.move(books, kind, refund, -amount)["id"]
    books.save(refund)
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    tell(books, "refund.created", refund)
    tell(books, "charge.refunded", books.save(charge), {"amount_refunded": charge["amount_refunded"] - amount})
    return refund


def settle(books: Books, refund: Document) -> None:
    """A refund that was on its way arrives, or comes back as the account's switches say."""
    if faults.strikes(books.connection, books.account, "fail_settlement"):
        fail(books, refund, "declined")
    else:
        _change(books, refund, status="succeeded", pending_reason=None)


def fail(books: Books, refund: Document, reason: str) -> None:
    """The bank sent it back, even after it succeeded: the money is the merchant's again."""
    charge = books.find(refund["charge"], "charge")
    assert charge is not None
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    books.save(charge)
    kind = "payment_failure_refund" if refund["id"].startswith("pyr") else "refund_failure"
    back = charging.move(books, kind, refund, refund["amount"])["id"]
    _change(
        books, refund, status="failed", failure_reason=reason, failure_balance_transaction=back, pending_reason=None
    )
    tell(books, "refund.failed", refund)


def _change(books: Books, refund: Document, **changes: object) -> None:
    before = dict(refund)
    refund.update(changes)
    if refund.get("pending_reason", "") is None:
        del refund["pending_reason"]
    books.due(refund, None)
    books.save(refund)
    tell(books, "refund.updated", refund, changed(before, refund))
    tell(books, "charge.refund.updated", refund, changed(before, refund))


def _charge(books: Books, given: Document) -> Document:
    """The charge to refund. Raises: StripeError."""
    if ("charge" in given) == ("payment_intent" in given):
        raise StripeError("One of the following params should be provided: payment_intent or charge.")
    identifier = given.get("charge")
    if "payment_intent" in given:
        intent = books.find(given["payment_intent"], "payment_intent")
        if intent is None:
            raise missing("payment_intent", given["payment_intent"], "payment_intent")
        if intent["status"] != "succeeded":
            raise StripeError(
                f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
                param="payment_intent",
            )
        identifier = intent["latest_charge"]
    charge = books.find(identifier, "charge")
    if charge is None:
        raise missing("charge", str(identifier), "charge")
    if charge["status"] != "succeeded":
        raise StripeError(f"Charge {charge['id']} has not succeeded.", code="charge_not_refundable", param="charge")
    if given.get("currency", charge["currency"]) != charge["currency"]:
        raise StripeError("The currency of the refund must be that of the charge.", param="currency")
    return charge
