"""What a payment link may ask for: to whom it goes, how long it lives, how often it may be paid."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from app.models import utc_now
from app.services.errors import FieldsRefused

LONGEST_LIFE = timedelta(days=90)
SHORTEST_LIFE = timedelta(minutes=5)
MOST_PAYMENTS = 10_000
_EMAIL = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\".]+")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_SPACERS = re.compile(r"[\s()./\u2010-\u2015-]")


def check(
    email: str | None, phone: str | None, max_payments: int, accept_terms: bool, expires_at: datetime | None
) -> None:
    """Refuse what a link cannot be. Raises FieldsRefused, its keys as in the API."""
    faults: dict[str, str] = {}
    if email and phone:
        faults["deliver_to"] = "Give an e-mail address or a phone number, not both."
    if email and not is_email(email):
        faults["deliver_to.email"] = "Must be an e-mail address such as ada@example.com."
    if phone and not _PHONE.fullmatch(phone):
        faults["deliver_to.phone"] = "Must be a phone number with its country's code, such as +393331234567."
    if not 1 <= max_payments <= MOST_PAYMENTS:
        faults["max_payments"] = f"Must be from 1 to {MOST_PAYMENTS}."
    elif accept_terms and max_payments > 1:
        faults["terms_accepted"] = "Several people may pay by this link: each accepts the terms on the payment page."
    now = utc_now()
    if expires_at is not None and not now + SHORTEST_LIFE <= expires_at <= now + LONGEST_LIFE:
        minutes, days = SHORTEST_LIFE.seconds // 60, LONGEST_LIFE.days
        faults["expires_at"] = f"Must be {minutes} minutes from now at least, and {days} days at most."
    if faults:
        raise FieldsRefused(faults)


def is_email(text: str) -> bool:
    """Tell whether `text` is one address that a message can be sent to."""
    return len(text) <= 254 and text.isprintable() and _EMAIL.fullmatch(text) is not None


def read_recipient(text: str) -> tuple[str | None, str | None]:
    """Return what a person typed as (e-mail address, None) or (None, phone number in E.164).

    Blanks and dashes in a number are left out, and 00 in front is +. Raises ValueError for what is neither.
    """
    text = text.strip()
    if "@" in text:
        if is_email(text):
            return text, None
        raise ValueError(text)
    number = re.sub(r"^00", "+", _SPACERS.sub("", text))
    if _PHONE.fullmatch(number):
        return None, number
    raise ValueError(text)


def masked(email: str | None, phone: str | None) -> str:
    """Return a recipient so that its owner knows it and nobody else learns it: "a•••@example.com", "+39 ••• 67"."""
    if email:
        name, _, domain = email.partition("@")
        return f"{name[:1]}•••@{domain}"
    return f"{phone[:3]} ••• {phone[-2:]}" if phone else ""
