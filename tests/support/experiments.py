"""Rules with an experiment, and sessions in its arms, for tests that look at what came of them."""

from datetime import timedelta
from typing import Any

from app.domain.statuses import PaymentStatus, SessionStatus
from app.models import CheckoutSession, DecisionRecord, db, utc_now
from app.services import rule_sets
from rules import seed_json
from tests.support.rows import payment_row, session_row

_PAID = {"paid": PaymentStatus.PAID, "refunded": PaymentStatus.REFUNDED}
_STATUSES = {"open": SessionStatus.OPEN, "expired": SessionStatus.EXPIRED, "failed": SessionStatus.EXPIRED}


def offer(*methods: str) -> dict[str, Any]:
    """An offer of methods, each through the first sandbox account, in its JSON form."""
    plan = {"strategy": "ordered", "accounts": [{"account": "sandbox_north"}]}
    return {"methods": [{"method": method, "providers": plan} for method in methods]}


def experiment(share: int | None = 50, **changes: Any) -> dict[str, Any]:
    """A rule set of one rule for everybody: card first or, for a share of the sessions, PayPal first."""
    rule = {"id": "rule_all", "name": "Everybody", "enabled": True, "when": {"all": []}}
    rule |= {"offer": offer("card", "paypal")} | changes
    if share is not None:
        rule["experiment"] = {"share": share, "offer": offer("paypal", "card")}
    return seed_json() | {"rules": [rule], "adjustments": []}


def publish(share: int | None = 50, **changes: Any) -> int:
    """Make such a rule set the active one; the version's number."""
    return rule_sets.publish(experiment(share, **changes), author="tester").number


def decide(
    session: CheckoutSession, version: int, arm: str | None, sequence: int = 0, rule_id: str = "rule_all"
) -> None:
    """Store a decision that was never made."""
    row = DecisionRecord(session_id=session.id, sequence=sequence, version=version, rule_id=rule_id, arm=arm)
    row.facts, row.outcome = {}, {}
    db.session.add(row)


def session_in(version: int, arm: str, fate: str = "open", **columns: Any) -> CheckoutSession:
    """A session whose first decision was made by the rule: `fate` is open, paid, refunded, expired or failed.

    Its time is over, unless it is open or `columns` say otherwise.
    """
    if fate != "open":
        columns = {"expires_at": utc_now() - timedelta(minutes=1)} | columns
    session = session_row(status=_STATUSES.get(fate, SessionStatus.COMPLETED), **columns)
    if fate in _PAID:
        payment_row(session, status=_PAID[fate])
    elif fate == "failed":
        payment_row(session, status=PaymentStatus.EXPIRED)
    decide(session, version, arm)
    return session
