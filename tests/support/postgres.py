"""A real PostgreSQL server from the pgserver wheel, on a socket of its own, for one test process."""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self
from urllib.parse import quote

import psycopg

TIMEOUT = 60
# The data is thrown away: speed matters, surviving a power cut does not.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
}
# Everything that has a shape: a test that adds an index or a trigger spoils its database for the next.
SHAPE = """SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace)
+ (SELECT count(*) FROM pg_trigger) + (SELECT count(*) FROM pg_constraint) + (SELECT count(*) FROM pg_proc)"""
TABLES = "SELECT tablename AS t FROM pg_tables WHERE schemaname = 'public'"
KEEP = f"""
CREATE SCHEMA first;
DO $$ DECLARE r record; BEGIN
  FOR r IN {TABLES} LOOP EXECUTE format('CREATE TABLE first.%1$I AS TABLE public.%1$I', r.t); END LOOP;
  CREATE TABLE first.sequences AS
    SELECT sequencename AS s, last_value AS v FROM pg_sequences WHERE schemaname = 'public';
END $$"""
# As a replica the server checks no foreign keys, so that the order of the tables does not matter.
RESET = f"""
SET session_replication_role = replica;
DO $$ DECLARE r record; BEGIN
  FOR r IN {TABLES} LOOP
    EXECUTE format('DELETE FROM public.%1$I', r.t);
    EXECUTE format('INSERT INTO public.%1$I SELECT * FROM first.%1$I', r.t);
  END LOOP;
  PERFORM setval(format('public.%I', s)::regclass, coalesce(v, 1), v IS NOT NULL) FROM first.sequences;
END $$"""


class PostgresServer:
    """One server; `create` makes databases in milliseconds, from a template when one is named.

    PostgreSQL refuses to run as root, so root runs it as the account `nobody`, from a copy of the
    program that this account may read.
    """

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path has at most 107 bytes
        self._owner: dict[str, int] = {}
        # Found, not imported: the wheel's own launcher would make a system account and folders for itself.
        spec = importlib.util.find_spec("pgserver")
        assert spec is not None, "the wheel `pgserver` is not installed"
        assert spec.origin is not None
        self._wheel = Path(spec.origin).parent
        self._server: subprocess.Popen[bytes] | None = None
        self._shape = 0

    def start(self) -> Self:
        """Make the data directory and run the server until it answers."""
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self._owner = {"user": nobody.pw_uid, "group": nobody.pw_gid}
            for folder in (self._wheel, self._wheel.with_name("pgserver.libs")):
                shutil.copytree(folder, self._home / "wheel" / folder.name, ignore=shutil.ignore_patterns("include"))
            self._wheel = self._home / "wheel" / "pgserver"
            shutil.chown(self._home, nobody.pw_uid, nobody.pw_gid)
        data = self._home / "data"
        self._run("initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        with (self._home / "log").open("wb") as log:
            self._server = subprocess.Popen(
                [
                    self._program("postgres"),
                    "-D",
                    str(data),
                    "-k",
                    str(self._home),
                    *(part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")),
                ],
                stdout=log,
                stderr=log,
                extra_groups=[] if self._owner else None,
                **self._owner,
            )
        deadline = time.monotonic() + TIMEOUT
        while True:
            try:
                self._execute("SELECT 1")
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self._server.poll() is not None:
                    raise RuntimeError((self._home / "log").read_text()) from None
                time.sleep(0.05)
            else:
                return self

    def create(self, name: str, template: str = "template1") -> str:
        """Make a database and return its SQLAlchemy address. Nobody may be connected to the template."""
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
        return f"postgresql+psycopg://postgres@/{name}?host={quote(str(self._home), safe='')}"

    def keep_first_rows(self, name: str) -> None:
        """Remember every row of a template, so that `reset` can bring a copy of it back to them."""
        self._execute(KEEP, name)
        self._shape = self._ask(SHAPE, name)

    def reset(self, name: str) -> bool:
        """Bring a copy of a template back to its first rows, ten times faster than making another copy.

        False when the test changed more than rows: such a database is of no use to another.
        """
        self._execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        if self._ask(SHAPE, name) != self._shape:
            return False
        self._execute(RESET, name)
        return True

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def stop(self) -> None:
        """End the server at once and remove its files."""
        if self._server is not None:
            self._server.terminate()
            try:
                self._server.wait(5)
            except subprocess.TimeoutExpired:
                self._server.send_signal(3)  # SIGQUIT: immediate shutdown, its children with it
                self._server.wait(TIMEOUT)
            self._server = None
        shutil.rmtree(self._home, ignore_errors=True)

    def _execute(self, statement: str, name: str = "postgres") -> None:
        with psycopg.connect(host=str(self._home), user="postgres", dbname=name, autocommit=True) as connection:
            connection.execute(statement)

    def _ask(self, query: str, name: str) -> int:
        with psycopg.connect(host=str(self._home), user="postgres", dbname=name, autocommit=True) as connection:
            [answer] = connection.execute(query).fetchone() or (0,)
            return int(answer)

    def _program(self, name: str) -> str:
        return str(self._wheel / "pginstall" / "bin" / name)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._program(program), *arguments],
            check=True,
            capture_output=True,
            timeout=TIMEOUT,
            extra_groups=[] if self._owner else None,
            **self._owner,
        )
