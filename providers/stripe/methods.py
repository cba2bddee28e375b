"""Which of the hub's methods Stripe carries: its own name for each, and in which currencies, countries and amounts."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from providers.interface import Failure, FailureKind, MethodCapability, ProviderRefused
from providers.stripe.money import CURRENCIES

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
    least: Mapping[str, int] | None = None,
    most: Mapping[str, int] | None = None,
    stored_kind: str | None = None,
) -> StripeMethod:
    codes = frozenset(currencies.split()) if isinstance(currencies, str) else currencies
    homes = frozenset(countries.split()) if countries else None
    return StripeMethod(kind, MethodCapability(codes, homes, flows, least or {}, most or {}), stored_kind or kind)


METHODS: Mapping[str, StripeMethod] = MappingProxyType({
    "card": _method("card", CURRENCIES, flows=ALWAYS),
    "sepa_debit": _method("sepa_debit", EURO, flows=ALWAYS),
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
