"""Single values out of Stripe's objects, strictly: what is not what it should be leaves the outcome unknown."""

import re
from datetime import UTC, datetime

import stripe

from providers.interface import OutcomeUnknown

ATTEMPT = "junction_attempt"  # our references, in the metadata of what Stripe keeps for us
REFUND = "junction_refund"
SUBSCRIPTION = "junction_subscription"
CLOSED = "junction_closed"  # a mark: the page was closed by us, it did not end by time

_ID = re.compile(r"[a-zA-Z0-9_]{1,255}")


def text(value: object) -> str:
    """A piece of text that can be stored. Raises: OutcomeUnknown."""
    if not isinstance(value, str) or not value.isprintable():
        raise OutcomeUnknown("Stripe's answer lacks a text")
    return value


def ident(value: object) -> str:
    """The id of an object of Stripe's. Raises: OutcomeUnknown."""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise OutcomeUnknown("Stripe's answer lacks an id")
    return value


def whole(value: object) -> int:
    """A whole number. Raises: OutcomeUnknown."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise OutcomeUnknown("Stripe's answer lacks a whole number")
    return value


def moment(value: object) -> datetime:
    """A time, which Stripe gives in seconds since 1970, in UTC. Raises: OutcomeUnknown."""
    try:
        return datetime.fromtimestamp(whole(value), tz=UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise OutcomeUnknown("Stripe's answer lacks a time") from error


def id_of(value: object) -> str | None:
    """The id of an object that may be expanded, or absent. Raises: OutcomeUnknown."""
    if value is None:
        return None
    return ident(value if isinstance(value, str) else getattr(value, "id", None))


def ours(metadata: stripe.StripeObject | None, key: str) -> str | None:
    """Our reference in an object's metadata, None when it has none."""
    value = metadata.to_dict().get(key) if isinstance(metadata, stripe.StripeObject) else None
    return value if isinstance(value, str) and value else None
