"""A draft to replay, sessions to replay it on, the work of the background, and the plain recomputation beside it."""

import copy
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from app.domain.methods import METHOD_IDS
from app.models import CheckoutSession, DecisionRecord, Replay, db
from app.services import accounts, drafts, jobs, rule_sets, work
from app.services.replays import get_replay
from rules import BUILT_IN_CATALOGUE, Decision, RuleSet, coerce, decide, evaluate, from_json, seed_json

COUNTRIES = ("IT", "DE", "NL", "ES", "FR", "US")


def some_facts(count: int, seed: int = 5) -> Iterator[dict[str, Any]]:
    """That many sessions' facts, of the kinds that the rules of a new hub tell apart."""
    chooser = random.Random(seed)
    for _ in range(count):
        yield {
            "amount": chooser.choice((900, 4_990, 12_990, 80_000, 250_000)),
            "currency": chooser.choice(("EUR", "EUR", "EUR", "USD")),
            "country": chooser.choice(COUNTRIES),
            "customer_type": chooser.choice(("consumer", "business")),
            "channel": chooser.choice(("online", "app", "in_store")),
            "product_categories": [chooser.choice(("physical", "digital"))],
            "date": "2026-11-20",
            "weekday": "friday",
            "hour": chooser.randrange(24),
        }


def changed_rules() -> dict[str, Any]:
    """The rules of a new hub, changed in several ways: a new one on top, one off, one reordered, another default."""
    document = copy.deepcopy(seed_json())
    rules = document["rules"]
    rules[2]["offer"]["methods"].reverse()
    rules[3]["enabled"] = False
    spain = {
        "id": "rule_spain",
        "name": "Spain pays <by card>",
        "enabled": True,
        "when": {"all": [{"attribute": "country", "operator": "equals", "value": "ES"}]},
        "offer": {"methods": rules[0]["offer"]["methods"][:1]},
    }
    nothing = {
        "id": "rule_nothing",
        "name": "Nothing for tiny French baskets",
        "enabled": True,
        "when": {
            "all": [
                {"attribute": "country", "operator": "equals", "value": "FR"},
                {"attribute": "amount", "operator": "less_than", "value": {"amount": 1000, "currency": "EUR"}},
            ]
        },
        "offer": {"methods": [{"method": "ideal", "providers": rules[0]["offer"]["methods"][0]["providers"]}]},
    }
    document["rules"] = [spain, nothing, *rules]
    document["default"]["methods"] = document["default"]["methods"][:1]
    return document


def draft(document: dict[str, Any] | None = None, author: str = "ann") -> int:
    """Write the draft; its revision."""
    saved = drafts.save_draft(document or changed_rules(), revision=drafts.get_draft().revision, author=author)
    return saved.revision


def work_off(most: int = 200) -> int:
    """Do the jobs that are due until there are none; how many."""
    for done in range(most):
        due = jobs.lease_due(limit=1)
        if not due:
            return done
        work.run_job(due[0].id)
    raise AssertionError(f"there was still work after {most} jobs")


def plainly(replay: Replay) -> dict[str, Any]:
    """The figures of a replay by asking both rule sets about each session, one by one, without engine or short cuts."""
    before, after = rule_sets.ruleset_of(replay.version), from_json(replay.document)
    limits = accounts.limits()
    rows = db.session.execute(
        select(DecisionRecord.session_id, DecisionRecord.facts, CheckoutSession.status)
        .join(CheckoutSession, CheckoutSession.id == DecisionRecord.session_id)
        .where(DecisionRecord.sequence == 0, DecisionRecord.created_at.between(replay.since, replay.until))
    ).all()
    pairs: Counter[Any] = Counter()
    amounts: Counter[str] = Counter()
    gained: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    paid = emptied = 0
    for session_id, raw, status in rows:
        facts = coerce(BUILT_IN_CATALOGUE, raw)

        def ask(ruleset: RuleSet, facts: Any = facts, session_id: str = session_id) -> Decision:
            return decide(1, ruleset, evaluate(ruleset, facts), facts, limits, session_id, METHOD_IDS)

        old, new = ask(before), ask(after)
        if (old.offered, old.strong_authentication, old.notices) == (
            new.offered,
            new.strong_authentication,
            new.notices,
        ):
            continue
        pairs[old.rule_id, new.rule_id] += 1
        amounts[facts["currency"]] += facts["amount"]
        paid += status == "completed"
        methods = [{item.method for item in decision.offered} for decision in (old, new)]
        gained.update(methods[1] - methods[0])
        lost.update(methods[0] - methods[1])
        emptied += bool(methods[0]) and not methods[1]
    db.session.rollback()
    return {
        "sessions": len(rows),
        "pairs": pairs,
        "amounts": dict(amounts),
        "paid": paid,
        "gained": dict(gained),
        "lost": dict(lost),
        "emptied": emptied,
    }


def told(replay_id: str) -> dict[str, Any]:
    """The figures that a replay stored, in the form of `plainly`."""
    figures = get_replay(replay_id).figures
    return {
        "sessions": figures["sessions"],
        "pairs": {(pair["before"], pair["after"]): pair["sessions"] for pair in figures["pairs"]},
        "amounts": figures["changed"]["amounts"],
        "paid": figures["changed"]["paid"],
        "gained": figures["gained"],
        "lost": figures["lost"],
        "emptied": figures["emptied"],
    }
