"""Checkout Sessions for payments: made, paid on their page, expired."""

from tests.support.stripe_stand_in import amounts, charging, intents, people
from tests.support.stripe_stand_in.errors import StripeError, malformed
from tests.support.stripe_stand_in.events import tell
from tests.support.stripe_stand_in.methods import KEPT_AS, TYPES, offered
from tests.support.stripe_stand_in.store import Books, Document, new_id

SHORTEST, LONGEST = 30 * 60, 24 * 60 * 60


def create(books: Books, given: Document, page_url: str) -> Document:
    """POST /v1/checkout/sessions in payment mode."""
    if given.get("mode") != "payment":
        raise StripeError("This stand-in makes Sessions in payment mode only.", param="mode")
    currency, total, lines = _lines(given)
    amounts.check(total, currency, "line_items")
    expires_at = given.get("expires_at", books.now + LONGEST)
    if expires_at < books.now + SHORTEST:
        raise StripeError(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.", param="expires_at"
        )
    if expires_at > books.now + LONGEST:
        raise StripeError(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.", param="expires_at"
        )
    if "success_url" not in given:
        raise malformed("Missing required param: success_url.", "parameter_missing", "success_url")
    for name in ("success_url", "cancel_url"):
        if name in given and not given[name].startswith(("http://", "https://")):
            raise StripeError("Not a valid URL", code="url_invalid", param=name)
    _people(books, given)
    data = given.get("payment_intent_data", {})
    options = given.get("payment_method_options", {})
    keep = data.get("setup_future_usage") or _kept(options)
    types = offered(
        given.get("allowed_payment_method_types"), currency, keep=bool(keep), param="allowed_payment_method_types"
    )
    identifier = new_id(f"cs_{'live' if books.live else 'test'}")
    session = {
        "id": identifier,
        "object": "checkout.session",
        "allowed_payment_method_types": given.get("allowed_payment_method_types"),
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "status": None},
        "cancel_url": given.get("cancel_url"),
        "client_reference_id": given.get("client_reference_id"),
        "created": books.now,
        "currency": currency,
        "custom_fields": [],
        "customer": given.get("customer"),
        "customer_creation": given.get("customer_creation", "if_required"),
        "customer_details": None,
        "customer_email": given.get("customer_email"),
        "expires_at": expires_at,
        "invoice": None,
        "livemode": books.live,
        "locale": given.get("locale"),
        "metadata": given.get("metadata") or {},
        "mode": "payment",
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_options": options,
        "payment_method_types": types,
        "payment_status": "unpaid",
        "recovered_from": None,
        "setup_intent": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": given.get("submit_type"),
        "subscription": None,
        "success_url": given["success_url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"{page_url}/c/pay/{identifier}",
    }
    return books.add(session, due_at=expires_at, intent=data, line_items=lines, keep=keep)


def update(books: Books, session: Document, given: Document) -> Document:
    """POST /v1/checkout/sessions/{id}: its metadata."""
    if beyond := set(given) - {"metadata", "expand"}:
        raise StripeError(f"This stand-in does not change {', '.join(sorted(beyond))}.", param=min(beyond))
    merged = session["metadata"] | given["metadata"] if given.get("metadata") else {}
    session["metadata"] = {name: value for name, value in merged.items() if value != ""}
    return books.save(session)


def expire(books: Books, session: Document) -> Document:
    """POST /v1/checkout/sessions/{id}/expire, and what the clock does."""
    if session["status"] != "open":
        raise StripeError(
            'Only Checkout Sessions with a status in ["open"] can be expired.'
            f" This Checkout Session has a status of `{session['status']}`."
        )
    session.update(status="expired", url=None)
    books.due(session, None)
    books.save(session)
    if intent := books.find(session["payment_intent"]):
        intents.close(books, intent, "expired")
    tell(books, "checkout.session.expired", session)
    return session


