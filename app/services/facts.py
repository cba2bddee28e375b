"""The facts of a checkout session: what the shop said, what the hub knows, and what failed so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app

from app.models import CheckoutSession, PaymentAttempt
from app.services.catalogue import catalogue_for
from rules import BUILT_IN_CATALOGUE, Facts, FieldError, InvalidFacts, coerce, recorded
from rules.attributes import WEEKDAYS


def facts_of(session: CheckoutSession, failed: Sequence[PaymentAttempt], now: datetime) -> Facts:
    """Return the facts the rules may test for `session`, given its failed attempts, at the moment `now`.

    What the shop said was checked when the session was opened, and is taken as it was recorded: the catalogue may have
    changed since. Raises rules.InvalidFacts, naming each fact of the hub's that is of the wrong type.
    """
    config = current_app.config["JUNCTION"]
    local = now.astimezone(ZoneInfo(config.merchant_timezone))
    customer: Mapping[str, Any] = session.customer
    country = customer.get("country")
    computed: dict[str, object] = {
        "amount": session.amount,
        "currency": session.currency,
        "flow": session.flow,
        "locale": session.locale,
        "country": country,
        "customer_type": customer.get("type"),
        "returning_customer": customer.get("returning"),
        "cross_border": None if country is None else country != config.merchant_country,
        "attempts": len(failed),
        "failed_methods": sorted({attempt.method for attempt in failed}),
        "failed_accounts": sorted({attempt.account_id for attempt in failed}),
        "weekday": WEEKDAYS[local.weekday()],
        "hour": local.hour,
        "date": local.date().isoformat(),
    }
    return {**recorded(session.attributes), **coerce(BUILT_IN_CATALOGUE, computed)}


# Facts that a shop states elsewhere than under `attributes`.
STATED_AS = {
    "country": "customer.country",
    "customer_type": "customer.type",
    "returning_customer": "customer.returning",
    "amount": "amount",
    "currency": "currency",
    "locale": "locale",
}


def check_attributes(attributes: Mapping[str, Any]) -> None:
    """Refuse attributes that are unknown, computed by the hub, stated elsewhere, or of the wrong type.

    Raises rules.InvalidFacts, each path beginning with `attributes.`.
    """
    faults: list[FieldError] = []
    catalogue = catalogue_for(attributes)
    for key in attributes:
        known = catalogue.get(key)
        if key in STATED_AS:
            faults.append(FieldError(f"attributes.{key}", f"Send it as {STATED_AS[key]}."))
        elif known is not None and known.derived:
            faults.append(FieldError(f"attributes.{key}", "The hub computes it: leave it out."))
    try:
        coerce(catalogue, attributes)
    except InvalidFacts as invalid:
        faults += [FieldError(f"attributes.{fault.path}", fault.message) for fault in invalid.errors]
    if faults:
        raise InvalidFacts(tuple(faults))
