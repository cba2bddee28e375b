"""Fixtures of hostile requests: one hub for a whole table of them, and a look at whether they stored anything."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from tests.support.api import Api
from tests.support.hub import Databases, config_for, running
from tests.support.receiver import Receiver, reach_loopback
from tests.support.rows import row_counts
from tests.support.sandbox import SandboxService


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def kept_app(
    request: pytest.FixtureRequest,
    databases: Databases,
    sandbox_service: SandboxService,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Flask]:
    """A hub that a whole module shares: for requests that leave nothing behind."""
    folder = tmp_path_factory.mktemp("hub")
    with databases.fresh(request.param) as url, running(config_for(folder, url, sandbox_service.url)) as app:
        yield app


@pytest.fixture
def kept_api(kept_app: Flask) -> Api:
    """A merchant's server that calls the shared hub."""
    return Api(kept_app.test_client())


@pytest.fixture
def unchanged(kept_app: Flask) -> Callable[[], dict[str, int]]:
    """How many rows each table of the shared hub holds: the same before and after a request that stored nothing."""

    def count() -> dict[str, int]:
        with kept_app.app_context():
            return row_counts()

    return count


@pytest.fixture
def receiver(app: Flask) -> Iterator[Receiver]:
    """A merchant's system on this machine, which the hub of this test may tell of events."""
    reach_loopback(app)
    with Receiver() as receiver:
        yield receiver
