"""A draft to replay, sessions to replay it on, the work of the background, and the plain recomputation beside it."""

import copy
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from app.domain.methods import METHOD_IDS
from app.models import CheckoutSession, Replay, db
from app.services import accounts, drafts, jobs, rule_sets, work
from app.services.replays import get_replay
from rules import Decision, decide, evaluate, from_json, seed_json

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


def after_a_decline() -> dict[str, Any]:
    """A rule that decides once an attempt failed, and offers nothing but bank transfers."""
    providers = {"strategy": "ordered", "accounts": [{"account": "sandbox_north"}]}
    return {
        "id": "rule_declined",
        "name": "After a decline",
        "enabled": True,
        "when": {"all": [{"attribute": "attempts", "operator": "greater_than", "value": 0}]},
        "offer": {"methods": [{"method": "bank_transfer", "providers": providers}]},
    }


def plainly(replay: Replay) -> dict[str, Any]:
    """The figures of a replay by asking both rule sets about each session, one by one, without engine or short cuts."""
    before, after = rule_sets.ruleset_of(replay.version), from_json(replay.document)
    limits = accounts.limits()
    opened = CheckoutSession.created_at
    sessions = db.session.scalars(select(CheckoutSession).where(opened >= replay.since, opened < replay.until)).all()
    found: dict[str, Any] = dict.fromkeys(("sessions", "decisions", "retried", "paid", "emptied"), 0)
    pairs, amounts, gained, lost = (Counter[Any]() for _ in range(4))
    for session in sessions:
        decisions = [each for each in session.decisions if not each.sequence or each.created_at < replay.until]
        differing = []
        for record in decisions:
            facts = {key: tuple(each) if isinstance(each, list) else each for key, each in record.facts.items()}
            if replay.as_of is not None:
                facts |= {"date": replay.as_of.isoformat(), "weekday": f"{replay.as_of:%A}".lower()}
            old, new = (
                decide(1, ruleset, evaluate(ruleset, facts), facts, limits, session.id, METHOD_IDS)
                for ruleset in (before, after)
            )
            if _seen(old) != _seen(new):
                differing.append((record.sequence, old, new))
        found["sessions"] += 1
        found["decisions"] += len(decisions)
        if not differing:
            continue
        sequence, old, new = differing[0]
        pairs[old.rule_id, new.rule_id] += 1
        amounts[session.currency] += session.amount
        found["retried"] += sequence > 0
        found["paid"] += session.status == "completed"
        methods = [[{item.method for item in side.offered} for side in sides] for _, *sides in differing]
        gained.update(set().union(*(new - old for old, new in methods)))
        lost.update(set().union(*(old - new for old, new in methods)))
        found["emptied"] += any(old and not new for old, new in methods)
    db.session.rollback()
    return found | {"pairs": pairs, "amounts": dict(amounts), "gained": dict(gained), "lost": dict(lost)}


def _seen(decision: Decision) -> object:
    return decision.offered, decision.strong_authentication, decision.notices


def told(replay_id: str) -> dict[str, Any]:
    """The figures that a replay stored, in the form of `plainly`."""
    figures = get_replay(replay_id).figures
    return {key: figures[key] for key in ("sessions", "decisions", "retried", "emptied", "gained", "lost")} | {
        "pairs": {(pair["before"], pair["after"]): pair["sessions"] for pair in figures["pairs"]},
        "amounts": figures["changed"]["amounts"],
        "paid": figures["changed"]["paid"],
    }