def pay(books: Books, session: Document, kind: str, outcome: str, settle_seconds: float) -> Document:
    """The customer confirms on the page with one of the types offered: succeeded, processing or a decline's name."""
    hidden = books.hidden(session)
    keep, data = hidden["keep"], hidden["intent"]
    email = session["customer_email"] or "customer@example.com"
    customer = session["customer"]
    wanted = keep or session["customer_creation"] == "always"
    if customer is None and wanted and outcome in ("succeeded", "processing"):
        customer = people.new_customer(books, {"email": email})["id"]
    intent = books.find(session["payment_intent"])
    if intent is None:
        intent = intents.new(
            books,
            {**data, "amount": session["amount_total"], "currency": session["currency"], "setup_future_usage": keep},
            session["payment_method_types"],
            session=session["id"],
        )
    intent["customer"] = customer
    kept = bool(keep) and outcome in ("succeeded", "processing")
    method = people.new_method(books, kind, customer if kept and kind not in KEPT_AS else None, email)
    debit = people.new_method(books, KEPT_AS[kind], customer, email) if kept and kind in KEPT_AS else None
    charging.confirm(books, intent, method, outcome, settle_seconds, debit)
    session["payment_intent"] = intent["id"]
    if intent["status"] in ("succeeded", "processing"):
        books.due(session, None)
        paid = intent["status"] == "succeeded"
        session.update(
            status="complete", payment_status="paid" if paid else "unpaid", customer=customer, url=None,
            customer_details={"email": email, "name": None, "address": None, "phone": None},
        )  # fmt: skip
        tell(books, "checkout.session.completed", books.save(session))
    return books.save(session)


def settled(books: Books, intent: Document) -> None:
    """Tell the Session of a payment that was processing what became of it."""
    session = books.find(books.hidden(intent).get("session"), "checkout.session")
    if session is None:
        return
    if intent["status"] == "succeeded":
        session["payment_status"] = "paid"
        tell(books, "checkout.session.async_payment_succeeded", books.save(session))
    else:
        tell(books, "checkout.session.async_payment_failed", session)


def _lines(given: Document) -> tuple[str, int, list[Document]]:
    """Currency, total and line items. Raises: StripeError."""
    if not given.get("line_items"):
        raise malformed("Missing required param: line_items.", "parameter_missing", "line_items")
    lines, total, currencies = [], 0, set()
    for item in given["line_items"]:
        price = item.get("price_data")
        if price is None:
            raise StripeError("This stand-in takes line items with price_data only.", param="line_items")
        if ("product" in price) == ("product_data" in price) or "unit_amount" not in price:
            raise StripeError("price_data needs unit_amount, and either product or product_data.", param="line_items")
        amounts.check(price["unit_amount"], price["currency"].lower(), "line_items")
        currencies.add(price["currency"].lower())
        quantity = item.get("quantity", 1)
        total += price["unit_amount"] * quantity
        lines.append({
            "id": new_id("li"), "object": "item", "amount_total": price["unit_amount"] * quantity,
            "currency": price["currency"].lower(), "quantity": quantity,
            "description": price.get("product_data", {}).get("name"),
        })  # fmt: skip
    if len(currencies) != 1:
        raise StripeError("All line items must be in one currency.", param="line_items")
    return currencies.pop(), total, lines


def _people(books: Books, given: Document) -> None:
    if "customer" in given and "customer_email" in given:
        raise StripeError("You may only specify one of these parameters: customer, customer_email.", param="customer")
    if "customer" in given:
        people.customer_of(books, given["customer"])
        if "customer_creation" in given:
            raise StripeError("`customer_creation` cannot be used with `customer`.", param="customer_creation")
    if "customer_email" in given and given["customer_email"].count("@") != 1:
        raise StripeError("Invalid email address", code="email_invalid", param="customer_email")
    if len(given.get("client_reference_id", "")) > 200:
        raise StripeError("client_reference_id is limited to 200 characters.", param="client_reference_id")


def _kept(options: Document) -> str | None:
    """`setup_future_usage` of one method's own options."""
    for kind, chosen in options.items():
        if isinstance(chosen, dict) and chosen.get("setup_future_usage") not in (None, "none"):
            if kind in TYPES and not TYPES[kind].reusable:
                raise StripeError(f"{kind} cannot be set up for future usage.", param="payment_method_options")
            usage: str = chosen["setup_future_usage"]
            return usage
    return None
