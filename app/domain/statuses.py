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


S, P, A, R = SessionStatus, PaymentStatus, AttemptStatus, RefundStatus

# Money that arrives late is still money: an expired session completes, and a failed attempt whose provider
# later reports success is corrected. The other way round never happens.
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
    P.PARTIALLY_REFUNDED: frozenset({P.PARTIALLY_REFUNDED, P.REFUNDED}),
    P.REFUNDED: frozenset(),
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
    R.SUCCEEDED: frozenset(),
    R.FAILED: frozenset(),
}

LIVE_ATTEMPT = (A.STARTED, A.PENDING, A.UNKNOWN)  # may still take the customer's money
SETTLED_PAYMENT = (P.PAID, P.PARTIALLY_REFUNDED, P.REFUNDED)  # money was collected
