"""The grown-up parts: PostgreSQL, Redis and two machines with web processes, under traffic and sudden deaths."""

import random
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest

from rules import seed_json
from tests.support.api import session_body
from tests.support.hub import Databases
from tests.support.redis import RedisServer
from tests.support.stack import Stack
from tests.support.threads import together
from tests.support.traffic import OUTCOMES, Traffic, charged_twice, differences
from tests.support.waiting import wait_until

SESSIONS = "/v1/checkout/sessions"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, databases: Databases) -> Iterator[Stack]:
    """Two machines that share a database and a broker and nothing else."""
    with RedisServer() as broker:
        env = {"DATABASE_URL": databases.empty("postgresql"), "BROKER_URL": broker.url, "SEVERAL_HOSTS": "1"}
        with Stack(tmp_path_factory.mktemp("cluster"), env) as stack:
            stack.add_web()
            yield stack


def test_one_key_at_two_machines_at_once_is_one_session(cluster: Stack) -> None:
    key = str(uuid4())
    replies = together(8, lambda: cluster.api("POST", SESSIONS, session_body(), key=key))
    assert {reply.status_code for reply in replies} <= {201, 409}
    again = cluster.api("POST", SESSIONS, session_body(), key=key)
    assert {reply.json()["id"] for reply in replies if reply.status_code == 201} == {again.json()["id"]}


def test_both_machines_take_up_new_rules_at_once(cluster: Stack) -> None:
    before = cluster.api("GET", "/v1/rules/versions").json()["active"]
    cluster.publish(seed_json())
    for _ in range(6):
        reply = cluster.api("POST", SESSIONS, session_body(), key=str(uuid4()))
        assert reply.json()["decision"]["version"] == before + 1


@pytest.mark.timeout(280)
def test_payments_survive_deaths_on_every_side(cluster: Stack) -> None:
    moments = random.Random("cluster")
    traffic = Traffic(cluster)
    ends = traffic.start(16)
    for kind, which in [("worker", 0), ("web", 1), ("relay", 0), ("beat", 0), ("worker", 0), ("web", 0)]:
        time.sleep(moments.uniform(0.05, 0.8))
        assert wait_until(lambda kind=kind: cluster.pids(kind), seconds=30)
        cluster.kill(kind, which)
    cluster.wait_ready()
    outcomes = [end.result() for end in ends]
    traffic.stop()
    assert sum(outcome in OUTCOMES for outcome in outcomes) >= 8, outcomes
    assert wait_until(lambda: not differences(cluster, traffic.sessions), seconds=60, pause=0.5), (
        differences(cluster, traffic.sessions),
        cluster.log[-3000:],
    )
    assert charged_twice(cluster) == []
