"""Subscriptions: made with a first period of their own, changed, ended; their periods are turned by the clock."""

from tests.support.stripe_stand_in import invoices, people
from tests.support.stripe_stand_in.calendar import period_start
from tests.support.stripe_stand_in.errors import StripeError, missing
from tests.support.stripe_stand_in.events import changed, tell
from tests.support.stripe_stand_in.store import Books, Document, new_id
from tests.support.stripe_stand_in.terms import first_period, moment, new_price

OVER = ("canceled", "incomplete_expired")


def create(books: Books, given: Document, settings: invoices.Settings) -> Document:
    """POST /v1/subscriptions: one item, charged automatically."""
    people.customer_of(books, given["customer"])
    if "default_payment_method" in given:
        people.method_of(books, given["default_payment_method"], given["customer"])
    else:
        raise StripeError(
            "This customer has no attached payment source or default payment method.", code="resource_missing"
        )
    if len(given.get("items") or []) != 1 or "price_data" not in given["items"][0]:
        raise StripeError("This stand-in takes one item with price_data.", param="items")
    price = new_price(books, given["items"][0]["price_data"], "items[0][price_data]")
    anchor, ends, trial = first_period(books, given, price["recurring"])
    identifier = new_id("sub")
    cancel_at = moment(books, given, "cancel_at")
    subscription = books.add(
        {
            "id": identifier,
            "object": "subscription",
            "billing_cycle_anchor": anchor,
            "billing_cycle_anchor_config": given.get("billing_cycle_anchor_config"),
            "billing_mode": {"type": "flexible"},
            "cancel_at": cancel_at,
            "cancel_at_period_end": False,
            "canceled_at": books.now if cancel_at else None,
            "cancellation_details": {"comment": None, "feedback": None, "reason": None},
            "collection_method": given.get("collection_method", "charge_automatically"),
            "created": books.now,
            "currency": price["currency"],
            "customer": given["customer"],
            "days_until_due": None,
            "default_payment_method": given["default_payment_method"],
            "default_source": None,
            "description": given.get("description"),
            "discounts": [],
            "ended_at": None,
            "items": {
                "object": "list",
                "data": [_item(books, identifier, price, ends, given["items"][0])],
                "has_more": False,
                "url": f"/v1/subscription_items?subscription={identifier}",
            },
            "latest_invoice": None,
            "livemode": books.live,
            "metadata": given.get("metadata") or {},
            "pause_collection": None,
            "payment_settings": {"payment_method_types": None, "save_default_payment_method": "off"},
            "schedule": None,
            "start_date": books.now,
            "status": "trialing" if trial else "active",
            "test_clock": None,
            "trial_end": trial,
            "trial_start": books.now if trial else None,
        }
    )
    tell(books, "customer.subscription.created", subscription)
    if trial:
        invoices.create(books, subscription, 0, (books.now, ends), "subscription_create", settings, at_once=True)
    elif "billing_cycle_anchor" not in given and "billing_cycle_anchor_config" not in given:
        amount = price["unit_amount"]
        invoices.create(books, subscription, amount, (books.now, ends), "subscription_create", settings, at_once=True)
    _wake(books, subscription)
    return subscription


def update(books: Books, subscription: Document, given: Document) -> Document:
    """POST /v1/subscriptions/{id}: a new price from the next period on, another end, other metadata."""
    if subscription["status"] in OVER and set(given) - {"metadata", "cancellation_details", "expand"}:
        raise StripeError("A canceled subscription can only update its cancellation_details and metadata.")
    before = dict(subscription)
    for item in given.get("items") or []:
        _reprice(books, subscription, item, given)
    if "cancel_at" in given:
        cancel_at = moment(books, given, "cancel_at")
        subscription.update(cancel_at=cancel_at, canceled_at=books.now if cancel_at else None)
    if "cancel_at_period_end" in given:
        ends = subscription["items"]["data"][0]["current_period_end"] if given["cancel_at_period_end"] else None
        subscription.update(cancel_at_period_end=given["cancel_at_period_end"], cancel_at=ends)
    if "default_payment_method" in given:
        people.method_of(books, given["default_payment_method"], subscription["customer"])
        subscription["default_payment_method"] = given["default_payment_method"]
    if "description" in given:
        subscription["description"] = given["description"] or None
    if "metadata" in given:
        merged = subscription["metadata"] | given["metadata"] if given["metadata"] else {}
        subscription["metadata"] = {name: value for name, value in merged.items() if value != ""}
    known = {"items", "cancel_at", "cancel_at_period_end", "default_payment_method", "description", "metadata"}
    if beyond := set(given) - known - {"proration_behavior", "expand", "off_session", "payment_behavior"}:
        raise StripeError(f"This stand-in does not change {', '.join(sorted(beyond))}.", param=min(beyond))
    books.save(subscription)
    if subscription["status"] not in OVER:
        _wake(books, subscription)
    if before != subscription:
        tell(books, "customer.subscription.updated", subscription, changed(before, subscription))
    return subscription


