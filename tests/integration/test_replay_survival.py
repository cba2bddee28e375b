"""A replay on the whole hub: its worker is killed in the middle, and it still counts every session exactly once."""

import time
from pathlib import Path
from typing import Any

import pytest

from app.services import replays
from tests.support.hub import config_for, running
from tests.support.replaying import draft, plainly, some_facts, told
from tests.support.stack import Stack
from tests.support.stored import store_sessions
from tests.support.traffic import OUTCOMES, Traffic, differences
from tests.support.waiting import wait_until

COUNT = 15_000


@pytest.mark.timeout(280)
def test_a_replay_survives_the_death_of_its_worker_and_payments_go_on(tmp_path: Path) -> None:
    keys = config_for(tmp_path, "", "").encryption_keys
    with Stack(tmp_path, {"ENCRYPTION_KEYS": ",".join(keys)}) as stack:
        with running(config_for(tmp_path, stack.database_url, stack.sandbox_url)) as app, app.app_context():
            store_sessions(some_facts(COUNT))
            draft()
        started = stack.api("POST", "/v1/rules/draft/replay", {"days": 7})
        assert started.status_code == 202, started.text
        path = f"/v1/rules/replays/{started.json()['id']}"

        def now() -> dict[str, Any]:
            return dict(stack.api("GET", path).json())

        traffic = Traffic(stack)
        ends = traffic.start(6)
        for _ in range(2):
            time.sleep(1)
            assert wait_until(lambda: stack.pids("background"), seconds=30)
            stack.kill("background")
        outcomes = [end.result() for end in ends]
        traffic.stop()
        assert sum(outcome in OUTCOMES for outcome in outcomes) >= 5, outcomes
        assert wait_until(lambda: not differences(stack, traffic.sessions), seconds=60, pause=0.5), stack.log[-3000:]

        assert wait_until(lambda: now()["status"] == "finished", seconds=150, pause=0.5), (now(), stack.log[-3000:])
        ended = now()
        assert ended["replayed"] == ended["total"] == COUNT
        with running(config_for(tmp_path, stack.database_url, stack.sandbox_url)) as app, app.app_context():
            assert told(ended["id"]) == plainly(replays.get_replay(ended["id"]))
