"""Applications that are kept from test to test: to build one takes longer than most tests do."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import make_url

from app.config import Config
from app.models import db
from app.security import limiter
from tests.support.hub import build, dispose, forget_rules


class _Kept:
    """An application that a test leaves as it was built, and whose next connections lead to another database."""

    def __init__(self, config: Config) -> None:
        self.app = build(config)
        self._url = config.database_url
        self._settings = dict(self.app.config)
        self._extensions = set(self.app.extensions)
        with self.app.app_context():
            event.listen(db.engine, "do_connect", self._lead)

    def begin(self, config: Config) -> None:
        self._url = config.database_url
        self.app.config["SQLALCHEMY_DATABASE_URI"] = config.database_url
        self.app.config["JUNCTION"] = config
        with self.app.app_context():
            limiter.reset()

    def end(self) -> None:
        dispose(self.app)
        self.app.config.clear()
        self.app.config.update(self._settings)
        for name in set(self.app.extensions) - self._extensions:
            del self.app.extensions[name]

    def _lead(self, dialect: Any, _record: Any, arguments: list[Any], parameters: dict[str, Any]) -> None:
        arguments[:], wanted = dialect.create_connect_args(make_url(self._url))
        parameters.update(wanted)


class Hubs:
    """Hands each test an application on its own database."""

    def __init__(self) -> None:
        self._free: defaultdict[str, list[_Kept]] = defaultdict(list)

    @contextmanager
    def on(self, config: Config) -> Iterator[Flask]:
        """The application with a configuration that differs from the others' in its folder and database only."""
        free = self._free[make_url(config.database_url).get_backend_name()]
        kept = free.pop() if free else _Kept(config)
        kept.begin(config)
        try:
            yield kept.app
        finally:
            kept.end()
            forget_rules()
            free.append(kept)
