"""The form for a new payment link: filled in from a payment that was not made, read strictly, faults by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from admin import formats
from admin.builder.typed import Mistyped, read_amount, read_number, shown_amount
from app.domain.ids import is_id, new_id
from app.domain.money import DECIMALS, MAX_AMOUNT
from app.models import CheckoutSession, Payment, db, utc_now
from app.services.payment_link_fields import LONGEST_LIFE, MOST_PAYMENTS, read_recipient
from app.services.payment_links import LIFE, NewLink
from rules.facts import COUNTRIES

TYPES = {"": "Not known", "consumer": "Consumer", "business": "Business"}
LOCALES = {"en": "English", "it": "Italian", "de": "German", "fr": "English, French notation"}
# What create() calls a field, and where it stands in this form.
FIELDS = {"deliver_to.email": "to", "deliver_to.phone": "to", "deliver_to": "to", "expires_at": "days"}
FIELDS |= {"max_payments": "max_payments", "terms_accepted": "terms"}


@dataclass(frozen=True)
class Read:
    """What the form says: a link to make, or what is wrong by field."""

    link: NewLink | None
    errors: dict[str, str]


def first_values(payment: Payment | None) -> dict[str, str]:
    """Return what the form begins with: nothing, or what a payment was for and whose it was."""
    values = {"currency": "EUR", "locale": "en", "days": str(LIFE.days), "max_payments": "1"}
    values["link_id"] = new_id("plink")  # made with the form, so that sending it twice makes one link
    if payment is None:
        return values
    session: CheckoutSession = payment.session
    customer = {key: str(session.customer.get(key) or "") for key in ("name", "country", "type")}
    return (
        values
        | customer
        | {
            "amount": shown_amount(payment.amount, payment.currency),
            "currency": payment.currency,
            "reference": payment.reference,
            "to": str(session.customer.get("email") or ""),
            "locale": session.locale,
            "like": payment.id,
        }
    )


def choices_of(values: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the options of the form's drop-downs; a language that only the payment had stays possible."""
    own = {values["locale"]: formats.language(values["locale"])} if values.get("locale") else {}
    countries = sorted(((code, formats.country(code)) for code in COUNTRIES), key=lambda pair: pair[1])
    return {
        "currency": formats.CURRENCIES,
        "country": {"": "Not known"} | dict(countries),
        "type": TYPES,
        "locale": own | LOCALES,
    }


def read(form: Mapping[str, str]) -> Read:
    """Read what was typed. What can only be told when the link is made is told then."""
    text = {
        key: form.get(key, "").strip() for key in ("to", "reference", "name", "currency", "country", "type", "locale")
    }
    errors: dict[str, str] = {}
    amount = _amount(form.get("amount", ""), text["currency"], errors)
    email, phone = _recipient(text["to"], errors)
    if not 0 < len(text["reference"]) <= 100 or not text["reference"].isprintable():
        errors["reference"] = "Give the order's number, or whatever names it, in at most 100 characters."
    if len(text["name"]) > 200 or not text["name"].isprintable():
        errors["name"] = "Write the name in at most 200 characters."
    choices = choices_of({})
    for key in ("country", "type", "locale"):
        if text[key] not in choices[key] and not (key == "locale" and _is_locale_of(form.get("like"), text[key])):
            errors[key] = "Choose one of the list."
    days = _number(form.get("days", ""), "days", LONGEST_LIFE.days, errors)
    most = _number(form.get("max_payments", ""), "max_payments", MOST_PAYMENTS, errors)
    if errors:
        return Read(None, errors)
    like = _session_like(form.get("like"))
    known = {**like.customer} if like is not None else {}
    known |= {key: text[key] for key in ("name", "country", "type") if text[key]} | ({"email": email} if email else {})
    same = like is not None and (like.amount, like.currency) == (amount, text["currency"])
    return Read(
        NewLink(
            amount=amount,
            currency=text["currency"],
            reference=text["reference"],
            customer={key: value for key, value in known.items() if value != ""},
            attributes=like.attributes if like is not None else {},
            items=like.items if like is not None and same else [],
            locale=text["locale"],
            success_url=like.success_url if like is not None else "",
            failure_url=like.failure_url if like is not None else "",
            email=email,
            phone=phone,
            max_payments=most,
            expires_at=utc_now() + timedelta(days=days),
            accept_terms=form.get("terms") == "yes",
        ),
        {},
    )


def id_in(form: Mapping[str, str]) -> str | None:
    """Return the id that the form's link has or will have; None when it names none."""
    given = form.get("link_id", "")
    return given if is_id("plink", given) else None


def _amount(text: str, currency: str, errors: dict[str, str]) -> int:
    if currency not in DECIMALS:
        errors["currency"] = "Choose the currency."
        return 0
    try:
        amount = read_amount(text, currency)
    except Mistyped as wrong:
        errors["amount"] = str(wrong)
        return 0
    if not 0 < amount <= MAX_AMOUNT:
        errors["amount"] = "Write an amount above zero."
    return amount


def _recipient(text: str, errors: dict[str, str]) -> tuple[str | None, str | None]:
    if not text:
        return None, None
    try:
        return read_recipient(text)
    except ValueError:
        errors["to"] = "Write an e-mail address, or a phone number with its country's code such as +39 333 1234567."
        return None, None


def _number(text: str, name: str, most: int, errors: dict[str, str]) -> int:
    try:
        number = read_number(text)
    except Mistyped as wrong:
        errors[name] = str(wrong)
        return 0
    if not 1 <= number <= most:
        errors[name] = f"Write a number from 1 to {formats.count(most)}."
    return number


def _session_like(payment_id: str | None) -> CheckoutSession | None:
    payment: Any = db.session.get(Payment, payment_id) if payment_id and len(payment_id) <= 40 else None
    return payment.session if payment is not None else None


def _is_locale_of(payment_id: str | None, locale: str) -> bool:
    like = _session_like(payment_id)
    return like is not None and like.locale == locale
