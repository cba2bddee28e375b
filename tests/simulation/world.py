"""One simulated world: the hub on a real database, the sandbox beside it, and a clock that stands still until moved."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import structlog
import time_machine
from flask import Flask
from sqlalchemy import text
from werkzeug.test import Client

from app.models import db
from app.services.transaction import transaction
from providers import registry
from providers.sandbox.accounts import ACCOUNTS, api_key, webhook_secret
from providers.sandbox.adapter import SandboxProvider
from providers.sandbox.service import faults
from providers.sandbox.service.application import Service
from providers.sandbox.service.config import ServiceAccount, ServiceConfig
from providers.sandbox.service.store import Store
from tests.simulation import BIG
from tests.simulation.crew import Crew
from tests.simulation.wire import Doorstep, Wire
from tests.support.sandbox import MASTER_KEY, MASTER_WEBHOOK_SECRET

# When something of the hub's or the sandbox's is due next, whatever it is.
HUB_WAITS = (
    "SELECT min(due_at) FROM jobs WHERE done_at IS NULL AND quarantined_at IS NULL",
    "SELECT min(next_due_at) FROM subscriptions WHERE status IN ('active', 'on_hold') AND collection = 'manual'",
    "SELECT min(next_sync_at) FROM subscriptions",
    "SELECT min(cancel_at) FROM subscriptions WHERE status IN ('active', 'on_hold')",
    "SELECT min(next_try_at) FROM renewals WHERE status = 'open'",
    "SELECT min(next_check_at) FROM payment_attempts WHERE status IN ('started', 'pending', 'unknown')",
)
SANDBOX_WAITS = (
    "SELECT min(next_due_at) FROM subscriptions WHERE status = 'active'",
    "SELECT min(ends_at) FROM subscriptions WHERE status = 'active'",
    "SELECT min(next_try_at) FROM renewals WHERE next_try_at IS NOT NULL",
    "SELECT min(settle_at) FROM charges WHERE status = 'processing'",
    "SELECT min(settle_at) FROM refunds WHERE status = 'pending'",
    "SELECT min(due_at) FROM deliveries WHERE status = 'waiting'",
)


class World:
    """Everything there is; `now` is the time of all of it."""

    def __init__(self, app: Flask, directory: Path, clock: time_machine.Traveller, settle_seconds: float) -> None:
        self.app, self._clock = app, clock
        self._pages: str = app.config["JUNCTION"].sandbox_url  # where the hub's accounts say that the pages are
        config = ServiceConfig(
            database=directory / "sandbox.sqlite3",
            accounts={
                name: ServiceAccount(
                    name,
                    api_key(name, MASTER_KEY),
                    webhook_secret(name, MASTER_WEBHOOK_SECRET),
                    f"http://hub.example/v1/webhooks/sandbox/sandbox_{name}",
                )
                for name in ACCOUNTS
            },
            settle_seconds=settle_seconds,
            public_url=self._pages,
        )
        service = self._service = Service(config)
        self.store = Store(config.database)
        self.wire, doorstep = Wire(service), Doorstep(app)
        self.crew = Crew(app, service, config, doorstep)
        self._page = Client(service, use_cookies=False)

    @property
    def now(self) -> datetime:
        """The present moment."""
        return datetime.fromtimestamp(time.time(), UTC)

    def move_to(self, moment: datetime) -> None:
        """Set the time of everything."""
        self._clock.move_to(moment)

    def next_moment(self, soonest: timedelta, latest: timedelta) -> datetime:
        """When the next thing is due, between `soonest` and `latest` from now."""
        now = self.now
        waits = [now + latest]
        with self.app.app_context(), transaction():
            for query in HUB_WAITS:
                found = db.session.scalar(text(query))
                if found is not None:
                    moment = datetime.fromisoformat(found) if isinstance(found, str) else found
                    waits.append(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment)
        with self.store.transaction() as connection:
            for query in SANDBOX_WAITS:
                found = connection.execute(query).fetchone()[0]
                if found is not None:
                    waits.append(datetime.fromtimestamp(found, UTC))
        return max(min(waits), now + soonest)

    def press(self, page_url: str | None, outcome: str = "approve") -> None:
        """Be the customer on one of the sandbox's pages."""
        form = {"outcome": outcome, "confirmed": "yes"}
        path = (page_url or "").removeprefix(self._pages)
        reply = self._page.post(path, data=form)
        assert reply.status_code == 303, f"{path}: {reply.status}"

    def settle(self) -> None:
        """Let the sandbox settle and renew what is due; nothing is delivered."""
        self._service.background.settle_due()

    def faults(self, **switches: Any) -> None:
        """Turn on exactly these switches of both of the sandbox's accounts."""
        with self.store.transaction() as connection:
            for name in ACCOUNTS:
                faults.replace(connection, name, switches)

    def read(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Rows of the sandbox's own books."""
        with self.store.transaction() as connection:
            return [dict(row) for row in connection.execute(query, values)]


@contextmanager
def new_world(app: Flask, directory: Path, start: datetime, settle_seconds: float = 3600) -> Iterator[World]:
    """A world that begins at `start`; the hub reaches this sandbox and no other until it ends."""
    usual = registry.REGISTRY
    if BIG:  # years of log lines would fill the memory; the next application that is built logs as usual again
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with time_machine.travel(start, tick=False) as clock:
        world = World(app, directory, clock, settle_seconds)
        registry.REGISTRY = MappingProxyType({"sandbox": SandboxProvider(world.wire)})
        try:
            with world.crew:
                yield world
        finally:
            registry.REGISTRY = usual
