"""The review queue: which alerts wait for a decision about money, and the ways out of each."""

from __future__ import annotations

from enum import StrEnum


class Way(StrEnum):
    """What a person may do about an item; all but asking take a note."""

    ASK = "ask"  # ask the provider again now
    COLLECTED = "collected"  # the provider told them that the customer was charged
    NOT_COLLECTED = "not_collected"  # ... that nothing was collected, nor will be
    RETURNED = "returned"  # a wrong amount was given back at the provider
    GIVEN_BACK = "given_back"  # the provider told them that the refund was made
    NOT_GIVEN_BACK = "not_given_back"  # ... that it was not, nor will be
    REFUND = "refund"  # give the money back through the hub
    CLOSE = "close"  # nothing is left to do here


# Words of the provider's are taken only while it does not say otherwise itself, and only for what is still open.
WAYS: dict[str, tuple[Way, ...]] = {
    "outcome_unknown": (Way.ASK, Way.COLLECTED, Way.NOT_COLLECTED),
    "amount_mismatch": (Way.ASK, Way.RETURNED),
    "refund_unknown": (Way.ASK, Way.GIVEN_BACK, Way.NOT_GIVEN_BACK),
    "refund_contradicted": (Way.ASK, Way.CLOSE),
    "refund_amount_differs": (Way.ASK, Way.GIVEN_BACK, Way.NOT_GIVEN_BACK),
    "subscription_unknown": (Way.ASK,),
    "subscription_not_adjusted": (Way.ASK,),
    "charged_twice": (Way.REFUND, Way.CLOSE),
    "link_overpaid": (Way.REFUND, Way.CLOSE),
    "paid_after_end": (Way.CLOSE,),
    "renewal_amount_differs": (Way.ASK, Way.CLOSE),
    "renewal_unexpected": (Way.CLOSE,),
    "reconciliation_breaks": (),  # decided on the page of its day
    "report_missing": (),
}
KINDS = frozenset(WAYS)
NEEDS_REFERENCE = frozenset({Way.COLLECTED, Way.GIVEN_BACK})  # the provider's, without which nobody finds it again
