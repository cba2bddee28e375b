"""A replay of 100,000 stored sessions on a draft of 200 rules: its cost, its memory, and what it costs the checkout.

Ratios are what to keep: seconds depend on the machine. It fails when a goal is missed.
"""

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask_migrate import upgrade
from sqlalchemy import select

from app.domain.methods import METHOD_IDS
from app.models import DecisionRecord, db
from app.services import accounts, drafts, replay_slices, replays, rule_sets, setup
from app.services.replays import ReplayStatus, status_of
from rules import CompiledRuleSet, decide, from_json, recorded, to_json
from tests.benchmarks.http_bench import opening, rate
from tests.benchmarks.rules_cases import ruleset, sessions
from tests.support.hub import config_for, running
from tests.support.postgres import PostgresServer
from tests.support.stack import Stack
from tests.support.stored import store_sessions
from tests.support.waiting import wait_until

RULES = 200
FEW, ALL = 10_000, 100_000
RECENT, OLD = 5, 20  # days ago: the few sessions, and the rest
TIMES_DEARER = 3  # a session than one decision, at most
MORE_MEMORY = 16  # MB for ten times the sessions, at most
BEHIND = 60_000  # sessions on PostgreSQL, behind the checkout that is measured: more than are replayed in one turn
ROUNDS, TURN = 3, 2.5  # times with and without a replay, and seconds of each
SLOWER = 0.10  # the checkout while a replay runs, at most
DRAFT = "/v1/rules/draft/replay"


def main() -> int:
    """Print the figures; 1 when a goal is missed."""
    missed = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'bench.sqlite3'}"
        missed += cost(folder, url)
        print(f"\n{'opening sessions':<18}{'a second':>10}{'replaying':>12}{'slower by':>12}")
        postgres = PostgresServer().start()
        try:
            known = {"DATABASE_URL": url, "ENCRYPTION_KEYS": ",".join(config_for(folder, url, "").encryption_keys)}
            missed += checkout("SQLite", Stack(folder / "sqlite", known))
            empty = Stack(folder / "postgresql", {"DATABASE_URL": postgres.create("bench")})
            missed += checkout("PostgreSQL", empty, BEHIND)
        finally:
            postgres.stop()
    print("\n".join(["", *missed] if missed else ["", "every goal is met"]))
    return int(bool(missed))


def cost(folder: Path, url: str) -> list[str]:
    """Measure a replay of few and of all sessions, each in a process of its own; the goals that were missed."""
    with running(config_for(folder, url, "http://127.0.0.1:9")) as app, app.app_context():
        upgrade()
        setup.set_up()
        publish_and_draft()
        store_sessions(facts(ALL - FEW), days=OLD)
        store_sessions(facts(FEW, seed=4), days=RECENT)
    few, every = (measured(folder, url, days) for days in (RECENT + 1, OLD + 1))
    assert (few["sessions"], every["sessions"]) == (FEW, ALL), (few, every)
    ratio, growth = every["cost"] / every["decision"], (every["peak"] - few["peak"]) / 1024
    print(f"{ALL:,} sessions, {RULES} rules: {every['seconds']:.1f} s, {every['changed']:,} changed")
    print(f"one decision {every['decision']:.1f} us, one session {every['cost']:.1f} us: {ratio:.2f} times", end="")
    print(f" (goal: at most {TIMES_DEARER})")
    print(f"memory of ten times the sessions: {growth:+.1f} MB (goal: at most {MORE_MEMORY})")
    goals = {f"a session costs {ratio:.2f} decisions": ratio <= TIMES_DEARER, "memory grows": growth <= MORE_MEMORY}
    return [f"MISSED: {goal}" for goal, met in goals.items() if not met]


