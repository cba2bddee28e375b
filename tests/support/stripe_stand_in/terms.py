"""The terms of a subscription: its price, when its first period ends, its anchor."""

from typing import Any

from tests.support.stripe_stand_in import amounts
from tests.support.stripe_stand_in.calendar import next_occurrence, period_start
from tests.support.stripe_stand_in.errors import StripeError, missing
from tests.support.stripe_stand_in.store import Books, Document, new_id

LONGEST = {"day": 3 * 365, "week": 156, "month": 36, "year": 3}
TWO_YEARS = 731 * 86_400


def first_period(books: Books, given: Document, recurring: Document) -> tuple[int, int, int | None]:
    """The anchor, the end of the first period, and the end of the trial if there is one. Raises: StripeError."""
    unit, count = recurring["interval"], recurring["interval_count"]
    natural = period_start(books.now, unit, count, 1)
    if "billing_cycle_anchor" in given and "billing_cycle_anchor_config" in given:
        raise StripeError("billing_cycle_anchor and billing_cycle_anchor_config are mutually exclusive.")
    if "trial_end" in given and given["trial_end"] != "now":
        trial = int(given["trial_end"])
        if trial <= books.now:
            raise StripeError("Invalid timestamp: must be an integer Unix timestamp in the future", param="trial_end")
        if trial > books.now + TWO_YEARS:
            raise StripeError("Invalid timestamp: can be no more than two years in the future", param="trial_end")
        if "billing_cycle_anchor" in given or "billing_cycle_anchor_config" in given:
            raise StripeError("This stand-in takes either trial_end or an anchor.", param="trial_end")
        return trial, trial, trial
    if "billing_cycle_anchor_config" in given:
        config = given["billing_cycle_anchor_config"]
        if unit not in ("month", "year"):
            raise StripeError(
                "billing_cycle_anchor_config is only valid with monthly and yearly intervals.",
                param="billing_cycle_anchor_config",
            )
        anchor = next_occurrence(books.now, config)
    elif "billing_cycle_anchor" in given:
        anchor = given["billing_cycle_anchor"]
        if anchor <= books.now:
            raise StripeError(
                "Invalid timestamp: must be an integer Unix timestamp in the future", param="billing_cycle_anchor"
            )
    else:
        return books.now, natural, None
    if anchor > natural:
        raise StripeError(
            f"billing_cycle_anchor cannot be later than next natural billing date ({natural}) for plan",
            param="billing_cycle_anchor",
        )
    if given.get("proration_behavior") != "none":
        raise StripeError("This stand-in does not prorate: say proration_behavior none.", param="proration_behavior")
    return anchor, anchor, None


def new_price(books: Books, given: Document, param: str) -> Document:
    """A recurring price made inline. Raises: StripeError."""
    if books.find(given["product"], "product") is None:
        raise missing("product", given["product"], f"{param}[product]", 400)
    if "unit_amount" not in given:
        raise StripeError("This stand-in needs unit_amount.", param=f"{param}[unit_amount]")
    recurring = {"interval_count": 1, **given["recurring"]}
    if not 1 <= recurring["interval_count"] <= LONGEST[recurring["interval"]]:
        raise StripeError(
            "Price's billing interval must be between one day and three years.",
            param=f"{param}[recurring][interval_count]",
        )
    currency = given["currency"].lower()
    amounts.check(given["unit_amount"], currency, f"{param}[unit_amount]", least=False)
    return books.add(
        {
            "id": new_id("price"),
            "object": "price",
            "active": False,
            "billing_scheme": "per_unit",
            "created": books.now,
            "currency": currency,
            "livemode": books.live,
            "lookup_key": None,
            "metadata": {},
            "nickname": None,
            "product": given["product"],
            "recurring": {**recurring, "meter": None, "usage_type": "licensed"},
            "tax_behavior": "unspecified",
            "type": "recurring",
            "unit_amount": given["unit_amount"],
            "unit_amount_decimal": str(given["unit_amount"]),
        }
    )


def moment(books: Books, given: Document, name: str) -> int | None:
    """A time yet to come, or None. Raises: StripeError."""
    value: Any = given.get(name) or None
    if value is None:
        return None
    if not isinstance(value, int):
        raise StripeError(f"This stand-in takes {name} as a timestamp.", param=name)
    if value <= books.now:
        raise StripeError("Invalid timestamp: must be an integer Unix timestamp in the future", param=name)
    return value
