"""Connects the models to SQLite or PostgreSQL, with the settings that keep money exact on each."""

from __future__ import annotations

import sqlite3
from typing import Any

from flask import Flask
from flask_migrate import Migrate
from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection

from app.config import Config
from app.models import db

# SQLite's write-ahead log could lose data until these releases.
_WAL_FIXED = ((3, 44, 6), (3, 50, 7), (3, 51, 3))

migrate = Migrate(directory="app/migrations", compare_type=True, render_as_batch=True)


def init_database(app: Flask, config: Config) -> None:
    """Bind the models to `config.database_url`."""
    app.config["SQLALCHEMY_DATABASE_URI"] = config.database_url
    if config.uses_sqlite:
        config.data_dir.mkdir(parents=True, exist_ok=True)
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
            "hide_parameters": True,  # they hold what customers told us, and errors are logged
            "pool_size": config.web_threads,
            "connect_args": {"timeout": 30, "check_same_thread": False},
        }
    else:
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
            "hide_parameters": True,
            "pool_pre_ping": True,
            "pool_size": config.web_threads,
            "connect_args": {
                "connect_timeout": 3,
                "keepalives_idle": 10,
                "tcp_user_timeout": 10_000,  # a server that froze is given up, and the request told to come again
                "options": "-c timezone=UTC -c lock_timeout=3s -c statement_timeout=10s"
                " -c idle_in_transaction_session_timeout=15s",
            },
        }
    db.init_app(app)
    migrate.directory = f"{app.root_path}/migrations"
    migrate.init_app(app, db)
    if config.uses_sqlite:
        with app.app_context():
            harden_sqlite(db.engine)


def harden_sqlite(engine: Engine) -> None:
    """Make every transaction take the write lock when it begins: one that reads and then writes cannot fail late.

    One that only reads, and says so (`app.services.transaction.reading`), holds no writer up.
    """

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # the driver's own BEGIN would come too late
        journal = "WAL" if _wal_is_safe() else "DELETE"
        for pragma in ("foreign_keys=ON", "busy_timeout=30000", "synchronous=FULL", f"journal_mode={journal}"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get("reads_only", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _wal_is_safe() -> bool:
    version = sqlite3.sqlite_version_info
    return version >= _WAL_FIXED[-1] or any(version[:2] == fixed[:2] and version >= fixed for fixed in _WAL_FIXED)
