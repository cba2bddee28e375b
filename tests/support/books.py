"""A provider's books for tests: what its report says is what the test puts into them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from app.domain.statuses import AttemptStatus, PaymentStatus, RefundStatus
from app.models import Payment, PaymentAttempt, Refund
from providers import registry
from providers.interface import AccountConfig, Capabilities, OutcomeUnknown
from providers.truths import ReportLine
from tests.support.rows import AMOUNT, attempt_row, payment_row, refund_row

ACCOUNT = "sandbox_north"
DAY = datetime.now(UTC).date() - timedelta(days=1)  # over, and not long past
NOON = datetime.combine(DAY, time(12), tzinfo=UTC)


class Books:
    """The lines of each day, for every account; `silent` makes the provider give no report."""

    def __init__(self) -> None:
        self.lines: list[ReportLine] = []
        self.silent = False
        self.asked: list[date] = []

    def report(self, account: AccountConfig, day: date) -> tuple[ReportLine, ...]:
        """What the provider's verb answers."""
        self.asked.append(day)
        if self.silent:
            raise OutcomeUnknown("nobody answers")
        return tuple(line for line in self.lines if line.at.date() == day) if account.id == ACCOUNT else ()

    def book(self, row: PaymentAttempt | Refund, **changes: Any) -> ReportLine:
        """Add the line that agrees with an attempt or a refund, but for `changes`."""
        charge = isinstance(row, PaymentAttempt)
        line = ReportLine(
            kind="charge" if charge else "refund",
            provider_reference=row.provider_reference or f"{row.id}_there",
            reference=row.id,
            state="succeeded",
            amount=row.payment.amount if charge else row.amount,
            currency=row.payment.currency,
            at=row.ended_at or NOON,
        )
        self.lines.append(replace(line, **changes))
        return self.lines[-1]


@pytest.fixture
def books(monkeypatch: pytest.MonkeyPatch) -> Books:
    """The books of the sandbox's accounts, in place of those it keeps."""
    made = Books()
    provider = registry.get("sandbox")
    can: Callable[[AccountConfig], Capabilities] = provider.capabilities
    monkeypatch.setattr(provider, "report", made.report, raising=False)
    monkeypatch.setattr(provider, "capabilities", lambda account: replace(can(account), reports=True))
    return made


def collected(at: datetime = NOON, **columns: Any) -> PaymentAttempt:
    """A charge that succeeded at that moment, by our clock."""
    payment: Payment = payment_row(status=PaymentStatus.PAID, account_id=ACCOUNT)
    given: dict[str, Any] = {"status": AttemptStatus.SUCCEEDED, "started_at": at - timedelta(minutes=2), "ended_at": at}
    attempt: PaymentAttempt = attempt_row(payment, **given | columns)
    attempt.provider_reference = attempt.provider_reference or f"ch_{attempt.id}"
    return attempt


def given_back(at: datetime = NOON, amount: int = AMOUNT) -> Refund:
    """A refund that succeeded at that moment."""
    payment = payment_row(status=PaymentStatus.PAID, account_id=ACCOUNT)
    refund: Refund = refund_row(payment, status=RefundStatus.SUCCEEDED, ended_at=at, created_at=at, amount=amount)
    return refund
