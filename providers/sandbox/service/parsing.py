"""Reads the API's request bodies strictly: a wrong type, an odd length or an unsafe address is refused by field."""

import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from providers.origin import origin_of
from providers.sandbox.service.charges import NewCharge
from providers.sandbox.service.errors import Refusal
from providers.sandbox.service.refunds import NewRefund

MAX_AMOUNT = 999_999_999_999
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


def _code(body: Mapping[str, Any], field: str) -> str:
    value = body.get(field)
    if not isinstance(value, str) or not CODE.fullmatch(value):
        raise _wrong(field, "1 to 100 letters, digits, _ or -")
    return value


def _amount(body: Mapping[str, Any]) -> int:
    value = body.get("amount")
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= MAX_AMOUNT:
        raise _wrong("amount", f"a whole number of minor units from 1 to {MAX_AMOUNT}")
    return value


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
