"""Invoices of subscriptions: drafted, finalised about an hour later, paid or tried again, given up at last."""

from dataclasses import dataclass

from tests.support.stripe_stand_in import charging, intents
from tests.support.stripe_stand_in.errors import StripeError
from tests.support.stripe_stand_in.events import changed, tell
from tests.support.stripe_stand_in.methods import TYPES
from tests.support.stripe_stand_in.store import Books, Document, new_id

RETRY_DAYS = (3, 5, 7)  # after the first failure; then the subscription is given up


@dataclass(frozen=True)
class Settings:
    """How long things take, in seconds."""

    finalize_seconds: float = 3600
    settle_seconds: float = 2
    given_up: str = "canceled"  # or unpaid: what the account has chosen for subscriptions that cannot be collected


def create(
    books: Books,
    subscription: Document,
    amount: int,
    period: tuple[int, int],
    reason: str,
    settings: Settings,
    *,
    looking_back: tuple[int, int] | None = None,
    at_once: bool = False,
) -> Document:
    """A draft about `period`; the invoice's own period looks back, its line forward, as at Stripe."""
    identifier = new_id("in")
    start, end = looking_back or (books.now, books.now)
    finalizes_at = books.now + int(settings.finalize_seconds)
    item = subscription["items"]["data"][0]
    details = {"metadata": subscription["metadata"], "subscription": subscription["id"]}
    invoice = books.add({
        "id": identifier,
        "object": "invoice",
        "amount_due": amount,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_remaining": amount,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "automatically_finalizes_at": finalizes_at,
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "created": books.now,
        "currency": subscription["currency"],
        "customer": subscription["customer"],
        "default_payment_method": None,
        "description": subscription["description"],
        "due_date": None,
        "lines": {
            "object": "list",
            "data": [{
                "id": new_id("il"), "object": "line_item", "amount": amount, "currency": subscription["currency"],
                "description": "1 ×", "invoice": identifier, "livemode": books.live,
                "metadata": subscription["metadata"],
                "parent": {
                    "type": "subscription_item_details",
                    "subscription_item_details": {
                        "subscription": subscription["id"], "subscription_item": item["id"], "proration": False,
                    },
                },
                "period": {"start": period[0], "end": period[1]}, "quantity": item["quantity"],
            }],
            "has_more": False,
            "url": f"/v1/invoices/{identifier}/lines",
        },
        "livemode": books.live,
        "metadata": {},
        "next_payment_attempt": finalizes_at,
        "number": None,
        "parent": {"type": "subscription_details", "quote_details": None, "subscription_details": details},
        "period_end": end,
        "period_start": start,
        "status": "draft",
        "status_transitions": {
            "finalized_at": None, "marked_uncollectible_at": None, "paid_at": None, "voided_at": None,
        },
        "subtotal": amount,
        "total": amount,
    })  # fmt: skip
    subscription["latest_invoice"] = identifier
    books.save(subscription)
    tell(books, "invoice.created", invoice)
    if at_once:
        advance(books, invoice, settings)
    elif subscription["status"] != "unpaid":
        books.due(invoice, finalizes_at)
    return invoice


def advance(books: Books, invoice: Document, settings: Settings) -> None:
    """Finalise a draft; then, or later, try to collect it."""
    subscription = books.find(invoice["parent"]["subscription_details"]["subscription"], "subscription")
    assert subscription is not None
    if invoice["status"] == "draft":
        invoice["status"] = "open"
        invoice["status_transitions"]["finalized_at"] = books.now
        invoice["number"] = f"STAND-{invoice['id'][-6:].upper()}"
        invoice["automatically_finalizes_at"] = None
        tell(books, "invoice.finalized", books.save(invoice))
    if invoice["status"] != "open" or not invoice["auto_advance"]:
        return
    if invoice["amount_due"] == 0:
        paid(books, invoice)
        return
    intent = _intent(books, invoice)
    method = books.find(subscription["default_payment_method"], "payment_method")
    assert method is not None
    charging.confirm(books, intent, method, charging.decide(books, method), settings.settle_seconds)
    invoice.update(attempted=True, attempt_count=invoice["attempt_count"] + 1)
    concluded(books, invoice, intent, settings)


