"""Reads the API's request bodies strictly: a wrong type, an odd length or an unsafe address is refused by field."""

import re
import secrets
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from providers.origin import origin_of
from providers.sandbox.service.charges import NewCharge
from providers.sandbox.service.errors import Refusal
from providers.sandbox.service.refunds import NewRefund
from providers.sandbox.service.subscriptions import NewSubscription

MAX_AMOUNT = 999_999_999_999
MAX_COUNT = 1000  # of intervals and of periods
UNITS = ("day", "week", "month", "year")
CODE = re.compile(r"[A-Za-z0-9_-]{1,100}")


def new_charge(body: Mapping[str, Any], account: str, key: str) -> NewCharge:
    """The charge that a request body asks for. Raises: Refusal 422 naming the field."""
    return NewCharge(
        id=f"ch_{secrets.token_hex(16)}",
        account=account,
        idempotency_key=key,
        reference=_code(body, "reference"),
        amount=_amount(body),
        currency=_code(body, "currency"),
        method=_code(body, "method"),
        merchant_reference=_text(body, "merchant_reference"),
        description=_text(body, "description"),
        return_url=_address(body, "return_url"),
        locale=_text(body, "locale") or "en",
        country=_text(body, "country") or None,
        strong_authentication=body.get("strong_authentication") is True,
        expires_at=_moment(body, "expires_at"),
        token=f"tok_{secrets.token_hex(16)}" if body.get("save_for_later") is True else None,
        by_token=_code(body, "token") if body.get("token") is not None else None,
    )


def new_refund(body: Mapping[str, Any], account: str, key: str) -> NewRefund:
    """The refund that a request body asks for. Raises: Refusal 422 naming the field."""
    return NewRefund(
        id=f"rf_{secrets.token_hex(16)}",
        account=account,
        idempotency_key=key,
        reference=_code(body, "reference"),
        charge_id=_code(body, "charge"),
        amount=_amount(body),
        currency=_code(body, "currency"),
        reason=_text(body, "reason"),
    )


def new_subscription(body: Mapping[str, Any], account: str, key: str) -> NewSubscription:
    """The subscription that a request body asks for. Raises: Refusal 422 naming the field."""
    return NewSubscription(
        id=f"sb_{secrets.token_hex(16)}",
        account=account,
        idempotency_key=key,
        reference=_code(body, "reference"),
        token=_code(body, "token"),
        method=_code(body, "method"),
        amount=_amount(body),
        currency=_code(body, "currency"),
        merchant_reference=_text(body, "merchant_reference"),
        description=_text(body, "description"),
        interval_unit=_one_of(body, "interval_unit", UNITS),
        interval_count=_number(body, "interval_count", MAX_COUNT),
        anchor_on=_day(body, "anchor_on"),
        timezone=_zone(body, "timezone"),
        first_number=_number(body, "first_number", MAX_AMOUNT),
        first_due_at=_moment(body, "first_due_at"),
        last_number=_number(body, "last_number", MAX_AMOUNT) if body.get("last_number") is not None else None,
    )


def adjustment(body: Mapping[str, Any]) -> tuple[int, float | None]:
    """The amount and the end (epoch seconds) that a subscription shall have. Raises: Refusal 422 naming the field."""
    if "ends_at" not in body:
        raise _wrong("ends_at", "an ISO 8601 time with its offset, or null")
    return _amount(body), _moment(body, "ends_at") if body["ends_at"] is not None else None


def _code(body: Mapping[str, Any], field: str) -> str:
    value = body.get(field)
    if not isinstance(value, str) or not CODE.fullmatch(value):
        raise _wrong(field, "1 to 100 letters, digits, _ or -")
    return value


def _amount(body: Mapping[str, Any]) -> int:
    return _number(body, "amount", MAX_AMOUNT)


def _number(body: Mapping[str, Any], field: str, most: int) -> int:
    value = body.get(field)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= most:
        unit = " of minor units" if field == "amount" else ""
        raise _wrong(field, f"a whole number{unit} from 1 to {most}")
    return value


def _one_of(body: Mapping[str, Any], field: str, words: tuple[str, ...]) -> str:
    value = body.get(field)
    if not isinstance(value, str) or value not in words:
        raise _wrong(field, f"one of {', '.join(words)}")
    return value


def _day(body: Mapping[str, Any], field: str) -> str:
    try:
        return date.fromisoformat(body[field]).isoformat()
    except (KeyError, TypeError, ValueError) as error:
        raise _wrong(field, "an ISO 8601 date") from error


def _zone(body: Mapping[str, Any], field: str) -> str:
    """The name of a time zone, e.g. Europe/Rome."""
    try:
        return ZoneInfo(body[field]).key
    except (KeyError, TypeError, ValueError, OSError, ZoneInfoNotFoundError) as error:
        raise _wrong(field, "the name of a time zone") from error


def _text(body: Mapping[str, Any], field: str) -> str:
    value = body.get(field)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > 500:
        raise _wrong(field, "text of at most 500 characters")
    return value


def _moment(body: Mapping[str, Any], field: str) -> float:
    """Epoch seconds of an ISO 8601 time with an offset."""
    try:
        moment = datetime.fromisoformat(body[field])
        if moment.utcoffset() is None:
            raise ValueError("no offset")
        return moment.timestamp()
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise _wrong(field, "an ISO 8601 time with its offset") from error


def _address(body: Mapping[str, Any], field: str) -> str:
    """An http or https address of a plain host: it ends up in a redirect and, by its origin, in a policy header."""
    value = body.get(field)
    if isinstance(value, str) and len(value) <= 2000 and value.isascii() and value.isprintable() and origin_of(value):
        return value
    raise _wrong(field, "an http or https address")


def _wrong(field: str, expected: str) -> Refusal:
    return Refusal(422, "invalid_request", f"{field} must be {expected}.")
