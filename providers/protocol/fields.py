"""Strict readers of single fields: each returns what it names, or raises TypeError, ValueError or OverflowError."""

import re
from datetime import UTC, datetime
from typing import Any

from providers.interface import Failure, FailureKind

LONGEST_ID = 255  # characters
MOST_MONEY = 10**15  # minor units; what is beyond is no amount, and no database would hold it
MOST_PERIODS = 100_000
CURRENCY = re.compile(r"[A-Z]{3}")


def text(value: Any) -> str:
    """Text that can be stored: without half surrogate pairs and NUL."""
    if not isinstance(value, str):
        raise TypeError("expected text")
    value.encode()  # half of a surrogate pair is no text
    if "\0" in value:
        raise ValueError("expected readable text")
    return value


def name(value: Any) -> str:
    """An id, or another name of 1 to 255 characters."""
    if not 0 < len(text(value)) <= LONGEST_ID:
        raise ValueError("expected a name")
    return str(value)


def integer(value: Any) -> int:
    """A whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("expected a whole number")
    return value


def amount(value: Any) -> int:
    """Minor units, as the provider says them, right or wrong."""
    if abs(integer(value)) > MOST_MONEY:
        raise ValueError("expected an amount")
    return int(value)


def period(value: Any) -> int:
    """The number of a period, from 1."""
    if not 1 <= integer(value) <= MOST_PERIODS:
        raise ValueError("expected the number of a period")
    return int(value)


def currency(value: Any) -> str:
    """Three capital letters."""
    if not CURRENCY.fullmatch(text(value)):
        raise ValueError("expected a currency")
    return str(value)


def moment(value: Any) -> datetime:
    """A time with its offset, in UTC."""
    read = datetime.fromisoformat(text(value))
    if read.tzinfo is None:
        raise ValueError("expected a time with its offset")
    return read.astimezone(UTC)


def moment_or_none(value: Any) -> datetime | None:
    """A time, or None."""
    return None if value is None else moment(value)


def failure(value: Any) -> Failure:
    """`kind`, `code` and `message` of a failure."""
    return Failure(FailureKind(value["kind"]), text(value["code"]), text(value["message"]))
