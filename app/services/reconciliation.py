"""Reconciliation: each day of each account that has reports, compared with our own movements as often as asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, timedelta
from functools import partial

from sqlalchemy import select

from app.domain.asking import REVIEW_AFTER, next_check
from app.domain.ids import new_id
from app.models import Job, ProviderAccount, ReconciliationBreak, ReconciliationRun, db, utc_now
from app.services import accounts, jobs
from app.services.alerts import raise_alert
from app.services.comparison import SUCCEEDED, Comparison, Movement, compare
from app.services.errors import FieldRefused, NotFound
from app.services.inserts import insert_once
from app.services.movements import bounds, of_report
from app.services.reconciliation_breaks import NO_REPORT, keep
from app.services.transaction import reading, release, transaction
from providers import registry
from providers.interface import OutcomeUnknown
from providers.truths import ReportLine

COMPARE = "compare_report"
READY = timedelta(hours=2)  # after midnight UTC, when every provider has closed its books of the day before
CATCH_UP = 7  # days that are compared by themselves, the latest first
FARTHEST = 14  # days before ours on which a provider may have booked what we learned late, after a long stop
OLDEST = timedelta(days=400)
AGAIN = timedelta(days=1)  # how often a day with open breaks is compared anew

Report = Callable[[date], tuple[ReportLine, ...]]  # of one account


def get_run(run_id: str) -> ReconciliationRun:
    """Return a run. Raises NotFound."""
    run = db.session.get(ReconciliationRun, run_id)
    if run is None:
        raise NotFound("reconciliation run", run_id)
    return run


def reporting_accounts() -> list[ProviderAccount]:
    """Return the accounts whose provider reports what it moved, in order of id."""
    return [
        account
        for account in accounts.all_accounts()
        if registry.get(account.provider).capabilities(accounts.config_of(account)).reports
    ]


def request_comparison(account_id: str, day: date) -> str:
    """Ask for a day (in UTC) of an account to be compared in the background; return the id of its run.

    Raises FieldRefused for an account without reports and for a day that is to come or is long past.
    """
    today = utc_now().date()
    if account_id not in {account.id for account in reporting_accounts()}:
        raise FieldRefused("account", "is not one that reports what it moved. Choose one from the list.")
    if not today - OLDEST <= day <= today:
        raise FieldRefused("day", f"must be from {today - OLDEST} to {today}, which is today in UTC.")
    with transaction():
        run_id = _run_of(account_id, day)
        jobs.bring_forward(COMPARE, run_id)
    return run_id


def enqueue_due() -> int:
    """Ask for every day of the last week that was not compared yet, or still has open breaks; return how many.

    A day is due at 02:00 UTC of the next. What was compared before its end is compared again, and a comparison that
    failed too often waits for a person, like every job.
    """
    now = utc_now()
    last = (now - READY).date() - timedelta(days=1)
    days = [last - timedelta(days=back) for back in range(CATCH_UP)]
    runs = select(ReconciliationRun).where(ReconciliationRun.day.in_(days))
    known = {(run.account_id, run.day): run for run in db.session.scalars(runs)}
    is_open = ReconciliationBreak.resolved_at.is_(None)
    of_these = ReconciliationBreak.run_id.in_([run.id for run in known.values()])
    open_runs = set(db.session.scalars(select(ReconciliationBreak.run_id).where(is_open, of_these).distinct()))
    failed = select(Job.subject_id).where(Job.quarantined_at.is_not(None), Job.kind == COMPARE)
    given_up = set(db.session.scalars(failed))
    wanted = []
    for account in reporting_accounts():
        for day in days:
            run = known.get((account.id, day))
            if run is None:
                if day >= account.created_at.astimezone(UTC).date():
                    wanted.append((account.id, day))
            elif run.id not in given_up:
                done = run.compared_at if run.compared_at and run.compared_at >= bounds(day)[1] + READY else None
                if done is None or (run.id in open_runs and done < now - AGAIN):
                    wanted.append((account.id, day))
    release()
    if wanted:
        with transaction():
            for account_id, day in wanted:
                jobs.enqueue(COMPARE, _run_of(account_id, day))
    return len(wanted)


def compare_run(run_id: str) -> None:
    """Compare a run's day now, with no transaction open while the provider is asked; it may be done again at any time.

    Raises jobs.NotYet, after noting why, while the provider gives no report.
    """
    run = get_run(run_id)
    account_id, day, since = run.account_id, run.day, run.created_at
    provider, account = accounts.connect(account_id)
    report = partial(provider.report, account)
    release()
    try:
        lines = report(day)
        with reading():
            ours = of_report(account_id, day, lines)
        found = _without_neighbours(compare(lines, ours), day, report)
    except OutcomeUnknown as unknown:
        _note_missing(run_id, unknown.message)
        raise jobs.NotYet(next_check(since, utc_now())) from unknown
    keep(run_id, found, theirs=len(lines), ours=sum(movement.on_day for movement in ours))


def _without_neighbours(found: Comparison, day: date, report: Report) -> Comparison:
    """Drop what is missing there only because the provider booked it on another day: clocks differ at midnight.

    After a stop of ours we learn of it days later, so earlier days are looked at too, nearest first, while any is
    missing. Raises OutcomeUnknown when the provider does not answer for the days beside; others may be too old for it.
    """
    missing = {item.ours.id: item.ours for item in found.differences if item.theirs is None and item.ours is not None}
    all_missing = frozenset(missing)
    today = utc_now().date()
    for back in (1, -1, *range(2, FARTHEST + 1)):
        other = day - timedelta(days=back)
        if not missing or other > today:
            continue
        try:
            booked = _names_in(report(other))
        except OutcomeUnknown:
            if back <= 1:
                raise
            break
        for own in list(missing.values()):
            if booked & _names_of(own):
                del missing[own.id]
    near = all_missing - missing.keys()
    left = tuple(item for item in found.differences if item.theirs is not None or item.reference not in near)
    return Comparison(found.matched, left)


def _names_in(lines: tuple[ReportLine, ...]) -> set[tuple[str, str | None]]:
    moved = [line for line in lines if line.state == SUCCEEDED]
    return {(line.kind, name) for line in moved for name in (line.reference, line.provider_reference)}


def _names_of(own: Movement) -> set[tuple[str, str | None]]:
    return {(own.kind, name) for name in (own.id, own.provider_reference) if name is not None}


def _run_of(account_id: str, day: date) -> str:
    """Return the id of the run of this account and day, made in the caller's transaction where there is none."""
    values = {"id": new_id("recon"), "account_id": account_id, "day": day, "created_at": utc_now(), "error": ""}
    insert_once(ReconciliationRun, values | {"theirs": 0, "ours": 0, "matched": 0}, unique=["account_id", "day"])
    same = (ReconciliationRun.account_id == account_id, ReconciliationRun.day == day)
    return str(db.session.scalars(select(ReconciliationRun.id).where(*same)).one())


def _note_missing(run_id: str, why: str) -> None:
    with transaction():
        run = db.session.get_one(ReconciliationRun, run_id, with_for_update=True, populate_existing=True)
        run.error = why
        has_reported = run.compared_at is not None and run.compared_at >= bounds(run.day)[1]
        if not has_reported and utc_now() - run.created_at > REVIEW_AFTER:
            raise_alert(NO_REPORT, run.id, f"{run.account.label} has given no report of {run.day:%d %B %Y}: {why}")
