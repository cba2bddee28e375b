"""Decisions: asks the rules about a session, keeps the answer, and asks anew when something failed since."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app.domain.methods import METHOD_IDS
from app.domain.statuses import AttemptStatus
from app.models import CheckoutSession, DecisionRecord, PaymentAttempt, db, utc_now
from app.services import accounts, rule_sets
from app.services.alerts import raise_alert
from app.services.catalogue import catalogue_for
from app.services.facts import facts_of
from app.services.transaction import release
from providers.interface import FailureKind
from rules import Decision, Explanation, Facts, OfferedMethod, coerce, decide, evaluate, explain, recorded
from rules.arms import Arm

TURNED_BACK = (FailureKind.CUSTOMER_CANCELLED, FailureKind.EXPIRED)


def decide_for(session: CheckoutSession, failed: Sequence[PaymentAttempt] = ()) -> DecisionRecord:
    """Ask the active rules about `session` and add the answer to the caller's transaction.

    An offer that ends empty raises an alert. Raises rules.InvalidFacts.
    """
    facts = facts_of(session, failed, utc_now())
    with rule_sets.active_rules() as active:
        faults = active.compiled.faults
        match = active.compiled.match(facts)
        arm = _arm_so_far(session.id, match.rule_id) if failed else None
        limits = accounts.limits()
        decision = decide(active.version, active.ruleset, match, facts, limits, session.id, METHOD_IDS, arm)
        if active.compiled.faults > faults:
            raise_alert("engine_fault", f"version {active.version}", "The engine failed; the plain evaluator answered.")
    record = DecisionRecord(
        session_id=session.id,
        sequence=len(failed),
        version=decision.version,
        rule_id=decision.rule_id,
        arm=decision.arm,
        facts=json.loads(json.dumps(dict(facts))),
        outcome=decision.to_json(),
    )
    db.session.add(record)
    db.session.flush()
    if not decision.offered:
        raise_alert("empty_offer", session.id, f"Rule {decision.rule_name!r} left no method to offer.")
    return record


def current_decision(session: CheckoutSession) -> DecisionRecord:
    """Return the session's latest decision, asking the rules anew if an attempt failed since it was made.

    Runs in the caller's transaction, which may have a row added to it.
    """
    failed = failed_attempts(session.id)
    latest = db.session.scalar(
        select(DecisionRecord)
        .where(DecisionRecord.session_id == session.id)
        .order_by(DecisionRecord.sequence.desc())
        .limit(1)
    )
    if latest is not None and latest.sequence >= len(failed):
        return latest
    db.session.execute(  # two requests may see the same failure: one of them asks the rules
        select(CheckoutSession.id).where(CheckoutSession.id == session.id).with_for_update()
    )
    again = db.session.scalar(
        select(DecisionRecord).where(DecisionRecord.session_id == session.id, DecisionRecord.sequence == len(failed))
    )
    return again or decide_for(session, failed)


def _arm_so_far(session_id: str, rule_id: str | None) -> Arm | None:
    """Return the arm of this rule that the session saw first: it stays there, even when the share changed meanwhile."""
    drawn = (
        select(DecisionRecord.arm)
        .where(
            DecisionRecord.session_id == session_id, DecisionRecord.rule_id == rule_id, DecisionRecord.arm.is_not(None)
        )
        .order_by(DecisionRecord.sequence)
        .limit(1)
    )
    arm: Arm | None = db.session.scalar(drawn)
    return arm


def failed_attempts(session_id: str) -> list[PaymentAttempt]:
    """Return the attempts of a session that were declined or broke down, oldest first.

    A customer who turns back has not failed: the offer they turned back to stays as it was.
    """
    return [attempt for attempt in ended_attempts(session_id) if attempt.failure_kind not in TURNED_BACK]


def ended_attempts(session_id: str) -> list[PaymentAttempt]:
    """Return the attempts of a session that took no money, for whatever reason, oldest first."""
    query = select(PaymentAttempt).where(
        PaymentAttempt.session_id == session_id, PaymentAttempt.status == AttemptStatus.FAILED
    )
    return list(db.session.scalars(query.order_by(PaymentAttempt.started_at)))


def outcome_of(record: DecisionRecord) -> Decision:
    """Return a stored decision as the rules gave it."""
    return Decision.from_json(record.outcome)


def offered_now(decision: Decision) -> tuple[OfferedMethod, ...]:
    """Return what of a decision can be paid now: an account, or a method of it, may have been switched off since."""
    on = accounts.usable()
    narrowed = (
        OfferedMethod(item.method, accounts.carriers(item.method, item.accounts, on)) for item in decision.offered
    )
    return tuple(item for item in narrowed if item.accounts)


def explain_record(record: DecisionRecord) -> Explanation:
    """Trace every condition of every rule of the version that decided, over the facts it decided on."""
    return explain(rule_sets.ruleset_of(record.version), recorded(record.facts))


def evaluate_attributes(
    attributes: dict[str, Any], version: int | None, session_id: str | None = None
) -> tuple[Decision, Explanation, Facts]:
    """Say what the rules would decide on these attributes, and why, storing nothing.

    `version` is a published one, None the active one. The id of a session, which need not exist, draws the arm of an
    experiment and the accounts of weighted plans; without one, an experiment answers with arm a, the rule's own
    offer. Raises rules.InvalidFacts, NotFound.
    """
    number = rule_sets.active_number() if version is None else version
    ruleset = rule_sets.ruleset_of(number)
    facts, limits = coerce(catalogue_for(attributes), attributes), accounts.limits()
    release()  # to explain a large set takes a while
    match = evaluate(ruleset, facts)
    arm: Arm | None = "a" if session_id is None else None
    decision = decide(number, ruleset, match, facts, limits, session_id or "evaluate", METHOD_IDS, arm)
    return decision, explain(ruleset, facts), facts
