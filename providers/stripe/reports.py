"""A day in Stripe's books: the charges and refunds that moved its balance, and those that came back."""

from datetime import UTC, date, datetime, time, timedelta

import stripe
from stripe.params import BalanceTransactionListParams

from providers.interface import OutcomeUnknown, ReportLine
from providers.stripe.lists import PAGE, every
from providers.stripe.money import from_stripe
from providers.stripe.values import ATTEMPT, REFUND, id_of, ident, moment, ours, text, whole

MOVED = ("charge", "payment", "refund", "payment_refund")  # kinds of balance transactions: money went one way or other
CAME_BACK = ("refund_failure", "payment_failure_refund")
FAILED = "failed"


def of_day(client: stripe.StripeClient, day: date) -> tuple[ReportLine, ...]:
    """Every charge and refund that is booked on `day` in UTC; see `Provider.report`.

    Amounts are as the customer paid them, not as they were settled. What came back later is booked a second time, on
    the day it did; as Stripe shows each as it now stands, both lines then say that it failed.
    """
    begin = int(datetime.combine(day, time(), UTC).timestamp())
    params: BalanceTransactionListParams = {
        "created": {"gte": begin, "lt": begin + int(timedelta(days=1).total_seconds())},
        "expand": ["data.source"],
        "limit": PAGE,
    }
    booked = [each for each in every(client.v1.balance_transactions.list(params)) if each.type in MOVED + CAME_BACK]
    return tuple(_line(each) for each in reversed(booked))


def _line(booked: stripe.BalanceTransaction) -> ReportLine:
    source = booked.source
    if not isinstance(source, (stripe.Charge, stripe.Refund)):
        raise OutcomeUnknown("Stripe's report does not show what was booked")
    amount, currency = from_stripe(whole(source.amount), text(source.currency))
    is_refund = isinstance(source, stripe.Refund)
    intent = None if is_refund else id_of(source.payment_intent)
    return ReportLine(
        kind="refund" if is_refund else "charge",
        provider_reference=intent or ident(source.id),
        reference=ours(source.metadata, REFUND if is_refund else ATTEMPT),
        state=FAILED if booked.type in CAME_BACK else text(source.status),
        amount=amount,
        currency=currency,
        at=moment(booked.created),
    )
