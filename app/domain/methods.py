"""The payment methods the hub knows, in the order they are listed when nothing else decides."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PaymentMethod:
    """One way to pay. `id` is the vocabulary of rules and API; `label` is its plain English name."""

    id: str
    label: str


METHODS: tuple[PaymentMethod, ...] = (
    PaymentMethod("card", "Card"),
    PaymentMethod("paypal", "PayPal"),
    PaymentMethod("apple_pay", "Apple Pay"),
    PaymentMethod("google_pay", "Google Pay"),
    PaymentMethod("link", "Link"),
    PaymentMethod("amazon_pay", "Amazon Pay"),
    PaymentMethod("revolut_pay", "Revolut Pay"),
    PaymentMethod("satispay", "Satispay"),
    PaymentMethod("bancomat_pay", "BANCOMAT Pay"),
    PaymentMethod("bancontact", "Bancontact"),
    PaymentMethod("ideal", "iDEAL"),
    PaymentMethod("eps", "EPS"),
    PaymentMethod("p24", "Przelewy24"),
    PaymentMethod("blik", "BLIK"),
    PaymentMethod("twint", "TWINT"),
    PaymentMethod("mb_way", "MB WAY"),
    PaymentMethod("multibanco", "Multibanco"),
    PaymentMethod("mobilepay", "MobilePay"),
    PaymentMethod("swish", "Swish"),
    PaymentMethod("klarna", "Klarna"),
    PaymentMethod("instalments", "Instalments"),
    PaymentMethod("sepa_debit", "SEPA Direct Debit"),
    PaymentMethod("bacs_debit", "Bacs Direct Debit"),
    PaymentMethod("us_bank_account", "ACH Direct Debit"),
    PaymentMethod("bank_transfer", "Bank transfer"),
    PaymentMethod("invoice", "Pay by invoice"),
    PaymentMethod("in_store_terminal", "In-store terminal"),
)
METHOD_IDS: tuple[str, ...] = tuple(method.id for method in METHODS)
LABELS: dict[str, str] = {method.id: method.label for method in METHODS}