def measured(folder: Path, url: str, days: int) -> dict[str, float]:
    """What a process of its own measured."""
    command = [sys.executable, "-m", "tests.benchmarks.replay_bench", str(folder), url, str(days)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return dict(json.loads(told.splitlines()[-1]))


def measure(folder: str, url: str, days: str) -> None:
    """Replay in this process and print processor time and peak memory."""
    with running(config_for(Path(folder), url, "http://127.0.0.1:9")) as app, app.app_context():
        replay = replays.start(days=int(days), actor="bench")
        began, step = (time.monotonic(), time.process_time()), 0
        while status_of(replays.get_replay(replay.id)) in (ReplayStatus.WAITING, ReplayStatus.RUNNING):
            replay_slices.replay_slice(replays.subject_of(replay.id, step))
            step += 1
        seconds, busy = time.monotonic() - began[0], time.process_time() - began[1]
        figures = replays.get_replay(replay.id).figures
        told = {
            "sessions": figures["sessions"],
            "changed": figures["changed"]["sessions"],
            "seconds": seconds,
            "cost": busy / figures["sessions"] * 1e6,
            "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,  # KB
            "decision": decision_cost(replay.document),
        }
    print(json.dumps(told))


def decision_cost(document: dict[str, Any]) -> float:
    """Microseconds of processor time for one decision of the draft on recorded facts: match and decide."""
    rules = from_json(document)
    limits = accounts.limits()
    raw = db.session.scalars(select(DecisionRecord.facts).limit(2_000)).all()
    known = list(map(recorded, raw))
    compiled, best = CompiledRuleSet(rules), float("inf")
    for _ in range(3):
        began = time.process_time()
        for each in known:
            decide(1, rules, compiled.match(each), each, limits, "cs_bench", METHOD_IDS)
        best = min(best, time.process_time() - began)
    compiled.close()
    return best / len(known) * 1e6


def checkout(name: str, stack: Stack, behind: int = 0) -> list[str]:
    """Open sessions with and without a replay at work, in turns; the goal if it was missed.

    A hub that is new is given that many sessions `behind`, and rules and a draft.
    """
    with stack:
        if behind:
            with running(config_for(stack.directory, stack.database_url, stack.sandbox_url)) as app, app.app_context():
                publish_and_draft()
                store_sessions(facts(behind), days=OLD)
        call = opening(stack)
        rate(call, 1)  # warm
        alone, beside = [], []
        for _ in range(ROUNDS):
            alone.append(rate(call, TURN))
            replay = stack.api("POST", DRAFT, {"days": OLD + 1}).json()["id"]
            path = f"/v1/rules/replays/{replay}"
            assert wait_until(lambda path=path: stack.api("GET", path).json()["status"] == "running", seconds=60)
            beside.append(rate(call, TURN))
            ended = stack.api("POST", f"{path}/cancel", {}).json()
            assert ended["status"] == "cancelled", f"the replay was over before the measurement: {ended['replayed']}"
    slower = 1 - sum(beside) / sum(alone)  # the more is counted, the less noise decides
    print(f"{name:<18}{sum(alone) / ROUNDS:>10.0f}{sum(beside) / ROUNDS:>12.0f}{slower:>12.1%}")
    return [] if slower <= SLOWER else [f"MISSED: on {name} a replay slows the checkout by {slower:.1%}"]


def publish_and_draft() -> None:
    """Make the benchmark's rules active, and write a draft: a rule more on top, every fourth offer another."""
    rules = to_json(ruleset(RULES))
    active = json.loads(json.dumps(rules).replace('"north"', '"sandbox_north"').replace('"south"', '"sandbox_south"'))
    rule_sets.publish(active, author="bench")
    changed = json.loads(json.dumps(active))
    for rule in changed["rules"][::4]:
        rule["offer"]["methods"].reverse()
    changed["rules"].insert(0, changed["rules"][5] | {"id": "rule_on_top"})
    drafts.save_draft(changed, revision=drafts.get_draft().revision, author="bench")


def facts(count: int, seed: int = 2) -> Iterator[dict[str, Any]]:
    """Facts of that many sessions, four in five of which meet a rule."""
    chooser, pool = random.Random(seed), sessions(ruleset(RULES), 5_000, seed)
    for _ in range(count):
        yield {"weekday": "friday", "hour": 12, "date": "2026-11-20"} | chooser.choice(pool)


if __name__ == "__main__":
    sys.exit(measure(*sys.argv[1:]) if len(sys.argv) > 1 else main())  # type: ignore[func-returns-value]  # 0 is None
