"""Every status and every move between them, as tables: a new status is one row here."""

from __future__ import annotations

from enum import StrEnum


class SessionStatus(StrEnum):
    OPEN = "open"
    COMPLETED = "completed"
    EXPIRED = "expired"


class PaymentStatus(StrEnum):
    CREATED = "created"
    PENDING = "pending"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    FAILED = "failed"
    EXPIRED = "expired"


class AttemptStatus(StrEnum):
    STARTED = "started"
    PENDING = "pending"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class RefundStatus(StrEnum):
    REQUESTED = "requested"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class SubscriptionStatus(StrEnum):
    CREATED = "created"  # its first payment is not made yet
    ACTIVE = "active"
    ON_HOLD = "on_hold"  # a renewal could not be collected and is being retried
    CANCELLED = "cancelled"
    EXPIRED = "expired"  # it reached its last payment or its end date, or was never paid for the first time
    ABORTED = "aborted"  # a renewal could not be collected, and the retries are over


class RenewalStatus(StrEnum):
    """One period of a subscription; the first is paid at the checkout."""

    OPEN = "open"  # due: being collected, or waiting for a retry or the customer
    PAID = "paid"
    FAILED = "failed"  # given up: nothing was collected for this period
    VOID = "void"  # its subscription ended before it was collected


class PaymentLinkStatus(StrEnum):
    ACTIVE = "active"
    COMPLETED = "completed"  # paid as often as it may be
    REVOKED = "revoked"
    EXPIRED = "expired"


S, P, A, R = SessionStatus, PaymentStatus, AttemptStatus, RefundStatus
U, N, L = SubscriptionStatus, RenewalStatus, PaymentLinkStatus

# Money that arrives late is still money: an expired session completes, and a failed attempt or refund whose provider
# later reports success is corrected. The other way round happens to refunds alone, when the customer's bank sends one
# back: the merchant has that money again, and the payment's refunds go down.
SESSION_MOVES: dict[StrEnum, frozenset[StrEnum]] = {
    S.OPEN: frozenset({S.COMPLETED, S.EXPIRED}),
    S.COMPLETED: frozenset(),
    S.EXPIRED: frozenset({S.COMPLETED}),
}
PAYMENT_MOVES: dict[StrEnum, frozenset[StrEnum]] = {
    P.CREATED: frozenset({P.PENDING, P.EXPIRED}),
    P.PENDING: frozenset({P.PAID, P.FAILED, P.EXPIRED}),
    P.FAILED: frozenset({P.PENDING, P.PAID, P.EXPIRED}),
    P.EXPIRED: frozenset({P.PENDING, P.PAID}),
    P.PAID: frozenset({P.PARTIALLY_REFUNDED, P.REFUNDED}),
    P.PARTIALLY_REFUNDED: frozenset({P.PARTIALLY_REFUNDED, P.REFUNDED, P.PAID}),
    P.REFUNDED: frozenset({P.PARTIALLY_REFUNDED, P.PAID}),
}
ATTEMPT_MOVES: dict[StrEnum, frozenset[StrEnum]] = {
    A.STARTED: frozenset({A.PENDING, A.UNKNOWN, A.SUCCEEDED, A.FAILED}),
    A.UNKNOWN: frozenset({A.PENDING, A.SUCCEEDED, A.FAILED}),
    A.PENDING: frozenset({A.SUCCEEDED, A.FAILED}),
    A.FAILED: frozenset({A.SUCCEEDED}),
    A.SUCCEEDED: frozenset(),
}
REFUND_MOVES: dict[StrEnum, frozenset[StrEnum]] = {
    R.REQUESTED: frozenset({R.PENDING, R.SUCCEEDED, R.FAILED}),
    R.PENDING: frozenset({R.SUCCEEDED, R.FAILED}),
    R.SUCCEEDED: frozenset({R.FAILED}),
    R.FAILED: frozenset({R.SUCCEEDED}),
}
# Money that arrives late is still money here too: a renewal that was given up is paid, and revives what it belongs to.
SUBSCRIPTION_MOVES: dict[StrEnum, frozenset[StrEnum]] = {
    U.CREATED: frozenset({U.ACTIVE, U.EXPIRED}),
    U.ACTIVE: frozenset({U.ON_HOLD, U.CANCELLED, U.EXPIRED, U.ABORTED}),
    U.ON_HOLD: frozenset({U.ACTIVE, U.CANCELLED, U.EXPIRED, U.ABORTED}),
    U.CANCELLED: frozenset(),
    U.EXPIRED: frozenset({U.ACTIVE}),
    U.ABORTED: frozenset({U.ACTIVE}),
}
RENEWAL_MOVES: dict[StrEnum, frozenset[StrEnum]] = {
    N.OPEN: frozenset({N.PAID, N.FAILED, N.VOID}),
    N.PAID: frozenset(),
    N.FAILED: frozenset({N.PAID}),
    N.VOID: frozenset({N.PAID}),
}
PAYMENT_LINK_MOVES: dict[StrEnum, frozenset[StrEnum]] = {
    L.ACTIVE: frozenset({L.COMPLETED, L.REVOKED, L.EXPIRED}),
    L.COMPLETED: frozenset(),
    L.REVOKED: frozenset({L.COMPLETED}),
    L.EXPIRED: frozenset({L.COMPLETED}),
}

LIVE_ATTEMPT = (A.STARTED, A.PENDING, A.UNKNOWN)  # may still take the customer's money
RUNNING_SUBSCRIPTION = (U.ACTIVE, U.ON_HOLD)  # renewals fall due
SETTLED_PAYMENT = (P.PAID, P.PARTIALLY_REFUNDED, P.REFUNDED)  # money was collected
