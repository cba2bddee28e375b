"""Payments driven through the services, for tests that look at the money rather than at pages."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from app.models import Alert, CheckoutSession, Job, PaymentAttempt, ProviderAccount, StatusChange, db, utc_now
from app.services import decisions, payments, sessions, work
from app.services.attempts import FIRST_CHECK
from app.services.transaction import transaction
from providers.interface import Charge, ChargeStage, ChargeState, Failure, FailureKind
from rules import Decision
from tests.support.sandbox import SandboxService

CUSTOMER = {"email": "ada@example.com", "name": "Ada Rossi", "country": "IT", "type": "consumer"}
DECLINED = Failure(FailureKind.SOFT_DECLINE, "insufficient_funds", "Not enough money.")


def open_session(**changes: Any) -> CheckoutSession:
    """Open a session of an Italian consumer over 129.90 EUR; `changes` are fields of NewSession."""
    given: dict[str, Any] = {
        "amount": 12990,
        "currency": "EUR",
        "reference": "order-1001",
        "customer": CUSTOMER,
        "locale": "it",
        "attributes": {"channel": "online", "product_categories": ["physical"]},
        "success_url": "https://shop.example.com/thanks",
        "failure_url": "https://shop.example.com/cart",
    }
    return sessions.open_session(sessions.NewSession(**(given | changes)), actor="tester")


def offer(session: CheckoutSession) -> Decision:
    """The session's current decision."""
    with transaction():
        return decisions.outcome_of(decisions.current_decision(session))


def pay(session_id: str, method: str = "card") -> PaymentAttempt:
    """Pay by `method`, terms accepted."""
    return payments.pay(session_id, method=method, accept_terms=True, actor="customer")


def told(attempt: PaymentAttempt, state: ChargeState, **changes: object) -> Charge:
    """What a provider might say about the attempt's charge."""
    charge = Charge(
        provider_reference="ch_1",
        attempt_id=attempt.id,
        state=state,
        amount=12990,
        currency="EUR",
        failure=DECLINED if state is ChargeState.FAILED else None,
        stage=ChargeStage.PROCESSING if state is ChargeState.PENDING else None,
    )
    return replace(charge, **changes)  # type: ignore[arg-type]  # each test names fields of Charge


def ledger_of(sandbox: SandboxService, session_id: str) -> list[dict[str, Any]]:
    """Every charge that the sandbox knows for a session's attempts, in both of its accounts."""
    ours = set(db.session.scalars(select(PaymentAttempt.id).where(PaymentAttempt.session_id == session_id)))
    db.session.rollback()
    charges = [charge for name in ("north", "south") for charge in sandbox.ledger(name)["charges"]]
    return [charge for charge in charges if charge["reference"] in ours]


def attempts_of(session_id: str) -> list[PaymentAttempt]:
    """The session's attempts as they are stored now, oldest first."""
    db.session.rollback()
    query = select(PaymentAttempt).where(PaymentAttempt.session_id == session_id)
    return list(db.session.scalars(query.order_by(PaymentAttempt.started_at, PaymentAttempt.id)))


def alerts(kind: str) -> list[Alert]:
    """The open alerts of one kind."""
    db.session.rollback()
    return list(db.session.scalars(select(Alert).where(Alert.kind == kind, Alert.resolved_at.is_(None))))


def moves_of(subject_id: str) -> list[tuple[str | None, str]]:
    """The history of one row: (from, to) of each move."""
    db.session.rollback()
    query = select(StatusChange).where(StatusChange.subject_id == subject_id).order_by(StatusChange.id)
    return [(row.from_status, row.to_status) for row in db.session.scalars(query)]


def let_time_pass(session_id: str) -> None:
    """Put the session's end into the past."""
    with transaction():
        past = utc_now() - timedelta(seconds=1)
        db.session.execute(update(CheckoutSession).where(CheckoutSession.id == session_id).values(expires_at=past))


def let_call_end(attempt_id: str) -> None:
    """Put an attempt's start so far back that its first call can no longer be under way."""
    with transaction():
        started = PaymentAttempt.id == attempt_id
        past = utc_now() - 2 * FIRST_CHECK
        db.session.execute(update(PaymentAttempt).where(started).values(started_at=past))


def make_due(attempt_id: str) -> None:
    """Let the sweeper's next look at an attempt be due."""
    with transaction():
        past = utc_now() - timedelta(seconds=1)
        db.session.execute(update(PaymentAttempt).where(PaymentAttempt.id == attempt_id).values(next_check_at=past))


def run_jobs() -> int:
    """Do every job that waits, as relay and worker would; how many that were."""
    with transaction():
        waiting = list(db.session.scalars(select(Job.id).where(Job.done_at.is_(None), Job.quarantined_at.is_(None))))
    for job_id in waiting:
        work.run_job(job_id)
    return len(waiting)


def point_account(account_id: str, base_url: str) -> None:
    """Let a sandbox account be reached at another address."""
    with transaction():
        account = db.session.get(ProviderAccount, account_id)
        account.settings = {**account.settings, "base_url": base_url}
