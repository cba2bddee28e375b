"""Which calls there are: the address of each, the SDK's type of its parameters, and what it does."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from tests.support.stripe_stand_in import accounts, intents, invoices, lists, people, refunds, sessions, subscriptions
from tests.support.stripe_stand_in.errors import StripeError, missing
from tests.support.stripe_stand_in.invoices import Settings
from tests.support.stripe_stand_in.store import Books, Document


@dataclass(frozen=True)
class Call:
    """One call that was understood: where it goes, what it was given."""

    books: Books
    given: Document
    settings: Settings
    page_url: str
    id: str = ""

    def object(self, kind: str) -> Document:
        """The object in the address. Raises: StripeError 404."""
        found = self.books.find(self.id, kind)
        if found is None:
            raise missing(kind.rpartition(".")[2], self.id)
        return found

    def page(self, kind: str, url: str, **equal: Any) -> Document:
        """A page of a list."""
        return lists.page(self.books, kind, self.given, url, **equal)


@dataclass(frozen=True)
class Operation:
    """`params` names a module and a class of `stripe.params`."""

    method: str
    path: re.Pattern[str]
    params: type
    run: Callable[[Call], Document]


def _operation(method: str, path: str, params: str, run: Callable[[Call], Document]) -> Operation:
    module, _, name = params.rpartition(":")
    found = getattr(import_module(f"stripe.params.{module}"), name)
    return Operation(method, re.compile(path.replace("{id}", "(?P<id>[^/]+)") + "/?"), found, run)


def _retrieve(kind: str) -> Callable[[Call], Document]:
    return lambda call: call.object(kind)


def _account(call: Call) -> Document:
    if call.id not in ("", accounts.account_id(call.books.account)):
        raise StripeError("The provided key does not have access to this account.", status=403, code="account_invalid")
    return accounts.document(call.books.account)


def _sessions(call: Call) -> Document:
    given = call.given
    wanted = {name: given.get(name) for name in ("payment_intent", "status", "customer", "subscription")}
    email = given.get("customer_details", {}).get("email")
    return call.page("checkout.session", "/v1/checkout/sessions", customer_details__email=email, **wanted)


def _refunds(call: Call) -> Document:
    given = call.given
    return call.page("refund", "/v1/refunds", charge=given.get("charge"), payment_intent=given.get("payment_intent"))


def _charges(call: Call) -> Document:
    given = call.given
    wanted = {name: given.get(name) for name in ("payment_intent", "customer")}
    return call.page("charge", "/v1/charges", **wanted)


def _subscriptions(call: Call) -> Document:
    """Without a status the canceled ones are left out."""
    status = call.given.get("status")
    found = {"customer": call.given.get("customer"), "status": None if status == "all" else status}
    if status is None:
        found["ended_at"] = lists.NOTHING
    elif status == "ended":
        raise StripeError("This stand-in does not list by status ended.", param="status")
    return call.page("subscription", "/v1/subscriptions", **found)


def _invoices(call: Call) -> Document:
    given = call.given
    subscription = given.get("subscription")
    return call.page(
        "invoice", "/v1/invoices", customer=given.get("customer"), status=given.get("status"),
        parent__subscription_details__subscription=subscription,
    )  # fmt: skip


def _invoice_payments(call: Call) -> Document:
    given = call.given
    intent = given.get("payment", {}).get("payment_intent")
    wanted = {"invoice": given.get("invoice"), "status": given.get("status"), "payment__payment_intent": intent}
    return call.page("invoice_payment", "/v1/invoice_payments", **wanted)


def _movements(call: Call) -> Document:
    given = call.given
    wanted = {name: given.get(name) for name in ("type", "currency", "source")}
    return call.page("balance_transaction", "/v1/balance_transactions", **wanted)


def _events(call: Call) -> Document:
    if "types" in call.given:
        raise StripeError("This stand-in lists events by one type.", param="types")
    return call.page("event", "/v1/events", type=call.given.get("type"))


OPERATIONS = tuple(
    _operation(*row)
    for row in (
        ("GET", "/v1/account", "_account_retrieve_current_params:AccountRetrieveCurrentParams", _account),
        ("GET", "/v1/accounts/{id}", "_account_retrieve_params:AccountRetrieveParams", _account),
        ("POST", "/v1/checkout/sessions", "checkout._session_create_params:SessionCreateParams",
         lambda call: sessions.create(call.books, call.given, call.page_url)),
        ("GET", "/v1/checkout/sessions", "checkout._session_list_params:SessionListParams", _sessions),
        ("GET", "/v1/checkout/sessions/{id}", "checkout._session_retrieve_params:SessionRetrieveParams",
         _retrieve("checkout.session")),
        ("POST", "/v1/checkout/sessions/{id}", "checkout._session_update_params:SessionUpdateParams",
         lambda call: sessions.update(call.books, call.object("checkout.session"), call.given)),
        ("POST", "/v1/checkout/sessions/{id}/expire", "checkout._session_expire_params:SessionExpireParams",
         lambda call: sessions.expire(call.books, call.object("checkout.session"))),
        ("POST", "/v1/payment_intents", "_payment_intent_create_params:PaymentIntentCreateParams",
         lambda call: intents.create(call.books, call.given, call.settings.settle_seconds)),
        ("GET", "/v1/payment_intents", "_payment_intent_list_params:PaymentIntentListParams",
         lambda call: call.page("payment_intent", "/v1/payment_intents", customer=call.given.get("customer"))),
        ("GET", "/v1/payment_intents/{id}", "_payment_intent_retrieve_params:PaymentIntentRetrieveParams",
         _retrieve("payment_intent")),
        ("POST", "/v1/payment_intents/{id}/cancel", "_payment_intent_cancel_params:PaymentIntentCancelParams",
         lambda call: intents.cancel(call.books, call.object("payment_intent"), call.given)),
        ("POST", "/v1/refunds", "_refund_create_params:RefundCreateParams",
         lambda call: refunds.create(call.books, call.given, call.settings.settle_seconds)),
        ("GET", "/v1/refunds", "_refund_list_params:RefundListParams", _refunds),
        ("GET", "/v1/refunds/{id}", "_refund_retrieve_params:RefundRetrieveParams", _retrieve("refund")),
        ("GET", "/v1/charges", "_charge_list_params:ChargeListParams", _charges),
        ("GET", "/v1/charges/{id}", "_charge_retrieve_params:ChargeRetrieveParams", _retrieve("charge")),
        ("POST", "/v1/customers", "_customer_create_params:CustomerCreateParams",
         lambda call: people.new_customer(call.books, call.given)),
        ("GET", "/v1/customers/{id}", "_customer_retrieve_params:CustomerRetrieveParams", _retrieve("customer")),
        ("GET", "/v1/payment_methods/{id}", "_payment_method_retrieve_params:PaymentMethodRetrieveParams",
         _retrieve("payment_method")),
        ("POST", "/v1/products", "_product_create_params:ProductCreateParams",
         lambda call: people.new_product(call.books, call.given)),
        ("GET", "/v1/products/{id}", "_product_retrieve_params:ProductRetrieveParams", _retrieve("product")),
        ("POST", "/v1/subscriptions", "_subscription_create_params:SubscriptionCreateParams",
         lambda call: subscriptions.create(call.books, call.given, call.settings)),
        ("GET", "/v1/subscriptions", "_subscription_list_params:SubscriptionListParams", _subscriptions),
        ("GET", "/v1/subscriptions/{id}", "_subscription_retrieve_params:SubscriptionRetrieveParams",
         _retrieve("subscription")),
        ("POST", "/v1/subscriptions/{id}", "_subscription_update_params:SubscriptionUpdateParams",
         lambda call: subscriptions.update(call.books, call.object("subscription"), call.given)),
        ("DELETE", "/v1/subscriptions/{id}", "_subscription_cancel_params:SubscriptionCancelParams",
         lambda call: subscriptions.cancel(call.books, call.object("subscription"), call.given)),
        ("GET", "/v1/invoices", "_invoice_list_params:InvoiceListParams", _invoices),
        ("GET", "/v1/invoices/{id}", "_invoice_retrieve_params:InvoiceRetrieveParams", _retrieve("invoice")),
        ("POST", "/v1/invoices/{id}", "_invoice_update_params:InvoiceUpdateParams",
         lambda call: invoices.update(call.books, call.object("invoice"), call.given)),
        ("POST", "/v1/invoices/{id}/void", "_invoice_void_invoice_params:InvoiceVoidInvoiceParams",
         lambda call: invoices.void(call.books, call.object("invoice"))),
        ("GET", "/v1/invoice_payments", "_invoice_payment_list_params:InvoicePaymentListParams", _invoice_payments),
        ("GET", "/v1/invoice_payments/{id}", "_invoice_payment_retrieve_params:InvoicePaymentRetrieveParams",
         _retrieve("invoice_payment")),
        ("GET", "/v1/balance_transactions", "_balance_transaction_list_params:BalanceTransactionListParams",
         _movements),
        ("GET", "/v1/balance_transactions/{id}",
         "_balance_transaction_retrieve_params:BalanceTransactionRetrieveParams", _retrieve("balance_transaction")),
        ("GET", "/v1/events", "_event_list_params:EventListParams", _events),
        ("GET", "/v1/events/{id}", "_event_retrieve_params:EventRetrieveParams", _retrieve("event")),
    )
)  # fmt: skip


def find(method: str, path: str) -> tuple[Operation, str]:
    """The operation of an address and the id in it. Raises: StripeError 404."""
    for operation in OPERATIONS:
        if operation.method == method and (match := operation.path.fullmatch(path)):
            return operation, match.groupdict().get("id", "")
    raise StripeError(f"Unrecognized request URL ({method}: {path}).", status=404, kept=False)
