"""Requests a second through gunicorn: opening a session with its decision, beside a bare Flask endpoint.

The ratio is the figure to keep: requests a second depend on the machine.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import requests

from tests.support.api import session_body
from tests.support.hub import API_KEY
from tests.support.postgres import PostgresServer
from tests.support.stack import Stack, free_ports
from tests.support.waiting import wait_until

SECONDS = 6
CLIENTS = 8
BARE = "import flask; app = flask.Flask('bare'); app.get('/')(lambda: {'status': 'ok'})"


def main() -> None:
    """Measure each endpoint on SQLite and on PostgreSQL, and print a table."""
    with tempfile.TemporaryDirectory() as folder:
        with bare(Path(folder)) as url:
            base = rate(lambda session: session.get(url))
        print(f"{'':34}{'a second':>10}{'of bare':>10}")
        show("bare Flask endpoint", base, base)
        postgres = PostgresServer().start()
        try:
            for name, env in (("SQLite", {}), ("PostgreSQL", {"DATABASE_URL": postgres.create("bench")})):
                with Stack(Path(folder) / name, env) as stack:
                    show(f"{name}: GET /healthz", rate(lambda session: session.get(f"{stack.url}/healthz")), base)
                    show(f"{name}: read a session", rate(reading(stack)), base)
                    show(f"{name}: open a session", rate(opening(stack)), base)
        finally:
            postgres.stop()


def rate(call: Callable[[requests.Session], requests.Response], seconds: float = SECONDS) -> float:
    """Calls a second by CLIENTS clients that each wait for their answer."""
    end = time.monotonic() + seconds

    def client() -> int:
        done = 0
        with requests.Session() as session:
            while time.monotonic() < end:
                call(session).raise_for_status()
                done += 1
        return done

    with ThreadPoolExecutor(CLIENTS) as pool:
        return sum(pool.map(lambda _: client(), range(CLIENTS))) / seconds


def opening(stack: Stack) -> Callable[[requests.Session], requests.Response]:
    """Open a session of its own each time: key, facts, decision, history."""

    def call(session: requests.Session) -> requests.Response:
        headers = {"Authorization": f"Bearer {API_KEY}", "Idempotency-Key": str(uuid4())}
        return session.post(f"{stack.url}/v1/checkout/sessions", json=session_body(), headers=headers)

    return call


def reading(stack: Stack) -> Callable[[requests.Session], requests.Response]:
    """Read one session."""
    opened = stack.api("POST", "/v1/checkout/sessions", session_body(), key=str(uuid4())).json()["id"]
    headers = {"Authorization": f"Bearer {API_KEY}"}
    return lambda session: session.get(f"{stack.url}/v1/checkout/sessions/{opened}", headers=headers)


@contextmanager
def bare(folder: Path) -> Iterator[str]:
    """The smallest Flask application under the same server and the same number of processes and threads."""
    (folder / "bare.py").write_text(BARE)
    [port] = free_ports(1)
    arguments = [
        "bare:app",
        "--bind",
        f"127.0.0.1:{port}",
        "--workers",
        "2",
        "--threads",
        "4",
        "--log-level",
        "warning",
    ]
    server = subprocess.Popen([sys.executable, "-m", "gunicorn", "bare:app", *arguments], cwd=folder)
    url = f"http://127.0.0.1:{port}/"
    try:
        assert wait_until(lambda: answers(url)), "the bare endpoint did not start"
        yield url
    finally:
        server.terminate()
        server.wait(20)


def answers(url: str) -> bool:
    """Whether the server is up."""
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


def show(name: str, figure: float, base: float) -> None:
    """One line of the table."""
    print(f"{name:34}{figure:>10.0f}{figure / base:>10.2f}", flush=True)


if __name__ == "__main__":
    main()
