"""Which of the hub's methods Stripe carries: its own name for each, and in which currencies, countries and amounts.

A method is for subscriptions where a Checkout Session can keep it for later: where the SDK's types let
`payment_method_options.<kind>.setup_future_usage` be off_session. Countries are those of customers. What is declared
here is the most that any account may have; an account's own limits are in Stripe's settings.

Sources: https://docs.stripe.com/payments/payment-methods/payment-method-support and the page of each method below
https://docs.stripe.com/payments.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from providers.interface import Failure, FailureKind, MethodCapability, ProviderRefused
from providers.stripe.money import CURRENCIES, LEAST

ONCE = frozenset({"direct", "pay_by_link"})
ALWAYS = ONCE | {"subscription"}
EURO = frozenset({"EUR"})


@dataclass(frozen=True, slots=True)
class StripeMethod:
    """`kind` is Stripe's type, by which a customer pays who is there; `stored_kind` that of what they leave behind."""

    kind: str
    can: MethodCapability
    stored_kind: str


def _method(
    kind: str,
    currencies: frozenset[str] | str,
    countries: str | None = None,
    flows: frozenset[str] = ONCE,
    most: Mapping[str, int] | None = None,
    stored_kind: str | None = None,
) -> StripeMethod:
    codes = frozenset(currencies.split()) if isinstance(currencies, str) else currencies
    homes = frozenset(countries.split()) if countries else None
    least = {code: amount for code, amount in LEAST.items() if code in codes}
    return StripeMethod(kind, MethodCapability(codes, homes, flows, least, most or {}), stored_kind or kind)


_PAYPAL = "AUD CAD CHF CZK DKK EUR GBP HKD NOK NZD PLN SEK SGD USD"
_KLARNA = "AUD CAD CHF CZK DKK EUR GBP NOK NZD PLN RON SEK USD"
_KLARNA_IN = "AT AU BE CA CH CZ DE DK ES FI FR GB GR IE IT NL NO NZ PL PT RO SE US"
_AMAZON = "AUD CHF DKK EUR GBP HKD JPY NOK NZD SEK USD ZAR"
_REVOLUT = "DKK EUR GBP HUF PLN RON"
_REVOLUT_IN = "AT BE BG CY CZ DE DK EE ES FI FR GB GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"

METHODS: Mapping[str, StripeMethod] = MappingProxyType({
    "card": _method("card", CURRENCIES, flows=ALWAYS),
    "apple_pay": _method("card", CURRENCIES, flows=ALWAYS),  # a card within a wallet, to Stripe
    "google_pay": _method("card", CURRENCIES, flows=ALWAYS),
    "link": _method("link", CURRENCIES, flows=ALWAYS),
    "paypal": _method("paypal", _PAYPAL, flows=ALWAYS),
    "klarna": _method("klarna", _KLARNA, _KLARNA_IN),
    "amazon_pay": _method("amazon_pay", _AMAZON, flows=ALWAYS),
    "revolut_pay": _method("revolut_pay", _REVOLUT, _REVOLUT_IN, ALWAYS),
    "satispay": _method("satispay", EURO, "FR IT LU"),
    "bancontact": _method("bancontact", EURO, "BE", ALWAYS, stored_kind="sepa_debit"),
    "ideal": _method("ideal", EURO, "NL"),
    "eps": _method("eps", EURO, "AT"),
    "p24": _method("p24", "EUR PLN", "PL"),
    "blik": _method("blik", "PLN", "PL"),
    "twint": _method("twint", "CHF", "CH", most={"CHF": 5_000_00}),
    "mb_way": _method("mb_way", EURO, "PT"),
    "multibanco": _method("multibanco", EURO, "PT", most={"EUR": 99_999_99}),
    "mobilepay": _method("mobilepay", "DKK EUR NOK SEK", "DK FI"),
    "swish": _method("swish", "SEK", "SE"),
    "sepa_debit": _method("sepa_debit", EURO, flows=ALWAYS),
    "bacs_debit": _method("bacs_debit", "GBP", "GB", ALWAYS),
    "us_bank_account": _method("us_bank_account", "USD", "US", ALWAYS),
})


def method_of(method: str, amount: int, currency: str) -> StripeMethod:
    """Stripe's word for one of our methods. Raises: ProviderRefused when it does not take this currency or amount."""
    known = METHODS.get(method)
    if known is None:
        raise _refused("unsupported_method", f"Stripe does not carry {method[:40]}.")
    if known.can.currencies is not None and currency not in known.can.currencies:
        raise _refused("unsupported_currency", f"Stripe does not carry {method} in {currency[:10]}.")
    if not known.can.min_amount.get(currency, 1) <= amount <= known.can.max_amount.get(currency, amount):
        raise _refused("unsupported_amount", f"Stripe does not carry {method} for this amount.")
    return known


def _refused(code: str, message: str) -> ProviderRefused:
    return ProviderRefused(Failure(FailureKind.TECHNICAL, code, message))
