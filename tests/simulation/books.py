"""The hub's books held against the sandbox's and against a plain calendar, period by period and to the last cent."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from app.domain.statuses import LIVE_ATTEMPT, RenewalStatus, SubscriptionStatus
from app.models import (
    Alert,
    Job,
    Payment,
    PaymentAttempt,
    ReconciliationBreak,
    ReconciliationRun,
    Renewal,
    StatusChange,
    Subscription,
    db,
)
from tests.simulation.plain_calendar import due_dates
from tests.simulation.world import World

UNHEARD = timedelta(days=5)  # the longest downtime, and a day to hear of the change after it


@dataclass
class Audit:
    """What was found: `wrong` is a list of sentences, empty when all is well; `counts` what became of the periods."""

    wrong: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    alerts: Counter[str] = field(default_factory=Counter)
    totals: dict[str, int] = field(default_factory=dict)


def audit(world: World, amounts: dict[str, list[tuple[datetime, int]]]) -> Audit:
    """Compare everything, once all has come to rest."""
    found = Audit()
    with world.app.app_context():
        charged = _charges(world)
        for subscription in db.session.scalars(select(Subscription)):
            _look_at(subscription, world, charged, amounts[subscription.id], found)
        _nothing_stuck(found)
        _reconciled(found)
        _sums(world, found)
        found.alerts = Counter(db.session.scalars(select(Alert.kind)))
    for row in world.read("SELECT reference FROM charges WHERE status = 'succeeded'"):
        if charged.get(row["reference"], "") is not None:
            found.wrong.append(f"the sandbox collected {row['reference']}, and no payment of ours knows of it")
    return found


def _charges(world: World) -> dict[str, int | None]:
    """The amount of each charge that the sandbox collected, by its reference; None once a period has claimed it."""
    rows = world.read("SELECT reference, amount FROM charges WHERE status = 'succeeded'")
    return {row["reference"]: row["amount"] for row in rows}


def _look_at(
    subscription: Subscription,
    world: World,
    charged: dict[str, int | None],
    amounts: list[tuple[datetime, int]],
    found: Audit,
) -> None:
    name = f"{subscription.reference} ({subscription.id}, {subscription.status}, {subscription.collection})"
    assert subscription.anchor_on is not None, f"{name} never began"
    agreed = due_dates(
        subscription.anchor_on,
        subscription.interval_unit,
        subscription.interval_count,
        subscription.timezone,
        until=world.now,
        total=subscription.total_payments,
        ends_on=subscription.ends_on,
    )
    until = subscription.ended_at or world.now
    expected = {number: moment for number, moment in agreed.items() if moment <= until}
    if subscription.status == SubscriptionStatus.CANCELLED and subscription.cancel_at is not None:
        expected = {number: moment for number, moment in expected.items() if moment < subscription.cancel_at}
    renewals = {renewal.number: renewal for renewal in subscription.renewals}
    for number, renewal in renewals.items():
        _look_at_period(name, renewal, charged, world, found)
        if number > 1:
            if number not in expected and renewal.due_at == agreed.get(number) and _is_reported(renewal):
                found.counts["periods charged by a provider that could not be told of the end"] += 1
            elif renewal.due_at != expected.get(number):
                found.wrong.append(f"{name}: period {number} is due {renewal.due_at}, not {expected.get(number)}")
            if renewal.amount not in _in_force(amounts, renewal):
                found.wrong.append(f"{name}: period {number} asks for {renewal.amount}, which it did not cost then")
    missing = sorted(set(expected) - set(renewals))
    why = _why_missing(subscription, renewals, missing)
    found.counts[why] += len(missing)
    if missing and why == "missing":
        found.wrong.append(f"{name}: periods {missing} fell due and were never opened; it has {sorted(renewals)}")
    found.counts[f"subscriptions {subscription.status}"] += 1


def _is_reported(renewal: Renewal) -> bool:
    """A provider charged it by itself, and a person is asked to look: nothing reaches one that is down for days."""
    query = select(Alert.id).where(Alert.kind == "renewal_unexpected", Alert.subject_id == renewal.subscription_id)
    return renewal.provider_reference is not None and db.session.scalar(query.limit(1)) is not None


def _in_force(amounts: list[tuple[datetime, int]], renewal: Renewal) -> set[int]:
    """What a period may cost: what held when it fell due, or since then until we opened it, late after a downtime.

    Time stands still while all work, so a change at the very moment of the due date comes before or after it.

    A provider that charges by itself, and that we could not reach for days, may not have heard of a change yet.
    """
    since = renewal.due_at - (UNHEARD if renewal.provider_reference is not None else timedelta())
    ends = [moment for moment, _ in amounts[1:]] + [datetime.max.replace(tzinfo=UTC)]
    return {
        amount
        for (moment, amount), end in zip(amounts, ends, strict=True)
        if moment <= renewal.created_at and end >= since
    }


def _look_at_period(name: str, renewal: Renewal, charged: dict[str, int | None], world: World, found: Audit) -> None:
    """One period was collected once when it says so, and not at all when it does not."""
    attempts = renewal.session.attempts
    reference = f"{renewal.subscription_id}:{renewal.number}:"
    collected = [attempt.id for attempt in attempts if charged.get(attempt.id) is not None]
    collected += [name for name, amount in charged.items() if name.startswith(reference) and amount is not None]
    expected = 1 if renewal.status == RenewalStatus.PAID else 0
    found.counts[f"periods {renewal.status}"] += 1
    if len(collected) != expected:
        found.wrong.append(f"{name}: period {renewal.number} is {renewal.status}; collected: {collected}")
    for charge in collected:
        if charged[charge] != renewal.amount:
            found.wrong.append(f"{name}: period {renewal.number} of {renewal.amount} was charged {charged[charge]}")
        charged[charge] = None
    payment = renewal.session.payment
    paid = payment.paid if payment is not None else 0
    if paid != (renewal.amount if expected else 0):
        found.wrong.append(f"{name}: period {renewal.number} is {renewal.status}, its payment holds {paid}")


def _why_missing(subscription: Subscription, renewals: dict[int, Renewal], missing: list[int]) -> str:
    """Why periods that fell due were not opened: one before them is still open or was given up, or nothing is."""
    if not missing:
        return "missing"
    query = select(StatusChange.id).where(
        StatusChange.subject_id == subscription.id, StatusChange.to_status == SubscriptionStatus.ABORTED
    )
    if db.session.scalar(query.limit(1)) is not None:
        return "periods not opened: given up before"
    open_before = [n for n, renewal in renewals.items() if renewal.status in (RenewalStatus.OPEN, RenewalStatus.VOID)]
    if open_before and min(missing) > min(open_before):
        return "periods held behind an open one"
    return "missing"


def _nothing_stuck(found: Audit) -> None:
    live = db.session.scalars(select(PaymentAttempt.id).where(PaymentAttempt.status.in_(LIVE_ATTEMPT))).all()
    found.counts["attempts still live"] = len(live)
    stuck = db.session.execute(select(Job.kind, Job.last_error).where(Job.quarantined_at.is_not(None))).all()
    found.wrong += [f"a job of {kind} is in quarantine: {error}" for kind, error in stuck]
    double = db.session.scalars(select(Alert.message).where(Alert.kind == "charged_twice")).all()
    found.wrong += list(double)


def _reconciled(found: Audit) -> None:
    """Every difference that a daily comparison found along the way was gone at a later one."""
    found.counts["days compared"] = db.session.scalar(
        select(func.count()).where(ReconciliationRun.compared_at.is_not(None))
    )
    for row in db.session.scalars(select(ReconciliationBreak)):
        found.counts["differences found and gone"] += 1 if row.resolved_at is not None else 0
        if row.resolved_at is None:
            found.wrong.append(
                f"{row.run.account_id} on {row.run.day}: {row.kind} {row.reference} is open since {row.created_at};"
                f" theirs {row.theirs}, ours {row.ours}"
            )


def _sums(world: World, found: Audit) -> None:
    """The sum of what we say was paid, and of what the sandbox says it collected, by account."""
    db.session.expire_all()
    query = select(Payment.account_id, func.sum(Payment.paid)).group_by(Payment.account_id)
    ours = {row[0]: row[1] for row in db.session.execute(query)}
    theirs = world.read("SELECT account, sum(amount) AS total FROM charges WHERE status = 'succeeded' GROUP BY account")
    found.totals = {f"sandbox_{row['account']}": row["total"] for row in theirs}
    for account, total in found.totals.items():
        if ours.get(account, 0) != total:
            found.wrong.append(f"{account}: we say {ours.get(account, 0)}, the sandbox says {total}")
