"""Fixtures for every test: fresh databases of both kinds, the application on them, and the sandbox beside it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import settings

from tests.support.api import Api
from tests.support.hub import Databases, config_for
from tests.support.hubs import Hubs
from tests.support.sandbox import SandboxService
from tests.support.stack import Stack

# No deadline: the machine may be busy, and a slow example is no fault. No database: runs leave nothing behind.
settings.register_profile("junction", deadline=None, database=None)
settings.load_profile("junction")


@pytest.fixture(scope="session")
def sandbox_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxService]:
    """One sandbox payment service for this test process; it sends no webhooks."""
    with SandboxService(tmp_path_factory.mktemp("sandbox")) as service:
        yield service


@pytest.fixture
def sandbox(sandbox_service: SandboxService) -> Iterator[SandboxService]:
    """The sandbox with every fault switched off again afterwards. Its ledger is shared: look for your own ids."""
    yield sandbox_service
    sandbox_service.reset_faults()


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory, sandbox_service: SandboxService) -> Iterator[Databases]:
    """Where fresh databases come from."""
    made = Databases(tmp_path_factory.mktemp("databases"), sandbox_service.url)
    yield made
    made.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Every test that needs a database runs on both kinds."""
    return str(request.param)


@pytest.fixture
def database_url(databases: Databases, database_kind: str) -> Iterator[str]:
    """A database of its own for this test: migrated, set up, with accounts, rules, an operator and an API key."""
    with databases.fresh(database_kind) as url:
        yield url


@pytest.fixture(scope="session")
def hubs() -> Hubs:
    """Where each test's application comes from."""
    return Hubs()


@pytest.fixture
def app(database_url: str, tmp_path: Path, sandbox_service: SandboxService, hubs: Hubs) -> Iterator[Flask]:
    """The whole application. No context is pushed: requests get their own, as in production."""
    with hubs.on(config_for(tmp_path, database_url, sandbox_service.url)) as app:
        yield app


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Instead of pytest-flask's own, push nothing: each request of a test gets its own context, as in production.

    One context around them all would be shared by them all, and `g` and the database session would leak from one
    request to the next, which never happens in production.
    """


@pytest.fixture
def api(app: Flask) -> Api:
    """A merchant's server with the API key."""
    return Api(app.test_client())


@pytest.fixture
def app_context(app: Flask) -> Iterator[Flask]:
    """For tests that call services directly: an application context. Do not use `client` inside the same test."""
    with app.app_context():
        yield app


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole hub as `make run` runs it: one for this test process, shared by tests that break nothing."""
    with Stack(tmp_path_factory.mktemp("stack")) as stack:
        yield stack


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker is left alone with it at the end."""
    places = ("tests/browser", "tests/simulation")
    slow = (*places, "test_crash", "test_cluster", "test_soak", "test_property", "test_stripe_payments")
    items.sort(key=lambda item: not any(part in item.nodeid for part in slow))
