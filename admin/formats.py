"""How the backoffice writes things: money, moments, places, labels and statuses, in plain English."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from flask import current_app, g

from app.domain.methods import LABELS
from app.domain.money import DECIMALS, format_money
from app.domain.review import KINDS
from app.models import utc_now
from app.services import accounts

LOCALE = "en_GB"
COUNTRIES: dict[str, str] = dict(Locale.parse(LOCALE).territories)
CURRENCIES: dict[str, str] = {code: code for code in sorted(DECIMALS)}


@dataclass(frozen=True)
class Pill:
    """A status as people read it: `tone` is good, wait, bad, quiet or warn; `icon` a name in icons.html."""

    word: str
    tone: str
    icon: str


PILLS: dict[str, dict[str, Pill]] = {
    "payment": {
        "created": Pill("Created", "quiet", "circle"),
        "pending": Pill("Pending", "wait", "clock"),
        "paid": Pill("Paid", "good", "check"),
        "partially_refunded": Pill("Partly refunded", "quiet", "back"),
        "refunded": Pill("Refunded", "quiet", "back"),
        "failed": Pill("Failed", "bad", "cross"),
        "expired": Pill("Expired", "quiet", "expired"),
    },
    "message": {
        "waiting": Pill("Waiting", "wait", "clock"),
        "later": Pill("Tried again later", "warn", "clock"),
        "sent": Pill("Sent", "good", "check"),
        "kept": Pill("In the mailbox", "good", "check"),
        "given_up": Pill("Given up", "bad", "cross"),
    },
    "session": {
        "open": Pill("Open", "wait", "clock"),
        "completed": Pill("Completed", "good", "check"),
        "expired": Pill("Expired", "quiet", "expired"),
    },
    "attempt": {
        "started": Pill("Started", "wait", "clock"),
        "pending": Pill("Pending", "wait", "clock"),
        "unknown": Pill("Outcome unknown", "warn", "question"),
        "succeeded": Pill("Succeeded", "good", "check"),
        "failed": Pill("Failed", "bad", "cross"),
    },
    "payment_link": {
        "active": Pill("Active", "wait", "clock"),
        "completed": Pill("Paid", "good", "check"),
        "revoked": Pill("Revoked", "quiet", "cross"),
        "expired": Pill("Expired", "quiet", "expired"),
    },
    "refund": {
        "requested": Pill("Requested", "wait", "clock"),
        "pending": Pill("Under way", "wait", "clock"),
        "succeeded": Pill("Refunded", "good", "check"),
        "failed": Pill("Failed", "bad", "cross"),
    },
    "subscription": {
        "created": Pill("Not started", "quiet", "circle"),
        "active": Pill("Active", "good", "check"),
        "on_hold": Pill("On hold", "warn", "clock"),
        "cancelled": Pill("Cancelled", "quiet", "cross"),
        "expired": Pill("Finished", "quiet", "expired"),
        "aborted": Pill("Ended unpaid", "bad", "cross"),
    },
    "renewal": {
        "open": Pill("Due", "wait", "clock"),
        "paid": Pill("Paid", "good", "check"),
        "failed": Pill("Not collected", "bad", "cross"),
        "void": Pill("Not needed", "quiet", "circle"),
    },
    "delivery": {
        "waiting": Pill("Waiting", "wait", "clock"),
        "later": Pill("Tried again later", "warn", "clock"),
        "delivered": Pill("Delivered", "good", "check"),
        "given_up": Pill("Given up", "bad", "cross"),
    },
}
FAILURES = {
    "hard_decline": "Declined for good",
    "soft_decline": "Declined for now",
    "needs_customer": "Needs the customer",
    "customer_cancelled": "Cancelled by the customer",
    "expired": "Not paid in time",
    "technical": "Technical problem",
}
STAGES = {"awaiting_customer": "waiting for the customer", "processing": "the provider is still deciding"}
REVIEWED = KINDS  # the kinds of alerts that wait in the review queue
ALERTS = {
    "amount_mismatch": "Amounts differ",
    "messages_not_sent": "Messages do not leave",
    "charged_by_us": "A provider did not take it on",
    "charged_twice": "Charged twice",
    "empty_offer": "Nothing to offer",
    "ended_by_provider": "Ended by the provider",
    "link_overpaid": "Link paid too often",
    "nothing_stored": "Nothing stored to charge again",
    "outcome_unknown": "Outcome unknown",
    "paid_after_end": "Paid after its end",
    "reconciliation_breaks": "Books differ",
    "renewal_amount_differs": "Amount of a renewal differs",
    "renewal_needs_link": "A renewal waits for a link",
    "renewal_not_opened": "A renewal cannot be opened",
    "renewal_unexpected": "An unexpected renewal was charged",
    "renewals_wait": "Renewals wait for an account",
    "report_missing": "No report",
    "subscription_not_adjusted": "A change was not accepted",
    "subscription_unknown": "No answer about a subscription",
    "webhook_endpoint_disabled": "Webhook endpoint switched off",
    "refund_amount_differs": "Amount of a refund differs",
    "refund_contradicted": "A refund ended otherwise",
    "refund_unknown": "No answer about a refund",
}
SUBJECTS = {
    "payments": "payment",
    "payment_links": "payment_link",
    "checkout_sessions": "session",
    "payment_attempts": "attempt",
    "refunds": "refund",
    "subscriptions": "subscription",
    "renewals": "renewal",
}


def pill(kind: str, status: str) -> Pill:
    """Return how a status of a payment, session or attempt is shown."""
    return PILLS.get(kind, {}).get(status) or Pill(words(status), "quiet", "circle")


def words(key: str) -> str:
    """Return "Product categories" for product_categories."""
    return key.replace("_", " ").capitalize()


def money(amount: int, currency: str) -> str:
    """Return e.g. "€129.90" for (12990, "EUR")."""
    if currency not in DECIMALS:
        return f"{amount} {currency}"
    return format_money(amount, currency, LOCALE)


def count(number: int) -> str:
    """Return e.g. "12,400"."""
    return f"{number:,}"


def percent(fraction: float, digits: int = 1) -> str:
    """Return e.g. "62.5%" for 0.625."""
    return f"{100 * fraction:.{digits}f}%"


def zone() -> ZoneInfo:
    """Return the merchant's time zone."""
    return ZoneInfo(current_app.config["JUNCTION"].merchant_timezone)


