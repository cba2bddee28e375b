"""Every period of every subscription is charged exactly once, or it is known why it was not, whatever goes wrong."""

import random
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.services import provider_terms
from tests.simulation import BIG
from tests.simulation.books import Audit, audit
from tests.simulation.cast import ZONES, cast
from tests.simulation.life import Downtime, Life
from tests.simulation.world import new_world
from tests.support.hub import config_for, dispose, running, variant

START = datetime(2027, 1, 25, 12, tzinfo=UTC)
SIZE, DAYS, STEP = (500, 3 * 365, timedelta(hours=6)) if BIG else (6, 45, timedelta(hours=12))
# A provider is asked about each subscription at least once a day. In three years of five hundred these would be
# half a million questions that all are answered with "nothing new": here it is asked less often.
ASKED_AT_LEAST = timedelta(days=10)


def _downtimes() -> list[Downtime]:
    """Two to four days of one side or the other or both, spread over the time."""
    kinds = [(True, False), (False, True), (True, True)] * (4 if BIG else 1)
    begins = [START + timedelta(days=DAYS * (number + 0.6) / len(kinds)) for number in range(len(kinds))]
    return [
        Downtime(moment, moment + timedelta(days=2 + number % 3), *kinds[number])
        for number, moment in enumerate(begins)
    ]


@pytest.mark.timeout(0 if BIG else 300)
def test_years_of_subscriptions(
    database_url: str, tmp_path: Path, sandbox_service, monkeypatch: pytest.MonkeyPatch, capsys
):
    monkeypatch.setattr(provider_terms, "AT_LEAST", ASKED_AT_LEAST)
    seed = random.randrange(10**9)
    chance = random.Random(seed)
    began = time.monotonic()
    with ExitStack() as stack:
        app = stack.enter_context(running(config_for(tmp_path, database_url, sandbox_service.url)))
        hubs = {zone: variant(app, merchant_timezone=zone) for zone in ZONES}
        world = stack.enter_context(new_world(app, tmp_path, START, settle_seconds=36 * 3600))
        life = Life(world, hubs, chance)
        plans = cast(SIZE, START, timedelta(days=DAYS), chance)
        life.go_on_until(START + timedelta(days=DAYS), plans, _downtimes(), STEP)
        life.come_to_rest()
        found = audit(world, life.amounts)
        for hub in hubs.values():
            dispose(hub)
    with capsys.disabled():
        _tell(found, life, time.monotonic() - began, database_url.split(":")[0])
    assert found.wrong == [], f"seed {seed}"
    assert len(life.ids) == SIZE
    assert found.counts["periods paid"] >= SIZE


def _tell(found: Audit, life: Life, seconds: float, kind: str) -> None:
    """Print what was lived through, when it was much."""
    if BIG or found.wrong:
        crew = life.world.crew
        print(
            f"\n{kind}: {SIZE} subscriptions, {DAYS} days, {life.laps} steps in {seconds:.0f} s; "
            f"{crew.jobs_done} jobs, {crew.kills} workers killed"
        )
        for counted in (found.counts, life.acts, found.alerts, found.totals):
            print("  " + ", ".join(f"{name}: {number}" for name, number in sorted(counted.items()) if number))
