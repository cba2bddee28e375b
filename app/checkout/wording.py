"""What the pages call each method, what they say about it in a line, and how they tell a failure."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.checkout.formatting import first_instalment, money
from app.domain.methods import LABELS
from app.models import CheckoutSession
from providers.interface import FailureKind

INSTALMENTS = 3
# A bank answers in days, not in seconds.
SLOW_METHODS = ("bank_transfer", "sepa_debit", "bacs_debit", "us_bank_account", "multibanco", "invoice")

# Names of products are the same in every language; only what is a plain word is translated.
_LABELS: dict[str, LazyString] = {
    "card": _l("Card"),
    "instalments": _l("Instalments"),
    "sepa_debit": _l("SEPA Direct Debit"),
    "bank_transfer": _l("Bank transfer"),
    "invoice": _l("Pay by invoice"),
    "in_store_terminal": _l("In-store terminal"),
}
_HINTS: dict[str, LazyString] = {
    "card": _l("Credit, debit or prepaid card"),
    "paypal": _l("You confirm in your PayPal account"),
    "apple_pay": _l("You confirm on your Apple device"),
    "google_pay": _l("You confirm with your Google account"),
    "link": _l("You pay with what you have saved with Link"),
    "amazon_pay": _l("You confirm with your Amazon account"),
    "revolut_pay": _l("You confirm in the app"),
    "satispay": _l("You confirm in the Satispay app"),
    "bancomat_pay": _l("You confirm in your bank's app"),
    "bancontact": _l("You confirm in your bank's app"),
    "ideal": _l("You choose your bank and confirm there"),
    "eps": _l("You choose your bank and confirm there"),
    "p24": _l("You choose your bank and confirm there"),
    "blik": _l("You type a code from your bank's app"),
    "twint": _l("You confirm in the app"),
    "mb_way": _l("You confirm in the app"),
    "multibanco": _l("You pay at a cash machine or at your bank, with a reference"),
    "mobilepay": _l("You confirm in the app"),
    "swish": _l("You confirm in the app"),
    "klarna": _l("Buy now, pay later"),
    "sepa_debit": _l("Collected from your account in 2 to 5 working days"),
    "bacs_debit": _l("Collected from your account in 2 to 5 working days"),
    "us_bank_account": _l("Collected from your account in 2 to 5 working days"),
    "bank_transfer": _l("Arrives in 1 to 2 working days"),
    "invoice": _l("For companies: pay when you have the invoice"),
    "in_store_terminal": _l("Tap or insert your card at the counter"),
}
_FAILURES: dict[str, tuple[LazyString, LazyString]] = {
    FailureKind.SOFT_DECLINE: (
        _l("Your payment was declined"),
        _l("The bank or payment service did not approve it this time."),
    ),
    FailureKind.HARD_DECLINE: (
        _l("Your payment was declined"),
        _l("The bank or payment service will not approve it this way. Please choose another one."),
    ),
    FailureKind.NEEDS_CUSTOMER: (
        _l("Your payment has to be confirmed"),
        _l("Your bank wants you to confirm it yourself. Nothing was charged."),
    ),
    FailureKind.CUSTOMER_CANCELLED: (_l("You cancelled the payment"), _l("You can choose again whenever you like.")),
    FailureKind.EXPIRED: (_l("The payment was not finished in time"), _l("You can start it again.")),
    FailureKind.TECHNICAL: (
        _l("The payment could not be started"),
        _l("There was a technical problem at the payment service. It was not your fault."),
    ),
}


@dataclass(frozen=True)
class FailureMessage:
    """What went wrong in the customer's words. `adapted`: the choices below differ from those before."""

    title: str
    text: str
    adapted: bool


def label(method: str) -> str:
    """Return what the customer calls a method."""
    return str(_LABELS.get(method) or LABELS.get(method, method))


def hint(method: str, session: CheckoutSession) -> str:
    """Return one line about paying this session by a method, or an empty text."""
    if method == "instalments":
        part = money(first_instalment(session.amount, INSTALMENTS), session.currency)
        return _("For example %(count)d payments of %(amount)s", count=INSTALMENTS, amount=part)
    return str(_HINTS.get(method, ""))


def failure(kind: str, adapted: bool) -> FailureMessage:
    """Return the message for a kind of failure (providers.interface.FailureKind)."""
    title, text = _FAILURES.get(kind, _FAILURES[FailureKind.TECHNICAL])
    return FailureMessage(str(title), str(text), adapted)