def today() -> date:
    """Return the day it is in the merchant's zone."""
    return utc_now().astimezone(zone()).date()


def moment(at: datetime) -> str:
    """Return e.g. "22 Nov 2026, 10:38" in the merchant's zone."""
    return str(format_datetime(at, "d MMM y, HH:mm", tzinfo=zone(), locale=LOCALE))


def second(at: datetime) -> str:
    """Return a moment to the second, for timelines."""
    return str(format_datetime(at, "d MMM y, HH:mm:ss", tzinfo=zone(), locale=LOCALE))


def day(at: Any) -> str:
    """Return e.g. "22 Nov 2026" for a date."""
    return str(format_date(at, "d MMM y", locale=LOCALE))


def country(code: str | None) -> str:
    """Return a country's name, or its code when it has none."""
    return COUNTRIES.get(code, code) if isinstance(code, str) else ""


def language(code: str) -> str:
    """Return e.g. "Italian" for it, or "German (Austria)" for de-AT; a code that means nothing stays as it is."""
    try:
        return Locale.parse(code, sep="-" if "-" in code else "_").get_display_name(LOCALE) or code
    except (UnknownLocaleError, ValueError):
        return code


def method(key: str | None) -> str:
    """Return a payment method's label."""
    return LABELS.get(key, words(key)) if key else ""


def account_labels() -> dict[str, str]:
    """Return every provider account's label by its id, read once a request."""
    if "account_labels" not in g:
        g.account_labels = accounts.labels()
    labels: dict[str, str] = g.account_labels
    return labels


def account(key: str | None) -> str:
    """Return a provider account's label."""
    return account_labels().get(key, key) if key else ""


def actor(text: str) -> str:
    """Return who did something, in words."""
    kind, _, name = text.partition(":")
    match kind:
        case "provider":
            return f"{account(name)} (provider)"
        case "user":
            return name
        case "api":
            return "The shop, through the API"
        case "system":
            return "Junction"
        case _ if "@" in text:
            return text
        case _:
            return words(text)


def actors(names: Iterable[str]) -> str:
    """Return several who did something, in words."""
    return ", ".join(map(actor, names))


def short(identifier: str) -> str:
    """Return the end of an id: enough to tell two rows apart."""
    head, _, tail = identifier.partition("_")
    return f"{head}_…{tail[-6:]}" if tail else identifier


def environment() -> str:
    """Return which installation this is."""
    return words(current_app.config["JUNCTION"].environment)
