"""The hub under test: a configuration with nothing secret in it, and databases made once and copied after."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade

from admin import register_admin
from app import create_app
from app.config import Config
from app.models import db
from app.security import limiter
from app.services import rule_sets, setup
from tests.support.postgres import PostgresServer
from tests.support.sandbox import MASTER_KEY, MASTER_WEBHOOK_SECRET

API_KEY = "sk_test_for-tests-only-0123456789"
ADMIN_EMAIL = "operator@example.com"
ADMIN_PASSWORD = "for-tests-only-password"
SEED_VERSION = 1
USES = 40  # of one PostgreSQL database, until what was deleted makes it slow


def config_for(data_dir: Path, database_url: str, sandbox_url: str) -> Config:
    """A configuration for tests; `dataclasses.replace` makes variants of it."""
    return Config(
        environment="test",
        data_dir=data_dir,
        host="127.0.0.1",
        port=8000,
        public_url="http://localhost",
        database_url=database_url,
        broker_url="filesystem://",
        secret_key="for-tests-only-secret-key-0123456789",
        encryption_keys=("Zm9yLXRlc3RzLW9ubHktZm9yLXRlc3RzLW9ubHktMDA=",),
        api_key=API_KEY,
        admin_email=ADMIN_EMAIL,
        admin_password=ADMIN_PASSWORD,
        sandbox_url=sandbox_url,
        sandbox_key=MASTER_KEY,
        sandbox_webhook_secret=MASTER_WEBHOOK_SECRET,
        redirect_hosts=frozenset({"shop.example.com", "localhost"}),
        web_threads=24,  # a slot for each of sixteen threads that pay at once: a busy machine refuses none of them
    )


def build(config: Config) -> Flask:
    """The whole application, composed as `wsgi.py` composes it."""
    app = create_app(config)
    register_admin(app)
    # Hashing is slow on purpose; a thousand tests that sign in need not wait for it.
    app.extensions["security"].pwd_context.update(argon2__time_cost=1, argon2__memory_cost=64)
    return app


@contextmanager
def running(config: Config) -> Iterator[Flask]:
    """The application on a database that is ready; what it holds open is closed at the end."""
    app = build(config)
    with app.app_context():
        limiter.reset()
    try:
        yield app
    finally:
        dispose(app)
        forget_rules()


def dispose(app: Flask) -> None:
    """Close the application's connections, so that its database can be copied or dropped."""
    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


def forget_rules() -> None:
    """Drop compiled rules that another test's database may number alike; every database begins with the same seed."""
    cached = rule_sets._cache._active
    if cached is not None and cached.version != SEED_VERSION:
        cached.compiled.close()
        rule_sets._cache._active = None


class Databases:
    """Fresh databases: migrated and set up once for each kind, then copied for every test in milliseconds."""

    def __init__(self, directory: Path, sandbox_url: str) -> None:
        self._directory = directory
        self._sandbox_url = sandbox_url
        self._postgres: PostgresServer | None = None
        self._templates: set[str] = set()
        self._used: list[tuple[str, str, int]] = []  # PostgreSQL's that are as new again: name, address, uses
        self._made = 0

    @property
    def postgres(self) -> PostgresServer:
        """The server, started when the first test needs it."""
        if self._postgres is None:
            self._postgres = PostgresServer().start()
        return self._postgres

    def empty(self, kind: str) -> str:
        """The address of a new database without tables."""
        self._made += 1
        return self._create(kind, f"empty{self._made}")

    @contextmanager
    def fresh(self, kind: str) -> Iterator[str]:
        """The address of a database as a new hub has it; removed at the end."""
        if kind not in self._templates:
            self._prepare(kind)
        self._made += 1
        name = f"test{self._made}"
        if kind == "postgresql":
            name, url, uses = self._used.pop() if self._used else (name, self.postgres.create(name, "template_hub"), 0)
            yield url
            if uses < USES and self.postgres.reset(name):
                self._used.append((name, url, uses + 1))
            else:
                self.postgres.drop(name)
        else:
            path = self._directory / f"{name}.sqlite3"
            shutil.copyfile(self._directory / "template_hub.sqlite3", path)
            yield f"sqlite:///{path}"
            path.unlink()

    def stop(self) -> None:
        """End the server, if it was started."""
        if self._postgres is not None:
            self._postgres.stop()

    def _create(self, kind: str, name: str) -> str:
        return self.postgres.create(name) if kind == "postgresql" else f"sqlite:///{self._directory / name}.sqlite3"

    def _prepare(self, kind: str) -> None:
        """Make the template by the real migrations and the real first set-up."""
        config = config_for(self._directory, self._create(kind, "template_hub"), self._sandbox_url)
        app = build(config)
        with app.app_context():
            upgrade()
            setup.set_up()
        dispose(app)
        if kind == "postgresql":
            self.postgres.keep_first_rows("template_hub")
        self._templates.add(kind)


def variant(app: Flask, **changes: object) -> Flask:
    """The same hub on the same database with other settings, e.g. `session_minutes`."""
    return build(replace(app.config["JUNCTION"], **changes))
