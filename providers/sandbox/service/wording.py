"""The words of the hosted page: what each method is called, what it pretends, and what each ending is called."""

from datetime import UTC, datetime
from decimal import Decimal

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency, get_currency_precision

METHODS = {
    "card": ("Card", "No card number is needed: this page pretends to be your bank's card page."),
    "paypal": ("PayPal", "You would log in to PayPal here. There is nothing to log in to."),
    "apple_pay": ("Apple Pay", "You would confirm on your Apple device here."),
    "google_pay": ("Google Pay", "You would confirm on your Android device here."),
    "satispay": ("Satispay", "You would confirm in the Satispay app here."),
    "bancomat_pay": ("BANCOMAT Pay", "You would confirm in your bank's app here."),
    "sepa_debit": ("SEPA direct debit", "You would give your IBAN and sign a mandate here. No IBAN is needed."),
    "bank_transfer": ("Bank transfer", "You would see the account to transfer to here. There is none."),
    "in_store_terminal": ("In-store terminal", "Imagine the terminal on the counter, asking for a card."),
    "ideal": ("iDEAL", "You would choose your bank and confirm there."),
    "klarna": ("Klarna", "You would agree to pay Klarna later here."),
    "instalments": ("Instalments", "You would choose how many instalments to pay in here."),
    "invoice": ("Invoice", "You would confirm the address that the invoice is sent to here."),
}

ENDINGS = {
    "processing": ("Payment pending", "The pretend bank is still deciding. The shop is told how it ends."),
    "succeeded": ("Payment approved", "The pretend payment went through."),
    "insufficient_funds": ("Payment declined", "The pretend bank declined it. You can choose another way to pay."),
    "instrument_expired": ("Payment declined", "The pretend card or account is closed for good."),
    "unknown_token": ("Payment declined", "The shop asked for it by a token that charges nobody."),
    "not_settled": ("Payment failed", "The pretend bank did not settle it."),
    "cancelled_by_customer": ("Payment cancelled", "You went back without paying."),
    "cancelled_by_merchant": ("Payment withdrawn", "The shop withdrew this payment. Nothing was charged."),
    "expired": ("Payment expired", "It was not paid in time. Nothing was charged."),
}


def format_amount(amount: int, currency: str, locale: str) -> str:
    """Minor units as the customer's locale writes them, in English when the locale is not known."""
    try:
        known = Locale.parse(locale.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        known = Locale("en")
    value = Decimal(amount).scaleb(-get_currency_precision(currency))
    return format_currency(value, currency, locale=known)


def every(count: int, unit: str) -> str:
    """How often a subscription is renewed: "each month", "every 3 months"."""
    return f"each {unit}" if count == 1 else f"every {count} {unit}s"


def moment(seconds: float) -> str:
    """A time in UTC, to the minute."""
    return f"{datetime.fromtimestamp(seconds, tz=UTC):%d %b %Y, %H:%M} UTC"
