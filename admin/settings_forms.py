"""The forms of the settings: read from what people type, written back as they typed it, and said in a sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

from admin import formats
from admin.builder.typed import Mistyped, read_amount, read_number, shown_amount, split_list
from app.services.errors import FieldsRefused
from app.services.refund_settings import RefundSettings
from app.services.renewal_settings import RenewalSettings
from providers.interface import FailureKind

RETRIES: dict[str, tuple[str, str]] = {
    FailureKind.SOFT_DECLINE: ("Declined for now", "The bank said no this time: too little money, a limit, a check."),
    FailureKind.TECHNICAL: ("Technical problem", "The provider could not do it. Nobody said no."),
    FailureKind.NEEDS_CUSTOMER: (
        "Needs the customer",
        "The bank wants the customer to confirm it, which they can do only on a payment page.",
    ),
    FailureKind.HARD_DECLINE: (
        "Declined for good",
        "The card is lost, closed or wrong. Trying it again does not help, and card schemes may fine it.",
    ),
}
SPARE_ROWS = 2  # empty rows for further currencies
MOST_ROWS = 40
_WAIT = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,4})?) ?(h|hours?|d|days?)?", re.ASCII)
Typed = Mapping[str, str]


def read_waits(text: str) -> tuple[float, ...]:
    """Return days: (1.0, 3.0) for "1, 3" and (0.25, 1.0) for "6 h, 1". Raises Mistyped."""
    days = []
    for part in split_list(text):
        found = _WAIT.fullmatch(part.lower())
        if found is None:
            raise Mistyped(f"“{part[:20]}” cannot be read. Write days, or hours with h, as in: 6 h, 1, 3, 5.")
        wait = Fraction(found[1])
        days.append(round(float(wait / 24 if (found[2] or "d").startswith("h") else wait), 4))
    return tuple(days)


def shown_waits(days: Sequence[float]) -> str:
    """Return what `read_waits` reads back, e.g. "1 h, 6 h, 1, 2"."""
    return ", ".join(f"{wait * 24:.0f} h" if wait < 1 else f"{wait:g}" for wait in days)


def meaning(kind: str, settings: RenewalSettings) -> str:
    """Return what the schedule of a kind of failure means for the customer and the subscription."""
    days, to_pay = settings.retries.get(kind, ()), _days(settings.days_to_pay)
    at_last = f"the customer gets a link and has {to_pay} to pay by it; then the subscription ends."
    if not days:
        return f"Not tried again: {at_last if settings.link_after_failure else 'the subscription ends.'}"
    tried = f"Tried again {_after(days)} after the first failure"
    if not settings.link_after_failure:
        return f"{tried}. When none of them works, the subscription ends."
    if kind == FailureKind.TECHNICAL:  # nothing that the customer could do about it
        return f"{tried}. When none of them works, {at_last}"
    return (
        f"{tried}; meanwhile the customer can pay by a link. When none of them works, they have {to_pay} more "
        "to pay by it; then the subscription ends."
    )


def renewal_fields(settings: RenewalSettings) -> dict[str, str]:
    """Return the fields of the form of renewals."""
    return {f"retries.{kind}": shown_waits(settings.retries.get(kind, ())) for kind in RETRIES} | {
        "link_after_failure": "on" if settings.link_after_failure else "",
        "days_to_pay": str(settings.days_to_pay),
        "ending_soon_days": str(settings.ending_soon_days),
    }


def read_renewals(typed: Typed) -> RenewalSettings:
    """Read the form of renewals. Raises FieldsRefused."""
    errors: dict[str, str] = {}
    retries: dict[str, tuple[float, ...]] = {}
    for kind in RETRIES:
        try:
            retries[str(kind)] = read_waits(typed.get(f"retries.{kind}", ""))
        except Mistyped as mistyped:
            errors[f"retries.{kind}"] = str(mistyped)
    numbers = {}
    for name in ("days_to_pay", "ending_soon_days"):
        try:
            numbers[name] = read_number(typed.get(name, ""))
        except Mistyped as mistyped:
            errors[name] = str(mistyped)
    if errors:
        raise FieldsRefused(errors)
    return RenewalSettings(retries=retries, link_after_failure=typed.get("link_after_failure") == "on", **numbers)


def refund_rows(settings: RefundSettings) -> list[dict[str, str]]:
    """Return the rows of the form of refunds: those that are set, and some to add."""
    rows = [
        {"currency": currency, "amount": shown_amount(amount, currency)}
        for currency, amount in sorted(settings.approval_above.items())
    ]
    return rows + [{"currency": "", "amount": ""}] * SPARE_ROWS


def posted_rows(typed: Typed) -> list[dict[str, str]]:
    """Return the rows of the form of refunds as they were posted."""
    numbers = [number for number in range(MOST_ROWS) if f"currency-{number}" in typed]
    return [{"currency": typed[f"currency-{n}"], "amount": typed.get(f"amount-{n}", "")} for n in numbers]


def read_refunds(rows: Sequence[Mapping[str, str]]) -> RefundSettings:
    """Read the rows of the form of refunds; an amount left empty takes its currency away. Raises FieldsRefused."""
    errors: dict[str, str] = {}
    above: dict[str, int] = {}
    for number, row in enumerate(rows):
        currency, amount = row["currency"], row["amount"].strip()
        if not amount:
            continue
        if currency not in formats.CURRENCIES:
            errors[f"currency-{number}"] = "Choose the currency of this amount."
        elif currency in above:
            errors[f"currency-{number}"] = f"{currency} stands here twice: keep one amount."
        else:
            try:
                above[currency] = read_amount(amount, currency)
            except Mistyped as mistyped:
                errors[f"amount-{number}"] = str(mistyped)
    if errors:
        raise FieldsRefused(errors)
    return RefundSettings(above)


def refunds_meaning(settings: RefundSettings) -> str:
    """Return what the thresholds mean."""
    if not settings.approval_above:
        return "No refund needs a second person."
    limits = [formats.money(amount, currency) for currency, amount in sorted(settings.approval_above.items())]
    return (
        f"Giving back more than {_listed(limits, 'or')} of one payment, at once or in parts, waits until somebody "
        "other than the person who asked for it approves it."
    )


def _after(days: Sequence[float]) -> str:
    hours = [f"{wait * 24:.0f}" for wait in days if wait < 1]
    whole = [f"{wait:g}" for wait in days if wait >= 1]
    parts = []
    if hours:
        parts.append(f"{_listed(hours)} {'hour' if hours == ['1'] else 'hours'}")
    if whole:
        parts.append(f"{_listed(whole)} {'day' if whole == ['1'] else 'days'}")
    return ", then ".join(parts)


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _listed(words: Sequence[str], last: str = "and") -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"
