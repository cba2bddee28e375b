"""One running stand-in for each registered provider; every contract test runs against every one of them."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

import pytest

from providers.registry import REGISTRY
from tests.contract.external import ExternalStandIn
from tests.contract.sandbox import SandboxStandIn
from tests.contract.stand_in import StandIn, StandInFactory

STAND_INS: Mapping[str, StandInFactory] = {"sandbox": SandboxStandIn, "external": ExternalStandIn}

T = TypeVar("T")


def eventually(read: Callable[[], T], accept: Callable[[T], bool], seconds: float = 20) -> T:
    """The first value that is accepted. Raises: AssertionError when none is in time."""
    deadline = time.monotonic() + seconds
    while not accept(value := read()):
        assert time.monotonic() < deadline, f"still {value}"
        time.sleep(0.05)
    return value


def _run(name: str, factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    stand_in = STAND_INS[name](factory.mktemp(name))
    with stand_in.sink:
        stand_in.start()
        yield stand_in
        stand_in.kill()


@pytest.fixture(scope="session", params=sorted(REGISTRY))
def shared_stand_in(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    """One process for all tests that leave it running."""
    yield from _run(request.param, tmp_path_factory)


@pytest.fixture
def stand_in(shared_stand_in: StandIn) -> Iterator[StandIn]:
    """The shared process, calm before and after."""
    yield shared_stand_in
    shared_stand_in.disturb()


@pytest.fixture(params=sorted(REGISTRY))
def own_stand_in(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    """A process of the test's own, which it may kill."""
    yield from _run(request.param, tmp_path_factory)
