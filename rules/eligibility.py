"""Whether a provider account may carry a method for these facts, with the one reason when it may not."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rules.facts import Facts
from rules.money import plain_money


@dataclass(frozen=True)
class MethodLimits:
    """Where an account may carry a method: None means anywhere; amounts are minor units by currency, ends included.

    A currency that an amount mapping does not name has no such limit.
    """

    currencies: frozenset[str] | None = None
    countries: frozenset[str] | None = None
    flows: frozenset[str] | None = None
    min_amount: Mapping[str, int] | None = None
    max_amount: Mapping[str, int] | None = None


@dataclass(frozen=True)
class AccountLimits:
    """A provider account as eligibility sees it: its state, and the limits of each method it supports.

    `methods_off` are those of its methods that somebody switched off for this account.
    """

    account: str
    label: str = ""  # how people call it; the id where it is empty
    enabled: bool = True
    in_outage: bool = False
    methods: Mapping[str, MethodLimits] = field(default_factory=dict)
    methods_off: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Ineligible:
    """Why not: a stable code and a plain sentence part, such as "does not support CHF"."""

    code: str
    reason: str


def ineligible(method: str, account: AccountLimits, facts: Facts) -> Ineligible | None:
    """The first reason why the account may not carry the method, or None when it may."""
    limits = account.methods.get(method)
    if not account.enabled:
        return Ineligible("account_off", "is switched off")
    if account.in_outage:
        return Ineligible("account_outage", "is in outage")
    if limits is None:
        return Ineligible("method_unsupported", "does not carry this method")
    if method in account.methods_off:
        return Ineligible("method_off", "has this method switched off")
    return _outside(limits, facts)


def _outside(limits: MethodLimits, facts: Facts) -> Ineligible | None:
    currency, country, flow = facts.get("currency"), facts.get("country"), facts.get("flow")
    if limits.currencies is not None and currency not in limits.currencies:
        return Ineligible("currency", f"does not support {currency or 'an unknown currency'}")
    if limits.countries is not None and country not in limits.countries:
        return Ineligible("country", f"is not available in {country or 'an unknown country'}")
    if limits.flows is not None and flow not in limits.flows:
        return Ineligible("flow", f"is not available for {_FLOWS.get(flow, 'this flow')}")
    return _beyond_amounts(limits, facts.get("amount"), currency)


_FLOWS: dict[object, str] = {
    "direct": "direct payments",
    "pay_by_link": "payment links",
    "subscription": "subscriptions",
}


def _beyond_amounts(limits: MethodLimits, amount: object, currency: object) -> Ineligible | None:
    if not isinstance(amount, int) or not isinstance(currency, str):
        return None
    lowest = (limits.min_amount or {}).get(currency)
    highest = (limits.max_amount or {}).get(currency)
    if lowest is not None and amount < lowest:
        return Ineligible("amount_low", f"starts at {plain_money(lowest, currency)}")
    if highest is not None and amount > highest:
        return Ineligible("amount_high", f"ends at {plain_money(highest, currency)}")
    return None
