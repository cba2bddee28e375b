"""The sandbox service within the test's own process, without its background thread."""

from pathlib import Path

import pytest
from werkzeug.test import Client

from providers.sandbox.accounts import ACCOUNTS, api_key, webhook_secret
from providers.sandbox.service.application import Service
from providers.sandbox.service.config import ServiceAccount, ServiceConfig

MASTER = "master"


@pytest.fixture
def config(tmp_path: Path) -> ServiceConfig:
    """Both accounts, their webhooks going to a port that nobody listens on."""
    accounts = {
        name: ServiceAccount(name, api_key(name, MASTER), webhook_secret(name, MASTER), f"http://127.0.0.1:1/{name}")
        for name in ACCOUNTS
    }
    return ServiceConfig(database=tmp_path / "sandbox.sqlite3", accounts=accounts, settle_seconds=60)


@pytest.fixture
def service(config: ServiceConfig) -> Service:
    """The application."""
    return Service(config)


@pytest.fixture
def client(service: Service) -> Client:
    """A customer's browser, or a caller of the API."""
    return Client(service)
