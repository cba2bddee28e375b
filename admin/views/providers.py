"""Providers: the configured accounts, whether they are on, and what each supports, in words."""

from __future__ import annotations

from collections.abc import Mapping

from flask_admin import expose

from admin import formats
from admin.base import HubView
from app.domain.methods import METHOD_IDS
from app.services import accounts
from providers import registry
from providers.interface import Capabilities, MethodCapability

LISTED = 8  # codes named before "and n more"
FLOWS = {"direct": "checkout", "pay_by_link": "payment links", "subscription": "subscriptions"}


class ProvidersView(HubView):
    permission = "providers.view"

    @expose("/")
    def index(self) -> str:
        cards = []
        for account in accounts.all_accounts():
            adapter = registry.get(account.provider)
            can = adapter.capabilities(accounts.config_of(account))
            methods = sorted(can.methods, key=lambda key: METHOD_IDS.index(key) if key in METHOD_IDS else 99)
            cards.append(
                {
                    "account": account,
                    "provider": adapter.label,
                    "verbs": _verbs(can),
                    "methods": [(formats.method(key), _limits(can.methods[key])) for key in methods],
                }
            )
        return self.render("backoffice/providers.html", cards=cards)


def _verbs(can: Capabilities) -> list[str]:
    refunds = "Refunds, also of a part" if can.partial_refunds else "Refunds, only of the whole amount"
    return [
        refunds if can.refunds else "No refunds",
        "Can cancel an unfinished payment" if can.cancel else "Cannot cancel an unfinished payment",
    ]


def _limits(can: MethodCapability) -> dict[str, str]:
    return {
        "currencies": _codes(can.currencies, "Any currency", {}),
        "countries": _codes(can.countries, "Any country", formats.COUNTRIES),
        "flows": ", ".join(FLOWS.get(flow, formats.words(flow)) for flow in sorted(can.flows)).capitalize(),
        "amounts": _amounts(can.min_amount, can.max_amount),
    }


def _codes(codes: frozenset[str] | None, anything: str, names: Mapping[str, str]) -> str:
    if codes is None:
        return anything
    named = sorted(names.get(code, code) for code in codes)
    more = len(named) - LISTED
    return ", ".join(named[:LISTED]) + (f" and {more} more" if more > 0 else "") or "None"


def _amounts(lowest: Mapping[str, int], highest: Mapping[str, int]) -> str:
    """Return e.g. "€35.00 to €10,000.00; Up to CHF 500.00"."""
    parts = []
    for currency in sorted({*lowest, *highest}):
        low, high = lowest.get(currency), highest.get(currency)
        ends = [formats.money(end, currency) for end in (low, high) if end is not None]
        parts.append(" to ".join(ends) if len(ends) == 2 else f"{'From' if high is None else 'Up to'} {ends[0]}")
    return "; ".join(parts) or "Any amount"
