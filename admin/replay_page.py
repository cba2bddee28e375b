"""A replay laid out for a page: how far it came, what would change in words, and by which rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from admin import formats
from admin.tracing import Tracer
from app.models import Replay, utc_now
from app.services import replays, rule_sets
from app.services.replays import ReplayStatus
from rules import RuleSet, from_json
from rules.decide import DEFAULT_OFFER
from rules.replay_days import Unmet
from rules.replay_figures import Figures, PairTally, Tally

SHOWN = 50  # pairs of rules; the rest is added up
LONG = timedelta(minutes=1)  # that a replay should not have to wait
DIFFERENCES = {
    "methods": "Other methods",
    "order": "Another order of the methods",
    "providers": "Other providers",
    "strong_authentication": "Strong authentication",
    "notices": "Other notices",
}
PILLS: dict[ReplayStatus, tuple[str, str, str]] = {
    ReplayStatus.WAITING: ("Waiting", "wait", "clock"),
    ReplayStatus.RUNNING: ("Running", "wait", "clock"),
    ReplayStatus.FINISHED: ("Finished", "good", "check"),
    ReplayStatus.CANCELLED: ("Cancelled", "quiet", "cross"),
    ReplayStatus.FAILED: ("Failed", "bad", "warning"),
}


@dataclass(frozen=True)
class Decider:
    """A rule, or the default offer, as one side of a pair: its name and its sentence."""

    name: str
    sentence: str


@dataclass(frozen=True)
class PairCard:
    """Changed sessions that `before` decides in the active version and `after` in the draft."""

    before: Decider
    after: Decider
    same_rule: bool
    counted: PairTally


@dataclass(frozen=True)
class ReplayPage:
    """All that the page shows; `rest` adds up the pairs that are not shown by themselves.

    `unmet` are the changed rules that no session could meet, once it has ended.
    """

    replay: Replay
    status: ReplayStatus
    figures: Figures
    headline: str
    pairs: list[PairCard]
    rest: Tally
    methods: list[tuple[str, int, int]]  # label, sessions that gain it, sessions that lose it
    differences: list[tuple[str, int]]
    unmet: tuple[Unmet, ...]
    outdated: bool

    @property
    def under_way(self) -> bool:
        """Whether there is more to come."""
        return self.status in (ReplayStatus.WAITING, ReplayStatus.RUNNING)

    @property
    def percent(self) -> int:
        """How much of it is done, at most 99 while it is under way."""
        done = 100 * self.replay.replayed // max(self.replay.total, 1)
        return min(done, 99) if self.under_way else 100

    @property
    def waits_long(self) -> bool:
        """Whether nobody has taken it up for longer than it should take."""
        return self.status is ReplayStatus.WAITING and self.replay.created_at < utc_now() - LONG


def replay_page(replay: Replay) -> ReplayPage:
    """Return what there is to see of a replay."""
    figures = Figures.from_json(replay.figures)
    shown = dict(list(figures.pairs.items())[:SHOWN])
    rest = figures.others
    for pair in list(figures.pairs)[SHOWN:]:
        rest = rest + figures.pairs[pair].tally
    before = _deciders(rule_sets.ruleset_of(replay.version), {pair[0] for pair in shown})
    after = _deciders(_only(replay.document, {pair[1] for pair in shown}), {pair[1] for pair in shown})
    unmet = replays.unmet_rules(replay) if replay.finished_at or replay.cancelled_at else ()
    methods = sorted({*figures.gained, *figures.lost}, key=lambda key: -(figures.gained[key] + figures.lost[key]))
    return ReplayPage(
        replay=replay,
        status=replays.status_of(replay),
        figures=figures,
        headline=headline(figures),
        pairs=[
            PairCard(before[pair[0]], after[pair[1]], pair[0] == pair[1], counted) for pair, counted in shown.items()
        ],
        rest=rest,
        methods=[(formats.method(key), figures.gained[key], figures.lost[key]) for key in methods],
        differences=[
            (words, figures.differences[key]) for key, words in DIFFERENCES.items() if figures.differences[key]
        ],
        unmet=unmet,
        outdated=replays.outdated(replay),
    )


def headline(figures: Figures) -> str:
    """Return the figures in one sentence."""
    sessions, changed = figures.sessions, figures.changed
    if not sessions:
        return "No session has been replayed."
    if not changed.sessions:
        return f"None of {_sessions(sessions)} would see anything else."
    share = f"{100 * changed.sessions / sessions:.1f}%"
    count, worth = f"{changed.sessions:,} ({share})", amounts(changed.amounts)
    return f"Of {_sessions(sessions)}, {count} would see something else: {worth}."


def amounts(by_currency: dict[str, int]) -> str:
    """Return amounts in words, by currency."""
    return " and ".join(formats.money(amount, currency) for currency, amount in sorted(by_currency.items())) or "–"


def _sessions(count: int) -> str:
    return f"{count:,} session{'' if count == 1 else 's'}"


def _deciders(ruleset: RuleSet, wanted: set[str | None]) -> dict[str | None, Decider]:
    tracer = Tracer({})
    found: dict[str | None, Decider] = {None: Decider(DEFAULT_OFFER, tracer.sentence(ruleset.default))}
    for rule in ruleset.rules:
        if rule.id in wanted:
            found[rule.id] = Decider(rule.name, tracer.sentence(rule))
    return found


def _only(document: dict[str, Any], wanted: set[str | None]) -> RuleSet:
    """Return the wanted rules of a document: all of a large one would take long to read."""
    return from_json({**document, "rules": [rule for rule in document["rules"] if rule["id"] in wanted]})
