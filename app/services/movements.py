"""Our side of a comparison: the charges and refunds of one account, read in a few queries however long the report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, Select, func, literal, select

from app.domain.ids import is_id
from app.domain.statuses import AttemptStatus, RefundStatus
from app.models import Payment, PaymentAttempt, Refund, db, utc_now
from app.services.comparison import Movement
from providers.truths import ReportLine

CHARGE, REFUND = "charge", "refund"
CHUNK = 500  # values in one IN

Rows = Select[*tuple[Any, ...]]


def of_report(account_id: str, day: date, lines: Sequence[ReportLine]) -> list[Movement]:
    """Return every movement of the account that succeeded on `day` (in UTC, by our clock) or that a line names.

    Lines name by our id, else by the provider's reference: a renewal that the provider charged by itself has no other.
    """
    begin, end = bounds(day)
    on_day = (
        _attempts(account_id).where(
            PaymentAttempt.status == AttemptStatus.SUCCEEDED,
            PaymentAttempt.ended_at >= begin,
            PaymentAttempt.ended_at < end,
        ),
        _refunds(account_id).where(
            Refund.status == RefundStatus.SUCCEEDED, Refund.ended_at >= begin, Refund.ended_at < end
        ),
    )
    found = {row.id: _movement(row, begin, end) for query in on_day for row in db.session.execute(query)}
    for kind, prefix, query, our_id, their_reference in (
        (CHARGE, "att", _attempts(account_id), PaymentAttempt.id, PaymentAttempt.provider_reference),
        (REFUND, "re", _refunds(account_id), Refund.id, Refund.provider_reference),
    ):
        named = [line for line in lines if line.kind == kind]
        ours = {line.reference for line in named if line.reference and is_id(prefix, line.reference)}
        for row in _rows(query, our_id, ours - found.keys()):
            found[row.id] = _movement(row, begin, end)
        theirs = {line.provider_reference for line in named if line.reference not in found}
        for row in _rows(query, their_reference, theirs):
            found[row.id] = _movement(row, begin, end)
    return list(found.values())


def of_id(kind: str, movement_id: str) -> Movement | None:
    """Return one movement as it is now, whichever its account; `on_day` says nothing of it."""
    if kind == CHARGE:
        query = _all_attempts().where(PaymentAttempt.id == movement_id)
    else:
        query = _all_refunds().where(Refund.id == movement_id)
    row = db.session.execute(query).first()
    return _movement(row, utc_now(), utc_now()) if row is not None else None


def bounds(day: date) -> tuple[datetime, datetime]:
    """Return the first moment of a day in UTC and the first of the next."""
    begin = datetime.combine(day, time(), tzinfo=UTC)
    return begin, begin + timedelta(days=1)


def _attempts(account_id: str) -> Rows:
    return _all_attempts().where(PaymentAttempt.account_id == account_id)


def _refunds(account_id: str) -> Rows:
    return _all_refunds().where(func.coalesce(PaymentAttempt.account_id, Payment.account_id) == account_id)


def _all_attempts() -> Rows:
    return select(
        literal(CHARGE).label("kind"),
        PaymentAttempt.id,
        PaymentAttempt.payment_id,
        PaymentAttempt.provider_reference,
        PaymentAttempt.status,
        Payment.amount,
        Payment.currency,
        PaymentAttempt.ended_at,
    ).join(Payment, Payment.id == PaymentAttempt.payment_id)


def _all_refunds() -> Rows:
    rows = select(
        literal(REFUND).label("kind"),
        Refund.id,
        Refund.payment_id,
        Refund.provider_reference,
        Refund.status,
        Refund.amount,
        Payment.currency,
        Refund.ended_at,
    )
    by_payment = rows.join(Payment, Payment.id == Refund.payment_id)
    return by_payment.outerjoin(PaymentAttempt, PaymentAttempt.id == Refund.attempt_id)  # of a second charge


def _rows(query: Rows, column: Any, values: set[str]) -> Iterator[Row[*tuple[Any, ...]]]:
    wanted = sorted(values)
    for start in range(0, len(wanted), CHUNK):
        yield from db.session.execute(query.where(column.in_(wanted[start : start + CHUNK])))


def _movement(row: Row[*tuple[Any, ...]], begin: datetime, end: datetime) -> Movement:
    return Movement(
        kind=row.kind,
        id=row.id,
        payment_id=row.payment_id,
        provider_reference=row.provider_reference,
        status=row.status,
        amount=row.amount,
        currency=row.currency,
        at=row.ended_at,
        on_day=row.ended_at is not None and begin <= row.ended_at < end,
    )
