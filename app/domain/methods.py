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
    PaymentMethod("satispay", "Satispay"),
    PaymentMethod("bancomat_pay", "BANCOMAT Pay"),
    PaymentMethod("ideal", "iDEAL"),
    PaymentMethod("klarna", "Klarna"),
    PaymentMethod("instalments", "Instalments"),
    PaymentMethod("sepa_debit", "SEPA Direct Debit"),
    PaymentMethod("bank_transfer", "Bank transfer"),
    PaymentMethod("invoice", "Pay by invoice"),
    PaymentMethod("in_store_terminal", "In-store terminal"),
)
METHOD_IDS: tuple[str, ...] = tuple(method.id for method in METHODS)
LABELS: dict[str, str] = {method.id: method.label for method in METHODS}
