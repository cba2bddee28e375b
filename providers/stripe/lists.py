"""Stripe's lists, page after page but not for ever: they show at once what was made, searching lags behind."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import TypeVar

import stripe

from providers.interface import OutcomeUnknown, Trace

T = TypeVar("T", bound=stripe.StripeObject)

PAGE = 100  # objects, the most that Stripe gives at once
MOST, LONGEST = 200 * PAGE, 60.0  # objects and seconds
CREATABLE = timedelta(hours=1)  # after it was first asked for, no charge is made any more; see charges.py
CLOCKS = timedelta(minutes=5)  # by which Stripe's and ours may differ


def every(first: stripe.ListObject[T]) -> Iterator[T]:
    """All objects of a list whose first page this is, newest first. Raises: OutcomeUnknown when it is too long."""
    until = time.monotonic() + LONGEST
    for number, item in enumerate(first.auto_paging_iter()):
        if number == MOST or time.monotonic() > until:
            raise OutcomeUnknown("Stripe's list has no end")
        yield item


def span(trace: Trace) -> tuple[int, int] | None:
    """The first and the last second, since 1970, in which a charge was made; None when it is not known when."""
    if trace.asked_at is None:
        return None
    first_at, last_at = trace.asked_at - CLOCKS, trace.asked_at + CREATABLE + CLOCKS
    return int(first_at.timestamp()), int(last_at.timestamp())
