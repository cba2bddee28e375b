"""Asking a provider again: one back-off for whatever is open there, and when a person is asked to look as well.

Every attempt, refund and subscription that is pending or unknown is asked about for as long as it is open, also while a
person looks: the answer, when it comes, takes it out of the review queue by itself.
"""

from __future__ import annotations

from datetime import datetime, timedelta

SOONEST, LATEST = timedelta(seconds=10), timedelta(hours=1)

# How long a provider may leave us without an answer before a person is asked. Most outages end within a day. A charge
# whose outcome was never known cannot wait for that: until it is, its customer can pay by no other way.
REVIEW_AFTER = timedelta(days=1)
REVIEW_CHARGE_AFTER = timedelta(hours=1)


def next_check(since: datetime, now: datetime) -> datetime:
    """Return when to ask again about what is open `since` then: after a tenth of its age, in ten seconds to an hour."""
    return now + min(max((now - since) / 10, SOONEST), LATEST)
