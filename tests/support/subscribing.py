"""Subscriptions driven through the services, and the clock that their renewals follow."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from app.models import CheckoutSession, Event, Job, Payment, PaymentAttempt, Renewal, Subscription, db, utc_now
from app.services import payments, sessions, subscription_clock, subscriptions, work
from app.services.sessions import NewSession
from app.services.subscriptions import NewSubscription
from app.services.transaction import transaction
from tests.support.flow import CUSTOMER, attempts_of, pay
from tests.support.sandbox import SandboxService

AMOUNT = 990


def checkout(**changes: Any) -> NewSession:
    """What a shop asks for the first payment of a membership over 9.90 EUR."""
    given: dict[str, Any] = {
        "amount": AMOUNT,
        "currency": "EUR",
        "reference": "membership-1001",
        "customer": CUSTOMER,
        "attributes": {"channel": "online"},
        "success_url": "https://shop.example.com/thanks",
        "failure_url": "https://shop.example.com/cart",
    }
    return NewSession(**(given | changes))


def created(unit: str = "month", **wanted: Any) -> CheckoutSession:
    """Create a subscription, charged by us unless told otherwise; its first checkout session."""
    wanted = {"collection": "manual"} | wanted
    return subscriptions.create(NewSubscription(interval_unit=unit, **wanted), checkout(), actor="tester")


def subscribed(sandbox: SandboxService, unit: str = "month", **wanted: Any) -> Subscription:
    """A subscription whose first payment was made at the sandbox, by card."""
    session = created(unit, **wanted)
    attempt = pay(session.id)
    sandbox.approve(attempt.redirect_url)
    payments.settle(attempt.id)
    return fresh(session.subscription_id)


def subscribed_there(sandbox: SandboxService, unit: str = "month", *, ago: int = 0, **wanted: Any) -> str:
    """An automatic subscription whose first payment was made, as if `ago` days before today; not yet synchronised."""
    session = created(unit, collection="automatic", **wanted)
    attempt = pay(session.id)
    sandbox.approve(attempt.redirect_url)
    payments.settle(attempt.id)
    with transaction():
        subscription = db.session.get_one(Subscription, session.subscription_id)
        subscription.anchor_on -= timedelta(days=ago)
        subscription.next_due_at -= timedelta(days=ago)
    return str(session.subscription_id)


def ask_provider(subscription_id: str) -> Subscription:
    """Let the clock find that the provider is to be asked, and the worker ask."""
    with transaction():
        now = update(Subscription).where(Subscription.id == subscription_id, Subscription.next_sync_at.is_not(None))
        db.session.execute(now.values(next_sync_at=utc_now() - timedelta(seconds=1)))
    turn()
    return fresh(subscription_id)


def fresh(subscription_id: str | None) -> Subscription:
    """The subscription as it is stored now."""
    db.session.rollback()
    return subscriptions.get(str(subscription_id))


def renewals_of(subscription_id: str) -> list[Renewal]:
    """Its renewals as they are stored now, in order of number."""
    db.session.rollback()
    query = select(Renewal).where(Renewal.subscription_id == subscription_id).order_by(Renewal.number)
    return list(db.session.scalars(query))


def tries_of(renewal: Renewal) -> list[PaymentAttempt]:
    """The attempts of a renewal, oldest first."""
    return attempts_of(renewal.session_id)


def paid_for(subscription_id: str) -> dict[int, int]:
    """What was collected for each period: {number: minor units}."""
    db.session.rollback()
    query = (
        select(Renewal.number, Payment.paid)
        .join(Payment, Payment.session_id == Renewal.session_id)
        .where(Renewal.subscription_id == subscription_id)
    )
    return {number: paid for number, paid in db.session.execute(query) if paid}


def token_charges(sandbox: SandboxService, subscription_id: str) -> list[dict[str, Any]]:
    """Every charge that the sandbox made by a stored token for a subscription's renewals, and took money with."""
    db.session.rollback()
    sessions_of = select(CheckoutSession.id).where(CheckoutSession.subscription_id == subscription_id)
    by_token = select(PaymentAttempt.id).where(
        PaymentAttempt.session_id.in_(sessions_of), PaymentAttempt.token_id.is_not(None)
    )
    ours = set(db.session.scalars(by_token))
    db.session.rollback()
    charges = [charge for name in ("north", "south") for charge in sandbox.ledger(name)["charges"]]
    return [charge for charge in charges if charge["reference"] in ours and charge["state"] == "succeeded"]


def told_of(*subject_ids: str) -> list[str]:
    """The kinds of events about these, in the order in which they were told."""
    db.session.rollback()
    query = select(Event.kind).where(Event.subject_id.in_(subject_ids)).order_by(Event.created_at, Event.id)
    return list(db.session.scalars(query))


def turn() -> None:
    """Let scheduler, relay and worker do what is due for subscriptions, until nothing more is."""
    subscription_clock.sweep()
    while ids := _due_jobs():
        for job_id in ids:
            work.run_job(job_id)
        subscription_clock.sweep()
    sessions.expire_overdue()
    subscription_clock.housekeep()


def turn_at(clock: Any, moment: datetime) -> None:
    """Set the clock to `moment` and let everything that is due then be done."""
    clock.move_to(moment)
    turn()


def _due_jobs() -> list[str]:
    with transaction():
        waiting = Job.done_at.is_(None), Job.quarantined_at.is_(None), Job.due_at <= utc_now()
        return list(db.session.scalars(select(Job.id).where(Job.kind.in_(subscription_clock.HANDLERS), *waiting)))
