"""Which experiments ran: found in the versions of the rules that were active, by the value of their two offers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy import select

from app.models import RuleSetActivation, RuleSetVersion, db, utc_now
from app.services.transaction import reading
from rules import Experiment, Offer, Rule, from_json

REMEMBERED = timedelta(days=90)  # how long an experiment that ended is still listed
MOST_ACTIVATIONS = 1_000  # looked back on


@dataclass(frozen=True)
class ExperimentRun:
    """One experiment: `rule` as the newest of its `versions` has it; `ended_at` is None while it runs (all in UTC).

    The same rule with the same two offers and the same share is the same experiment, in however many versions it
    stands and whether or not it paused between them; anything else is another one.
    """

    rule: Rule
    share: int  # percent of the sessions that see offer B
    versions: frozenset[int]
    began_at: datetime
    ended_at: datetime | None


def list_runs(rule_id: str | None = None) -> list[ExperimentRun]:
    """Return the experiments that run or ended lately, of one rule or of all: running ones first, then the newest."""
    with reading():
        runs = _runs()
    recent = utc_now() - REMEMBERED
    shown = [
        run
        for run in runs
        if (run.ended_at is None or run.ended_at > recent) and (rule_id is None or run.rule.id == rule_id)
    ]
    newest_first = sorted(shown, key=lambda run: run.began_at, reverse=True)
    return sorted(newest_first, key=lambda run: run.ended_at is not None)


def _runs() -> list[ExperimentRun]:
    newest = (
        select(RuleSetActivation.version, RuleSetActivation.at, RuleSetVersion.sha256)
        .join(RuleSetVersion, RuleSetVersion.number == RuleSetActivation.version)
        .order_by(RuleSetActivation.id.desc())
        .limit(MOST_ACTIVATIONS)
    )
    activations = list(reversed(db.session.execute(newest).all()))
    ends = [*(activation.at for activation in activations[1:]), None]
    runs: dict[tuple[str, Offer, Experiment], ExperimentRun] = {}
    for (number, began_at, sha256), ended_at in zip(activations, ends, strict=True):
        for rule, experiment in _experiments(sha256, number):
            key = (rule.id, rule.offer, experiment)
            run = ExperimentRun(rule, experiment.share, frozenset((number,)), began_at, ended_at)
            if key in runs:
                run = replace(run, versions=runs[key].versions | run.versions, began_at=runs[key].began_at)
            runs[key] = run
    return list(runs.values())


@lru_cache(maxsize=MOST_ACTIVATIONS)
def _experiments(sha256: str, number: int) -> list[tuple[Rule, Experiment]]:
    """Return the rules of a version that are switched on and hold an experiment; a version never changes."""
    document = db.session.scalars(select(RuleSetVersion.document).where(RuleSetVersion.number == number)).one()
    holding = [rule for rule in document["rules"] if "experiment" in rule and rule["enabled"]]
    rules = from_json(document | {"rules": holding, "adjustments": []}).rules
    return [(rule, rule.experiment) for rule in rules if rule.experiment is not None]