def concluded(books: Books, invoice: Document, intent: Document, settings: Settings) -> None:
    """What a try, or its settling later, means for the invoice and its subscription."""
    books.due(invoice, None)
    if intent["status"] == "succeeded":
        paid(books, invoice)
        return
    if intent["status"] == "processing":
        invoice["next_payment_attempt"] = None
        books.save(invoice)
        return
    again = invoice["attempt_count"] - 1
    at = books.now + RETRY_DAYS[again] * 86_400 if again < len(RETRY_DAYS) and invoice["auto_advance"] else None
    invoice["next_payment_attempt"] = at
    books.due(books.save(invoice), at)
    tell(books, "invoice.payment_failed", invoice)
    subscription = books.find(invoice["parent"]["subscription_details"]["subscription"], "subscription")
    if subscription is None or subscription["status"] == "canceled":
        return
    before = dict(subscription)
    subscription["status"] = "past_due" if at or settings.given_up == "canceled" else "unpaid"
    books.save(subscription)
    if before != subscription:
        tell(books, "customer.subscription.updated", subscription, changed(before, subscription))
    if at is None and settings.given_up == "canceled":
        books.hide(subscription, given_up=True)


def paid(books: Books, invoice: Document) -> None:
    """Collected in full."""
    invoice.update(
        status="paid", amount_paid=invoice["amount_due"], amount_remaining=0, attempted=True, next_payment_attempt=None
    )
    invoice["status_transitions"]["paid_at"] = books.now
    books.due(books.save(invoice), None)
    for payment in books.all("invoice_payment"):
        if payment["invoice"] == invoice["id"]:
            payment.update(status="paid", amount_paid=invoice["amount_due"])
            payment["status_transitions"]["paid_at"] = books.now
            tell(books, "invoice_payment.paid", books.save(payment))
    tell(books, "invoice.paid", invoice)
    tell(books, "invoice.payment_succeeded", invoice)
    subscription = books.find(invoice["parent"]["subscription_details"]["subscription"], "subscription")
    if subscription is not None and subscription["status"] in ("past_due", "unpaid"):
        before = dict(subscription)
        subscription["status"] = "active"
        tell(books, "customer.subscription.updated", books.save(subscription), changed(before, subscription))


def update(books: Books, invoice: Document, given: Document) -> Document:
    """POST /v1/invoices/{id}: whether it is collected by itself."""
    if beyond := set(given) - {"auto_advance", "expand"}:
        raise StripeError(f"This stand-in does not change {', '.join(sorted(beyond))}.", param=min(beyond))
    if given.get("auto_advance"):
        raise StripeError("This stand-in does not take up collecting again.", param="auto_advance")
    stop(books, invoice)
    tell(books, "invoice.updated", invoice)
    return invoice


def void(books: Books, invoice: Document) -> Document:
    """POST /v1/invoices/{id}/void."""
    if invoice["status"] not in ("open", "uncollectible"):
        raise StripeError("You can only void an open or uncollectible invoice.", code="invoice_not_editable")
    for payment in books.all("invoice_payment"):
        if payment["invoice"] == invoice["id"]:
            intent = books.find(payment["payment"]["payment_intent"], "payment_intent")
            assert intent is not None
            intents.close(books, intent, "void_invoice")
            payment["status"] = "canceled"
            books.save(payment)
    stop(books, invoice)
    invoice["status"] = "void"
    invoice["status_transitions"]["voided_at"] = books.now
    tell(books, "invoice.voided", books.save(invoice))
    return invoice


def stop(books: Books, invoice: Document) -> None:
    """No longer collected by itself; what is with the bank already goes on."""
    if invoice["status"] in ("draft", "open"):
        invoice.update(auto_advance=False, next_payment_attempt=None)
        books.due(books.save(invoice), None)


def _intent(books: Books, invoice: Document) -> Document:
    """The one PaymentIntent of the invoice, which every try uses."""
    for payment in books.all("invoice_payment"):
        if payment["invoice"] == invoice["id"]:
            found = books.find(payment["payment"]["payment_intent"], "payment_intent")
            assert found is not None
            return found
    given = {"amount": invoice["amount_due"], "currency": invoice["currency"], "customer": invoice["customer"]}
    intent = intents.new(books, given, sorted(TYPES), invoice=invoice["id"])
    books.add(
        {
            "id": new_id("inpay"),
            "object": "invoice_payment",
            "amount_paid": None,
            "amount_requested": invoice["amount_due"],
            "created": books.now,
            "currency": invoice["currency"],
            "invoice": invoice["id"],
            "is_default": True,
            "livemode": books.live,
            "payment": {"type": "payment_intent", "payment_intent": intent["id"]},
            "status": "open",
            "status_transitions": {"canceled_at": None, "paid_at": None},
        }
    )
    return intent
