"""What Stripe did about each period of a subscription, read from its invoices and the payments of those."""

from datetime import datetime, timedelta

import stripe
from stripe.params import InvoiceListParams

from providers.interface import ChargeState, Failure, FailureKind, OutcomeUnknown, ProviderRenewal
from providers.stripe.calendar import Calendar
from providers.stripe.errors import declined
from providers.stripe.lists import PAGE, every
from providers.stripe.money import from_stripe
from providers.stripe.truth import NOBODY_THERE
from providers.stripe.values import id_of, ident, moment, text, whole

RENEWAL = "subscription_cycle"  # why an invoice was made: a period began
STOPPED = Failure(FailureKind.TECHNICAL, "not_collected", "Stripe no longer collects the invoice of this period.")
_WAITING = ("processing", "succeeded", "requires_confirmation", "requires_capture")  # the invoice follows soon


def of(
    client: stripe.StripeClient, known: stripe.Subscription, calendar: Calendar, from_number: int
) -> tuple[ProviderRenewal, ...]:
    """The renewals from `from_number` on, in order. Raises what the SDK raises, too."""
    first_at = calendar.billed_at(max(from_number, calendar.first_number)) - timedelta(days=1)
    told = [_renewal(client, invoice, calendar) for invoice in _invoices(client, ident(known.id), first_at)]
    return tuple(sorted((one for one in told if one.number >= from_number), key=lambda one: one.number))


def stop_collecting(client: stripe.StripeClient, subscription: str) -> None:
    """Let Stripe collect nothing more of what it has billed, but what is being paid right now."""
    for invoice in _invoices(client, subscription, None):
        name = ident(invoice.id)
        if invoice.status == "draft" and invoice.auto_advance:
            client.v1.invoices.update(name, {"auto_advance": False})
        elif invoice.status == "open":
            intent = _intent(client, invoice)
            if intent is None or intent.status not in _WAITING:
                client.v1.invoices.void_invoice(name)


def _invoices(client: stripe.StripeClient, subscription: str, since: datetime | None) -> list[stripe.Invoice]:
    params: InvoiceListParams = {"subscription": subscription, "limit": PAGE, "expand": ["data.payments"]}
    if since is not None:
        params["created"] = {"gte": int(since.timestamp())}
    return [invoice for invoice in every(client.v1.invoices.list(params)) if invoice.billing_reason == RENEWAL]


def _renewal(client: stripe.StripeClient, invoice: stripe.Invoice, calendar: Calendar) -> ProviderRenewal:
    began_at = _began_at(invoice)
    number, due_at = calendar.number_of(began_at), began_at
    currency = text(invoice.currency)
    if invoice.status == "paid":
        amount, code = from_stripe(whole(invoice.amount_paid), currency)
        return ProviderRenewal(
            number=number, due_at=due_at, provider_reference=_payment_of(invoice) or ident(invoice.id),
            state=ChargeState.SUCCEEDED, amount=amount, currency=code,
        )  # fmt: skip
    amount, code = from_stripe(whole(invoice.amount_due), currency)
    intent = _intent(client, invoice) if invoice.attempted else None
    failure = _failure(invoice, intent)
    again_at = invoice.next_payment_attempt if invoice.status == "open" and invoice.auto_advance else None
    return ProviderRenewal(
        number=number,
        due_at=due_at,
        provider_reference=_name_of_try(invoice, intent),
        state=ChargeState.FAILED if failure else ChargeState.PENDING,
        amount=amount,
        currency=code,
        failure=failure,
        next_try_at=moment(again_at) if failure and again_at is not None else None,
    )


def _failure(invoice: stripe.Invoice, intent: stripe.PaymentIntent | None) -> Failure | None:
    """Why an invoice that is not paid will not be by itself, or why its latest try failed; None while it may be."""
    if invoice.status not in ("draft", "open", "void", "uncollectible"):
        raise OutcomeUnknown("Stripe's invoice is in a state that it should not be in")
    if intent is not None and intent.status in _WAITING:
        return None
    if intent is not None and intent.last_payment_error is not None:
        return declined(intent.last_payment_error)
    if intent is not None and intent.status == "requires_action":
        return NOBODY_THERE
    if invoice.status in ("draft", "open") and invoice.auto_advance:
        return None  # it is about to be charged
    return STOPPED


def _name_of_try(invoice: stripe.Invoice, intent: stripe.PaymentIntent | None) -> str:
    """Stripe tries again and again by one PaymentIntent: a try that failed goes by its own charge, if it has one."""
    charge = id_of(intent.latest_charge) if intent is not None else None
    return charge or _payment_of(invoice) or ident(invoice.id)


def _intent(client: stripe.StripeClient, invoice: stripe.Invoice) -> stripe.PaymentIntent | None:
    name = _payment_of(invoice)
    return client.v1.payment_intents.retrieve(name) if name is not None else None


def _payment_of(invoice: stripe.Invoice) -> str | None:
    """The PaymentIntent that pays the invoice, or is to; None before there is one, or when money came another way."""
    payments = invoice.payments.data if invoice.payments is not None else []
    by_worth = sorted(payments, key=lambda one: (one.status == "paid", one.status == "open"), reverse=True)
    return next((name for one in by_worth if (name := id_of(one.payment.payment_intent)) is not None), None)


def _began_at(invoice: stripe.Invoice) -> datetime:
    """When the period began that the invoice is for: other lines of it may be for anything."""
    for line in invoice.lines.data:
        if line.parent is not None and line.parent.type == "subscription_item_details":
            return moment(line.period.start)
    return moment(invoice.period_end)
