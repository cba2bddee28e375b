"""Kill any process at any moment: every payment reaches its true state within a minute, and nobody is charged twice."""

import random
import time
from collections.abc import Iterator

import psutil
import pytest

from tests.support.stack import MARKS, Stack
from tests.support.traffic import OUTCOMES, Traffic, all_payments, charged_twice, differences
from tests.support.waiting import wait_until

WITHIN = 60  # seconds after the restart
VICTIMS = [
    pytest.param("web", 0, id="web master"),
    pytest.param("web", 1, id="web worker"),
    pytest.param("worker", 0, id="job worker"),
    pytest.param("beat", 0, id="scheduler"),
    pytest.param("relay", 0, id="relay"),
    pytest.param("sandbox", 0, id="sandbox"),
    pytest.param("supervisor", 0, id="supervisor"),
]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole hub as `make run` runs it."""
    with Stack(tmp_path_factory.mktemp("stack")) as stack:
        yield stack


@pytest.mark.timeout(280)
@pytest.mark.parametrize(("kind", "which"), VICTIMS)
def test_payments_survive_the_death_of_a_process(stack: Stack, kind: str, which: int) -> None:
    moments = random.Random(f"{kind} {which}")
    traffic = Traffic(stack)
    ends = traffic.start(10)
    for _ in range(2):
        time.sleep(moments.uniform(0.05, 1.0))
        stack.kill(kind, which)
        if kind == "supervisor":
            stack.start()
        else:
            assert wait_until(lambda: stack.pids(kind), seconds=30), f"{kind} was not started again"
    stack.wait_ready()
    restarted = time.monotonic()
    outcomes = [end.result() for end in ends]
    traffic.stop()
    assert sum(outcome in OUTCOMES for outcome in outcomes) >= 5, outcomes

    remaining = max(WITHIN - (time.monotonic() - restarted), 1)
    assert wait_until(lambda: not differences(stack, traffic.sessions), seconds=remaining, pause=0.5), (
        differences(stack, traffic.sessions),
        outcomes,
        stack.log[-3000:],
    )
    assert charged_twice(stack) == []


@pytest.mark.timeout(280)
def test_a_charge_whose_answer_was_lost_in_a_crash_is_found_again(stack: Stack) -> None:
    """The sandbox charges and answers late; the web processes die while they wait for the answer."""
    stack.faults("north", delay_seconds=5)
    traffic = Traffic(stack)
    ends = traffic.start(3)
    time.sleep(1.5)
    for pid_index in (1, 2):
        stack.kill("web", pid_index)
    stack.faults("north")
    stack.wait_ready()
    for end in ends:
        end.result()
    traffic.stop()
    assert wait_until(lambda: not differences(stack, traffic.sessions), seconds=WITHIN, pause=0.5), differences(
        stack, traffic.sessions
    )
    assert charged_twice(stack) == []


@pytest.mark.timeout(200)
def test_stopping_and_starting_again_loses_nothing(stack: Stack) -> None:
    traffic = Traffic(stack)
    for end in traffic.start(5):
        end.result()
    traffic.stop()
    assert wait_until(lambda: is_still(stack), seconds=WITHIN, pause=0.5)

    def everything() -> list[object]:
        payments = all_payments(stack)
        histories = [stack.api("GET", f"/v1/payments/{payment['id']}/history").json() for payment in payments[:20]]
        return [payments, histories, stack.ledger(), stack.api("GET", "/v1/rules/versions").json()]

    before = everything()
    processes = [psutil.Process(pid) for kind in MARKS for pid in stack.pids(kind)]
    stack.stop()
    assert not [process for process in processes if process.is_running()]
    stack.start()
    assert everything() == before


def is_still(stack: Stack) -> bool:
    """Nothing is on its way any more: no charge is being decided, and hub and sandbox agree about all of them."""
    sessions = [payment["checkout_session"] for payment in all_payments(stack)]
    return not differences(stack, sessions) and all(charge["stage"] != "processing" for charge in stack.ledger())
