"""Customers and their payment methods, and products."""

from tests.support.stripe_stand_in.errors import StripeError, missing
from tests.support.stripe_stand_in.events import tell
from tests.support.stripe_stand_in.store import Books, Document, new_id


def new_customer(books: Books, given: Document) -> Document:
    """A customer."""
    customer = books.add(
        {
            "id": new_id("cus"),
            "object": "customer",
            "address": None,
            "balance": 0,
            "created": books.now,
            "currency": None,
            "default_source": None,
            "delinquent": False,
            "description": given.get("description"),
            "email": given.get("email"),
            "invoice_settings": {"custom_fields": None, "default_payment_method": None, "footer": None},
            "livemode": books.live,
            "metadata": given.get("metadata") or {},
            "name": given.get("name"),
            "phone": given.get("phone"),
            "preferred_locales": given.get("preferred_locales", []),
            "shipping": None,
            "tax_exempt": "none",
            "test_clock": None,
        }
    )
    tell(books, "customer.created", customer)
    return customer


def new_method(books: Books, kind: str, customer: str | None, email: str | None) -> Document:
    """A payment method that a customer gave on a page; kept for later when it has a customer."""
    details: Document = {}
    if kind == "card":
        details = {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2039, "wallet": None}
    method = books.add(
        {
            "id": new_id("pm"),
            "object": "payment_method",
            "allow_redisplay": "limited" if customer else "unspecified",
            "billing_details": {"address": None, "email": email, "name": None, "phone": None, "tax_id": None},
            kind: details,
            "created": books.now,
            "customer": customer,
            "livemode": books.live,
            "metadata": {},
            "type": kind,
        }
    )
    if customer:
        tell(books, "payment_method.attached", method)
    return method


def method_of(books: Books, identifier: str, customer: str | None) -> Document:
    """A stored method. Raises: StripeError when there is none, or it is not that customer's."""
    method = books.find(identifier, "payment_method")
    if method is None:
        raise missing("PaymentMethod", identifier, "payment_method", 400)
    if method["customer"] is None:
        raise StripeError(
            "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, or was"
            " detached from a Customer, and may not be used again.",
            param="payment_method",
        )
    if method["customer"] != customer:
        raise StripeError(
            f"The customer does not have a payment method with the ID {identifier}.",
            code="resource_missing", param="payment_method",
        )  # fmt: skip
    return method


def customer_of(books: Books, identifier: str) -> Document:
    """A customer that a parameter names. Raises: StripeError 400."""
    customer = books.find(identifier, "customer")
    if customer is None:
        raise missing("customer", identifier, "customer", 400)
    return customer


def new_product(books: Books, given: Document) -> Document:
    """A product, under an id of the caller's own if it gave one. Raises: StripeError when that exists."""
    identifier = given.get("id") or new_id("prod")
    if books.find(identifier) is not None:
        raise StripeError("Product already exists.", code="resource_already_exists", param="id")
    product = books.add(
        {
            "id": identifier,
            "object": "product",
            "active": given.get("active", True),
            "created": books.now,
            "default_price": None,
            "description": given.get("description"),
            "images": [],
            "livemode": books.live,
            "marketing_features": [],
            "metadata": given.get("metadata") or {},
            "name": given["name"],
            "shippable": None,
            "statement_descriptor": given.get("statement_descriptor"),
            "tax_code": None,
            "type": "service",
            "updated": books.now,
            "url": None,
        }
    )
    tell(books, "product.created", product)
    return product