def cancel(books: Books, subscription: Document, given: Document) -> Document:
    """DELETE /v1/subscriptions/{id}."""
    if subscription["status"] in OVER:
        raise missing("subscription", subscription["id"])
    if given.get("invoice_now") or given.get("prorate"):
        raise StripeError("This stand-in ends subscriptions without an invoice or a proration.", param="invoice_now")
    return end(books, subscription, "cancellation_requested")


def end(books: Books, subscription: Document, reason: str) -> Document:
    """Over; what is not paid yet is no longer collected."""
    subscription.update(
        status="canceled", ended_at=books.now, canceled_at=subscription["canceled_at"] or books.now,
        cancellation_details={"comment": None, "feedback": None, "reason": reason},
    )  # fmt: skip
    books.due(subscription, None)
    for invoice in books.all("invoice"):
        if invoice["parent"]["subscription_details"]["subscription"] == subscription["id"]:
            invoices.stop(books, invoice)
    tell(books, "customer.subscription.deleted", books.save(subscription))
    return subscription


def turn(books: Books, subscription: Document, settings: invoices.Settings) -> None:
    """The clock has come to its end, or to the end of a period."""
    if subscription["cancel_at"] is not None and subscription["cancel_at"] <= books.now:
        end(books, subscription, "cancellation_requested")
        return
    before, item = dict(subscription), subscription["items"]["data"][0]
    started, past = item["current_period_end"], item["current_period_start"]
    number = _number(subscription, started)
    ends = _start(subscription, number + 1)
    amount = item["price"]["unit_amount"] * item["quantity"]
    if subscription["cancel_at"] is not None and started < subscription["cancel_at"] < ends:
        # An end within a period that is yet to come always prorates that period.
        amount = round(amount * (subscription["cancel_at"] - started) / (ends - started))
    item.update(current_period_start=started, current_period_end=ends)
    if subscription["status"] == "trialing":
        subscription["status"] = "active"
    books.save(subscription)
    tell(books, "customer.subscription.updated", subscription, changed(before, subscription))
    invoices.create(
        books, subscription, amount, (started, ends), "subscription_cycle", settings, looking_back=(past, started)
    )
    _wake(books, subscription)


def _item(books: Books, subscription: str, price: Document, ends: int, given: Document) -> Document:
    return {
        "id": new_id("si"),
        "object": "subscription_item",
        "created": books.now,
        "current_period_end": ends,
        "current_period_start": books.now,
        "discounts": [],
        "metadata": given.get("metadata") or {},
        "price": price,
        "quantity": given.get("quantity", 1),
        "subscription": subscription,
        "tax_rates": [],
    }


def _reprice(books: Books, subscription: Document, given: Document, whole: Document) -> None:
    item = subscription["items"]["data"][0]
    if given.get("id") != item["id"]:
        raise StripeError("This stand-in changes the one item that there is: say its id.", param="items[0][id]")
    if "price_data" in given:
        price = new_price(books, given["price_data"], "items[0][price_data]")
        if whole.get("proration_behavior") != "none":
            raise StripeError("This stand-in does not prorate: say that it shall not.", param="proration_behavior")
        if price["currency"] != subscription["currency"]:
            raise StripeError("A subscription keeps its currency.", param="items[0][price_data][currency]")
        if price["recurring"] != item["price"]["recurring"]:
            raise StripeError("This stand-in does not change the interval.", param="items[0][price_data][recurring]")
        item["price"] = price
    item["quantity"] = given.get("quantity", item["quantity"])


def _start(subscription: Document, number: int) -> int:
    recurring = subscription["items"]["data"][0]["price"]["recurring"]
    day = (subscription["billing_cycle_anchor_config"] or {}).get("day_of_month")
    anchor = subscription["billing_cycle_anchor"]
    return period_start(anchor, recurring["interval"], recurring["interval_count"], number, day)


def _number(subscription: Document, start: int) -> int:
    number = 0
    while _start(subscription, number) < start:
        number += 1
    return number


def _wake(books: Books, subscription: Document) -> None:
    ends = subscription["items"]["data"][0]["current_period_end"]
    books.due(subscription, min(ends, subscription["cancel_at"] or ends))
