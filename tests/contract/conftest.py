"""One running stand-in for each registered provider; every contract test runs against every one of them."""

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest

from providers.interface import OutcomeUnknown
from tests.contract.external import ExternalStandIn
from tests.contract.sandbox import SandboxStandIn
from tests.contract.stand_in import StandIn, StandInFactory
from tests.contract.stripe import StripeStandIn

STAND_INS: Mapping[str, StandInFactory] = {
    "sandbox": SandboxStandIn,
    "external": ExternalStandIn,
    "stripe": StripeStandIn,
}

T = TypeVar("T")


def eventually(read: Callable[[], T], accept: Callable[[T], bool], seconds: float = 20) -> T:
    """The first value that is accepted. Raises: AssertionError when none is in time."""
    deadline = time.monotonic() + seconds
    while not accept(value := read()):
        assert time.monotonic() < deadline, f"still {value}"
        time.sleep(0.05)
    return value


def at_once(count: int, call: Callable[[], T]) -> list[T]:
    """What so many identical calls at the same moment answered; those that a provider leaves unknown then said none.

    Raises: AssertionError when none of them was answered.
    """

    def attempt(_: int) -> list[T]:
        try:
            return [call()]
        except OutcomeUnknown:  # "another one like it is under way"
            return []

    with ThreadPoolExecutor(count) as pool:
        answers = [answer for answered in pool.map(attempt, range(count)) for answer in answered]
    assert answers
    return answers


def _run(name: str, factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    stand_in = STAND_INS[name](factory.mktemp(name))
    with stand_in.sink:
        stand_in.start()
        yield stand_in
        stand_in.kill()


@pytest.fixture(scope="session", params=sorted(STAND_INS))
def shared_stand_in(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    """One process for all tests that leave it running."""
    yield from _run(request.param, tmp_path_factory)


@pytest.fixture
def stand_in(shared_stand_in: StandIn) -> Iterator[StandIn]:
    """The shared process, calm before and after."""
    yield shared_stand_in
    shared_stand_in.disturb()


@pytest.fixture(params=sorted(STAND_INS))
def own_stand_in(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    """A process of the test's own, which it may kill."""
    yield from _run(request.param, tmp_path_factory)
